"""Free ports of the loopback interface."""

from __future__ import annotations

import contextlib
import random
import socket

LOOPBACK = "127.0.0.1"

# Below the kernel's ephemeral range: a client that keeps trying to reach a stopped server
# on an ephemeral port may be given that very port as its own, and connect to itself.
_FIRST, _LAST = 20_000, 32_000

RTP_PORTS = (10_000, 19_998)
"""Shared by all labs: Asterisk takes any free pair in it."""


def free_ports(tcp: int, udp: int) -> tuple[list[int], list[int]]:
    """Ports nobody listens on now: `tcp` of one kind, `udp` of the other, all different.

    Another process may still take one before the caller does; labs started side by
    side hardly ever choose the same.
    """
    taken: set[int] = set()
    with contextlib.ExitStack() as held:

        def hold(kind: socket.SocketKind) -> int:
            while True:
                port = random.SystemRandom().randint(_FIRST, _LAST)
                sock = held.enter_context(socket.socket(socket.AF_INET, kind))
                with contextlib.suppress(OSError):
                    sock.bind((LOOPBACK, port))
                    if port not in taken:
                        taken.add(port)
                        return port

        return [hold(socket.SOCK_STREAM) for _ in range(tcp)], [hold(socket.SOCK_DGRAM) for _ in range(udp)]
