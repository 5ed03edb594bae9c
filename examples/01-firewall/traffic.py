"""Writes what a firewall sees in four minutes: connections, their replies, scans from outside, pauses.

Usage: traffic.py DIR. Makes DIR/lan.pcap and DIR/wan.pcap, the same bytes every time.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rss_solver.traffic import Mix, generate, write_pcap

MIX = Mix(
    seed=1,
    conversations=3_000,
    packets=60_000,
    zipf=None,  # connections of one size: the load then shows the hash, not a few elephants
    scans=0.15,
    pauses=0.2,
    vlan=0.05,
    fragments=0.02,
    icmp=0.02,
    duration_ns=240_000_000_000,
)


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    frames = generate(MIX)
    for port in ("LAN", "WAN"):
        own = [(frame.time_ns, frame.data) for frame in frames if frame.port == port]
        (folder / f"{port.lower()}.pcap").write_bytes(write_pcap(own))
        print(f"{port}: {len(own)} packets")


if __name__ == "__main__":
    main()
