"""The lab itself: PBX, carrier and Redis, started together on private ports."""

from __future__ import annotations

import atexit
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from lab import leftovers, provision
from lab.asterisk import Asterisk
from lab.callees import Callee, Mix, all_numbers
from lab.callers import Caller
from lab.configuration import Site, write_carrier, write_pbx
from lab.installation import LabError
from lab.phones import FIRST, LAST, Phone, Profile
from lab.ports import LOOPBACK, free_ports
from lab.process import Server
from lab.redis import Redis
from lab.settings import Settings
from lab.truth import Truth, read_truth


class Lab:
    """A real Asterisk as PBX, a second one as carrier, and a Redis.

    ``with Lab() as lab:`` starts them and stops them whatever happens. Several labs may
    run side by side, each in its own folder.

    Args:
        directory: where this run's files go; made if absent. Without one a temporary
            folder is used and removed by `stop`.
        seed: decides, with the number, what each callee does.
        mix: the parameters of the population.
        record: record what callees hear, so that `truth` knows who was bridged to whom.
            Costs about 2 ms of processor per second of call; turn it off for load.
        app: the Stasis app for inbound calls to nailed-up agents.
        overrides: numbers (E.164) that shall behave otherwise than the plan says.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        seed: int = 1,
        mix: Mix | None = None,
        record: bool = True,
        app: str = "dialerd",
        overrides: Mapping[str, Callee] | None = None,
    ) -> None:
        self.seed = seed
        self.mix = mix or Mix()
        self._record = record
        self._temporary = directory is None
        self.directory = (directory or Path(tempfile.mkdtemp(prefix="dialerd-lab-"))).resolve()
        self._installation = provision.setup()
        (http, ami, redis), (pbx_sip, carrier_sip) = free_ports(3, 2)
        clips = provision.clip_folder()
        self.pbx = Asterisk("pbx", self._installation, self.directory / "pbx")
        self.carrier = Asterisk("carrier", self._installation, self.directory / "carrier")
        self.redis = Redis(self.directory / "redis", redis)
        self.settings = Settings(
            ari_url=f"http://{LOOPBACK}:{http}/ari",
            ari_user="dialerd",
            ari_password=secrets.token_urlsafe(18),
            ari_app=app,
            ami_host=LOOPBACK,
            ami_port=ami,
            ami_user="dialerd",
            ami_secret=secrets.token_urlsafe(18),
            redis_url=self.redis.url,
            abandon_sound=f"sound:{clips / 'abandoned'}",
            message_sound=f"sound:{clips / 'message'}",
        )
        self._site = Site(
            http_port=http,
            ami_port=ami,
            pbx_sip_port=pbx_sip,
            carrier_sip_port=carrier_sip,
            ari_user=self.settings.ari_user,
            ari_password=self.settings.ari_password,
            ami_user=self.settings.ami_user,
            ami_secret=self.settings.ami_secret,
            app=app,
            abandoned_sound=str(clips / "abandoned"),
            music=str(clips / "music"),
            agents=tuple(str(agent) for agent in range(FIRST, LAST + 1)),
        )
        self._overrides = dict(overrides or {})
        self._note: Path | None = None

    @property
    def ari_url(self) -> str:
        """Base of the REST interface, ``http://host:port/ari``."""
        return self.settings.ari_url

    @property
    def ari_user(self) -> str:
        """The ARI user."""
        return self.settings.ari_user

    @property
    def ari_password(self) -> str:
        """The ARI user's password, made for this run."""
        return self.settings.ari_password

    @property
    def ari_app(self) -> str:
        """The Stasis app that inbound calls to nailed-up agents go to."""
        return self.settings.ari_app

    @property
    def ami_host(self) -> str:
        """Where AMI listens."""
        return self.settings.ami_host

    @property
    def ami_port(self) -> int:
        """The AMI port."""
        return self.settings.ami_port

    @property
    def ami_user(self) -> str:
        """The AMI user."""
        return self.settings.ami_user

    @property
    def ami_secret(self) -> str:
        """The AMI user's secret, made for this run."""
        return self.settings.ami_secret

    @property
    def redis_url(self) -> str:
        """The private Redis."""
        return self.settings.redis_url

    @property
    def version(self) -> str:
        """Asterisk's version."""
        return self._installation.version

    def start(self) -> Self:
        """Start all three and wait until they work (a few seconds).

        Raises:
            LabError: one of them does not start; the others are stopped again.
        """
        running = provision.cache() / "running"
        leftovers.reap(running)
        self._configure()
        atexit.register(self.stop)
        servers: list[Server] = [self.redis, self.carrier, self.pbx]
        try:
            for server in servers:
                server.launch()
            self._note = leftovers.note(running, [server.pid for server in servers])
            for server in servers:
                server.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop everything by process id. May be called twice."""
        atexit.unregister(self.stop)
        self.pbx.dispose()
        self.carrier.dispose()
        self.redis.stop()
        if self._note is not None:
            self._note.unlink(missing_ok=True)
        if self._temporary:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def truth(self) -> Truth:
        """What callees and phones did, heard and said until now."""
        return read_truth(self.directory / "truth.jsonl", self.directory / "heard")

    def callee(self, number: str) -> Callee:
        """The part a number plays.

        Raises:
            ValueError: it plays none.
        """
        return self._overrides.get(number) or self.mix.callee(self.seed, number)

    def assign(self, number: str, callee: Callee) -> None:
        """Change what a number does, from its next call on. Any E.164 number may be used."""
        self._overrides[number] = callee
        self._put("callee", number.lstrip("+"), callee.row())

    def set_phone(self, agent: str, phone: Phone | Profile) -> None:
        """Change what an agent's phone does, from its next call on."""
        phone = Phone.of(phone) if isinstance(phone, Profile) else phone
        self._put("agent", agent, phone.row(agent))

    def add_members(self, queue: str, *, nailed: Iterable[str] = (), ring: Iterable[str] = ()) -> None:
        """Make agents members of a queue: with nailed-up lines, or called each time."""
        for agent in nailed:
            self.pbx.cli(
                f"queue add member Local/{agent}@dialerd-agent/n to {queue} penalty 0 "
                f'as "Agent {agent}" state_interface Stasis:agent-{agent}'
            )
        for agent in ring:
            self.pbx.cli(f'queue add member PJSIP/{agent} to {queue} penalty 0 as "Agent {agent}"')

    def call_in(self, extension: str) -> None:
        """Let a customer call the PBX; the caller sounds 350 Hz in bursts for two minutes."""
        self.carrier.cli(f"channel originate PJSIP/{extension}@pbx extension s@call-in")

    def call_back(self, number: str, caller: str | None, person: Caller | None = None) -> None:
        """Let a person call a number of ours (E.164) from theirs; None: they withhold it. What they hear is in
        `truth().callers`."""
        own = caller.lstrip("+") if caller is not None else "x"
        self._put("caller", own, (person or Caller()).row())
        extension = f"{number.lstrip('+')}*{own}"
        self.carrier.cli(f"channel originate Local/{extension}@call-back-line/n extension {own}@call-back")

    def write_env(self, path: Path) -> None:
        """Write the connection settings to a file: JSON for ``*.json``, else shell exports."""
        self.settings.write(path)

    def _put(self, family: str, key: str, value: str) -> None:
        answer = self.carrier.cli(f'database put {family} {key} "{value}"')
        if "success" not in answer:
            raise LabError(f"the carrier did not take {family}/{key}: {answer}")

    def _configure(self) -> None:
        heard = self.directory / "heard"
        heard.mkdir(parents=True, exist_ok=True)
        rows = {f"callee/{digits}": self.mix.callee(self.seed, digits).row() for digits in all_numbers()}
        rows.update({f"callee/{number.lstrip('+')}": callee.row() for number, callee in self._overrides.items()})
        rows.update({f"agent/{agent}": Phone().row(agent) for agent in self._site.agents})
        write_pbx(self.pbx, self._site)
        write_carrier(
            self.carrier,
            self._site,
            truth=self.directory / "truth.jsonl",
            heard=heard,
            clips=provision.clip_folder(),
            record=self._record,
            rows=rows,
        )
