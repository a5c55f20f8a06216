"""Gets what the lab needs: packages, a real Asterisk, and the clips. Idempotent.

Everything but Debian packages goes to one cache folder outside the tree,
``$DIALERD_LAB_CACHE`` or ``~/.cache/dialerd-lab``. Each thing is made beside its
place and renamed when complete, under a lock, so that an interrupted or a second
set-up does no harm.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lab import clips
from lab.installation import Installation, LabError, from_path, from_root

SUITE = "forky"
"""The Debian release whose Asterisk is used: the first one after 11 that has one."""

_TOOLS = {"redis-server": "redis-server", "sox": "sox", "espeak-ng": "espeak-ng"}
_POSTGRES = Path("/usr/lib/postgresql")
"""Where Debian puts the server's programs, which are in nobody's PATH."""
_POLICY = Path("/usr/sbin/policy-rc.d")


def cache() -> Path:
    """The folder that outlives runs and checkouts."""
    return Path(os.environ.get("DIALERD_LAB_CACHE", "~/.cache/dialerd-lab")).expanduser()


def clip_folder() -> Path:
    """Where the clips of this version of the lab are (after `setup`)."""
    return cache() / f"clips-{clips.fingerprint()}"


def setup() -> Installation:
    """Install what is missing and return the Asterisk to run.

    Raises:
        LabError: something is missing and cannot be installed here; the text says what to do.
    """
    with _locked(cache() / "setup.lock"):
        missing = {tool: package for tool, package in _TOOLS.items() if not shutil.which(tool)}
        if not any(_POSTGRES.glob("*/bin/postgres")):
            missing["postgres"] = "postgresql"
        _install(missing)
        clips.make_clips(clip_folder())
        found = from_path()
        if found is not None:
            return found
        root = cache() / f"asterisk-{SUITE}"
        if not root.is_dir():
            _bootstrap(root)
        return from_root(root)


def _bootstrap(root: Path) -> None:
    if not shutil.which("mmdebstrap"):
        _install({"mmdebstrap": "mmdebstrap"})
    _say(f"fetching Asterisk from Debian {SUITE}; about a minute, once")
    with tempfile.TemporaryDirectory(dir=root.parent, prefix="root-", ignore_cleanup_errors=True) as work:
        new = Path(work) / "root"
        _run(
            "mmdebstrap", "--quiet", "--variant=apt", "--aptopt=Acquire::Check-Valid-Until \"false\"",
            "--include=asterisk,ca-certificates", SUITE, str(new),
        )  # fmt: skip
        # Debian's link for the English sounds goes through /etc/alternatives, which is the host's here.
        sounds = new / "usr/share/asterisk/sounds"
        link = sounds / "en"
        link.unlink(missing_ok=True)
        link.symlink_to("en_US_f_Allison")
        new.rename(root)


def _install(missing: dict[str, str]) -> None:
    if not missing:
        return
    packages = sorted(set(missing.values()))
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if not shutil.which("apt-get"):
        raise LabError(f"the lab needs {', '.join(sorted(missing))}: install them with your package manager")
    prefix: list[str] = []
    if os.geteuid() != 0:
        if not shutil.which("sudo"):
            raise LabError(f"run as root: {' '.join(command)}")
        prefix = ["sudo"]
    _say(f"installing {' '.join(packages)}")
    with _no_services():
        _run(*prefix, "apt-get", "update", "-q")
        _run(*prefix, "env", "DEBIAN_FRONTEND=noninteractive", *command)


@contextlib.contextmanager
def _no_services() -> Iterator[None]:
    """Keep packages from starting their daemons (Debian's policy-rc.d), where we may."""
    if os.geteuid() != 0 or _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(*command: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}")


def _say(text: str) -> None:
    print(f"lab: {text}", file=sys.stderr, flush=True)
