"""Whether Asterisk can read a folder, told by playing a file of it where nobody hears."""

from __future__ import annotations

from pathlib import Path

from dialerd.asterisk.client import AriClient
from dialerd.asterisk.file_seen import file_seen
from dialerd.asterisk.settings import AriSettings
from dialerd.asterisk.wire import Request, path_of
from dialerd.speech.sound import telephone_wav
from lab import Lab
from tests.speech.voices import tone


async def test_a_file_that_is_there_and_one_that_is_not(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "there.wav").write_bytes(telephone_wav(tone(3.0)))
    (tmp_path / "spoilt.wav").write_bytes(b"no sound")
    one = lab.settings
    client = AriClient(
        AriSettings(one.ari_url.removesuffix("/ari"), one.ari_user, one.ari_password, "dialerd-doctor-test")
    )
    try:
        found = [await file_seen(client, f"sound:{tmp_path / name}") for name in ("there", "absent", "spoilt")]
        bridges = await client.request(Request("GET", path_of("bridges")))
    finally:
        await client.close()
    assert found == [True, False, False]
    assert not [one for one in bridges.body if one["id"].startswith("dialerd-doctor")]  # type: ignore[union-attr]
