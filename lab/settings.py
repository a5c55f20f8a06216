"""How to reach a running lab: the values dialerd, tests and colleagues' programs need."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Addresses and secrets of one run; the secrets are made anew for each."""

    ari_url: str
    ari_user: str
    ari_password: str
    ari_app: str
    ami_host: str
    ami_port: int
    ami_user: str
    ami_secret: str
    redis_url: str
    abandon_sound: str
    message_sound: str

    def env(self) -> dict[str, str]:
        """The settings as environment variables, ``DIALERD_ARI_URL`` and so on."""
        return {f"DIALERD_{name.upper()}": str(getattr(self, name)) for name in self.__slots__}

    def write(self, path: Path) -> None:
        """Write them to `path`, readable by the owner only: JSON for ``*.json``, else shell exports."""
        env = self.env()
        if path.suffix == ".json":
            text = json.dumps(env, indent=2) + "\n"
        else:
            text = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in env.items())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text)
