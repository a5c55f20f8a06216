"""What callees say, made by espeak-ng and sox: 8 kHz, 16 bit, mono WAV."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Clip:
    """One sound file. `effects` are sox effects put after the speech; `beep` ends it."""

    name: str
    kind: str
    text: str
    voice: str = "en-gb"
    words_per_minute: int = 165
    beep: bool = False
    music: bool = False


CLIPS: tuple[Clip, ...] = (
    Clip("hello-1", "short_hello", "Hello?"),
    Clip("hello-2", "short_hello", "Hello?", "en-gb+f3", 150),
    Clip("hello-3", "short_hello", "Hello?", "en-us+m3", 170),
    Clip("hello-4", "short_hello", "Hi, hello?", "en-us+f2", 180),
    Clip("hello-5", "short_hello", "Yes?", "en-gb-scotland+m5", 150),
    Clip(
        "business-1", "business",
        "Good morning, Harwell and Finch Plumbing, this is Anna speaking, how may I help you today?", "en-gb+f4",
    ),
    Clip(
        "business-2", "business",
        "Thank you for calling the Lantern Bookshop. You are speaking with David.", "en-us+m4", 175,
    ),
    Clip(
        "vm-long-1", "voicemail_long",
        "Hi, you have reached Tom and Sarah. We are not at home at the moment, or we are in the garden and did not "
        "hear the phone. Please leave your name, your number and a short message after the tone, and we will call "
        "you back as soon as we can. Thank you.", "en-gb+m2", 160, beep=True,
    ),
    Clip(
        "vm-long-2", "voicemail_long",
        "Hello, this is Priya. I am sorry I cannot take your call right now. If it is about the choir, rehearsal is "
        "on Thursday at seven. For everything else leave me a message and I will get back to you.", "en-us+f4", 170,
        beep=True,
    ),
    Clip("vm-short-1", "voicemail_short", "Hi, it's Jack. Leave a message.", "en-gb+m6", 175, beep=True),
    Clip("vm-short-2", "voicemail_short", "This is Ellen, please leave a message.", "en-us+f1", 165, beep=True),
    Clip(
        "vm-carrier-1", "voicemail_carrier",
        "The person you are calling is not available. Please leave your message after the tone. When you have "
        "finished, hang up, or press one for more options.", "en-gb+f5", 150, beep=True,
    ),
    Clip(
        "vm-carrier-2", "voicemail_carrier",
        "Your call has been forwarded to an automatic voice message system. The mobile customer is not available. "
        "At the tone, please record your message.", "en-us+f3", 160, beep=True,
    ),
    Clip(
        "vm-music-1", "voicemail_music",
        "You have reached the studio. We are out making music. Leave a message after the beep.", "en-us+m7", 160,
        beep=True, music=True,
    ),
    Clip(
        "abandoned", "site",
        "Sorry, we called you and no one was free to speak to you. This was a call from the demo company. "
        "To be left in peace, call zero one six three two, nine six zero, zero zero one.", "en-gb+f2", 175,
    ),
    Clip(
        "message", "site",
        "Hello. This is a message from the demo clinic. Your appointment is tomorrow at nine. To confirm it, "
        "press five. To be called no more, press nine.", "en-gb+f2", 170,
    ),
    Clip("hold", "site", "Please hold for one moment.", "en-gb+f2", 170),
)  # fmt: skip
"""Every clip the lab makes; those of kind ``site`` are the PBX's own announcements."""

_RATE = ("-r", "8000", "-c", "1", "-b", "16")
_TUNE = ("synth", "14", "pluck", "C3", "pluck", "E3", "pluck", "G3")


def fingerprint() -> str:
    """Names this set of clips; another set gets another cache folder."""
    return hashlib.sha256(repr((CLIPS, _RATE, _TUNE)).encode()).hexdigest()[:12]


def make_clips(folder: Path) -> None:
    """Write ``<name>.wav`` for every clip, and ``music/``, into `folder` (all or nothing).

    Raises:
        subprocess.CalledProcessError: espeak-ng or sox failed.
    """
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        work = Path(name)
        done = work / "clips"
        done.mkdir()
        for clip in CLIPS:
            _make(clip, work, done / f"{clip.name}.wav")
        (done / "music").mkdir()
        _run("sox", "-n", *_RATE, str(done / "music/waiting.wav"), *_TUNE, "norm", "-14")
        shutil.copytree(done, f"{folder}.part", dirs_exist_ok=True)
    Path(f"{folder}.part").rename(folder)


def _make(clip: Clip, work: Path, target: Path) -> None:
    spoken, speech, beep, music = work / "spoken.wav", work / "speech.wav", work / "beep.wav", work / "music.wav"
    _run("espeak-ng", "-v", clip.voice, "-s", str(clip.words_per_minute), "-w", str(spoken), clip.text)
    # espeak-ng leaves silence at both ends: cut it, so that the dialplan's pauses are the true ones.
    trim = ("silence", "1", "0.01", "1%", "reverse", "silence", "1", "0.01", "1%", "reverse")
    _run("sox", str(spoken), *_RATE, str(speech), *trim, "norm", "-6")
    if clip.music:
        _run("sox", "-n", *_RATE, str(music), *_TUNE, "norm", "-14", "trim", "0", "7")
        _run("sox", "-m", "-v", "1", str(speech), "-v", "0.7", str(music), *_RATE, str(spoken), "norm", "-6")
        spoken.replace(speech)
    parts = [str(speech)]
    if clip.beep:
        _run("sox", "-n", *_RATE, str(beep), "synth", "0.4", "sine", "1000", "norm", "-8", "pad", "0.5", "0")
        parts.append(str(beep))
    _run("sox", *parts, *_RATE, str(target))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
