"""Writes downloads of users who all live in one /16, as a policer of an access network sees them.

Usage: traffic.py DIR. Makes DIR/WAN.pcap.
"""

from __future__ import annotations

import sys
from ipaddress import IPv4Address
from pathlib import Path
from random import Random

from rss_solver.traffic import Conversation, Endpoint, Step, frames_of, write_pcap

STEPS = tuple(Step(time_ns=n * 1_000_000, reply=False, payload=100) for n in range(4))


def download(random: Random) -> Conversation:
    """Any server sends to a user in 10.20.0.0/16."""
    user = IPv4Address(0x0A140000 | random.randrange(1, 0xFFFF))
    return Conversation(
        protocol="udp",
        initiator=Endpoint(IPv4Address(random.randrange(0x20000000, 0x7F000000)), 443),
        responder=Endpoint(user, random.randrange(1024, 65536)),
        initiator_port="WAN",
        responder_port="LAN",
        steps=STEPS,
    )


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    random = Random(1)
    frames = [frame for _ in range(5_000) for frame in frames_of(download(random))]
    frames.sort(key=lambda frame: frame.time_ns)
    (folder / "WAN.pcap").write_bytes(write_pcap([(frame.time_ns, frame.data) for frame in frames]))


if __name__ == "__main__":
    main()
