"""Writes what two fibres carry between the nodes of a cluster that uses one port at both ends.

Usage: traffic.py DIR. Makes DIR/TX0.pcap (requests) and DIR/RX1.pcap (replies, over the other link).
"""

from __future__ import annotations

import sys
from ipaddress import IPv4Address
from pathlib import Path
from random import Random

from rss_solver.traffic import Conversation, Endpoint, Step, frames_of, write_pcap

STEPS = tuple(Step(time_ns=n * 1_000_000, reply=bool(n % 2), payload=100) for n in range(4))


def conversation(random: Random) -> Conversation:
    """Node i of one rack talks to node i of the other, from and to the same port."""
    node, port = random.randrange(1, 255), random.randrange(1024, 65536)
    return Conversation(
        protocol="udp",
        initiator=Endpoint(IPv4Address(f"10.0.0.{node}"), port),
        responder=Endpoint(IPv4Address(f"10.0.1.{node}"), port),
        initiator_port="TX0",
        responder_port="RX1",
        steps=STEPS,
    )


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    random = Random(1)
    frames = [frame for _ in range(5_000) for frame in frames_of(conversation(random))]
    frames.sort(key=lambda frame: frame.time_ns)
    for port in ("TX0", "RX1"):
        own = [(frame.time_ns, frame.data) for frame in frames if frame.port == port]
        (folder / f"{port}.pcap").write_bytes(write_pcap(own))


if __name__ == "__main__":
    main()
