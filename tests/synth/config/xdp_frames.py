"""Sends frames on one end of a veth pair, and tells which CPUs handed them to the stack behind the other end.

Called in their network namespace as `xdp_frames SENDER RECEIVER CPUS`, with a JSON list of frames in
hexadecimal on stdin; answers with a JSON object from source MAC addresses, which begin with MARK
and name the frames, to CPUs modulo CPUS.
"""

import json
import select
import socket
import struct
import sys
import time

ETH_P_ALL = 0x0003
PACKET_FANOUT, FANOUT_CPU = 18, 2
MARK = b"\x02RSS"
LIMIT = 40.0
"""Seconds after which what is missing is not waited for."""


def receivers(interface: str, count: int) -> list[socket.socket]:
    """Sockets of which a frame reaches that of its CPU's number modulo their count."""
    found = []
    for _ in range(count):
        one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        one.bind((interface, ETH_P_ALL))
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        one.setsockopt(263, PACKET_FANOUT, struct.pack("I", 7 | FANOUT_CPU << 16))
        found.append(one)
    return found


def name(frame: bytes) -> str:
    """The source MAC address, wherever a tag that the kernel took out has left it."""
    at = frame.find(MARK)
    return frame[at : at + 6].hex()


def main() -> None:
    sender, receiver, cpus = sys.argv[1], sys.argv[2], int(sys.argv[3])
    sockets = receivers(receiver, cpus)
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    out.bind((sender, 0))
    seen, waiting, end = {}, json.load(sys.stdin), time.monotonic() + LIMIT
    expected = len(waiting)
    while time.monotonic() < end and len(seen) < expected:
        for text in waiting[:32]:
            out.send(bytes.fromhex(text))
        waiting = waiting[32:]
        ready, _, _ = select.select(sockets, [], [], 0.01)
        for one in ready:
            seen[name(one.recv(4096))] = sockets.index(one)
            while select.select([one], [], [], 0)[0]:
                seen[name(one.recv(4096))] = sockets.index(one)
    print(json.dumps(seen))


main()
