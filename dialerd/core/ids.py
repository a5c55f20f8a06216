"""Identifiers of attempts, channels and bridges.

Asterisk compares channel ids by prefix when it creates one, so every id has the same length and none is a
prefix of another: a four-character kind, then a serial of 24 hexadecimal digits.
"""

from __future__ import annotations

SERIAL_DIGITS = 24
ID_LENGTH = 4 + SERIAL_DIGITS

ATTEMPT = "dlr-"
"""The outbound channel of an attempt; also the attempt's own id."""
AMD = "amd-"
"""The snoop channel on which an attempt's answer is analysed."""
EAR = "ear-"
"""The snoop channel on which tones of an attempt's call are listened for."""
AGENT_CHANNEL = "agt-"
"""The channel to an agent: a nailed-up line, or one ring of a member."""
BRIDGE = "brg-"
"""The mixing bridge of an agent's line or of one call."""
PLAYBACK = "msg-"
"""The playback of a message to an attempt's channel. Those of a flow have serials of their own."""
RECORDING = "rec-"
"""A recording of an attempt's channel."""
CONSENT = "cns-"
"""The playback of the prompt that says an attempt's conversation is recorded."""
CONSENT_OF_AGENT = "cna-"
"""The same for the agent, who hears it, too."""
RECORDED_IN = "rci-"
"""The snoop channel, and the recording on it, of what the called party says."""
RECORDED_OUT = "rco-"
"""The same of what they hear."""
INBOUND = "inb-"
"""An inbound call. Its channel's id is Asterisk's own."""
_KINDS = frozenset(
    {
        ATTEMPT,
        AMD,
        EAR,
        AGENT_CHANNEL,
        BRIDGE,
        PLAYBACK,
        RECORDING,
        CONSENT,
        CONSENT_OF_AGENT,
        RECORDED_IN,
        RECORDED_OUT,
        INBOUND,
    }
)


def serial_of(identifier: str) -> str:
    """The part of an id behind its kind."""
    return identifier[4:]


def sibling(identifier: str, kind: str) -> str:
    """The id of another kind that belongs to the same serial: ``sibling("dlr-00…1", AMD)`` is ``amd-00…1``."""
    return kind + identifier[4:]


def of_channel(kind: str, channel_id: str) -> str:
    """The id of this kind that belongs to a channel with an id of Asterisk's own: the same whoever asks, and when."""
    value = 0
    for character in channel_id:
        value = (value * 257 + ord(character)) % (1 << 4 * SERIAL_DIGITS)
    return f"{kind}{value:0{SERIAL_DIGITS}x}"


def is_ours(identifier: str) -> bool:
    """True for an id made by a :class:`SerialNumbers`, whatever its kind."""
    return len(identifier) == ID_LENGTH and identifier[:4] in _KINDS and not identifier[4:].strip("0123456789abcdef")


class SerialNumbers:
    """Deterministic serials, unique across restarts and instances.

    The pair of arguments must differ for every run of every instance: the start time in milliseconds (11 hex digits
    last until the year 2527) and 20 bits of salt, for two that start in the same millisecond.
    """

    def __init__(self, started_ms: int, salt: int) -> None:
        self._prefix = f"{started_ms & 0xFFFFFFFFFFF:011x}{salt & 0xFFFFF:05x}"
        self._next = 0

    def new(self, kind: str) -> str:
        """The next id of ``kind``; never returned twice."""
        self._next += 1
        return f"{kind}{self._prefix}{self._next:08x}"
