"""The load balancer: which backend a connection gets is its own affair, all else is checked."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field
from ipaddress import ip_address

import pytest
from nfspec import CORES, QUICK, Frame, built, replay

SECOND = 10**9
EXPIRY, SILENCE, BACKENDS = 5 * SECOND, 3 * SECOND, 4
CLASSES = ("ipv4-tcp", "ipv4-udp", "ipv4-sctp", "ipv6-tcp", "ipv6-udp")
PORT = f"nic intel-x710  queues 16  hash {', '.join(CLASSES)}"
SPEC = f"""
port LAN {{ device 0  {PORT} }}
port WAN {{ device 1  {PORT} }}
nf lb {{ strategy locks  lan LAN  wan WAN  expiry 5s  silence 3s  backends {BACKENDS}  ITEMS }}
"""
CHECKSUMS = {"tcp": 16, "udp": 6}


def total(data: bytes) -> int:
    """The one's complement sum of 16-bit words, as RFC 1071 has it."""
    words = struct.unpack(f">{(len(data) + 1) // 2}H", data + bytes(len(data) % 2))
    found = sum(words)
    while found >> 16:
        found = (found & 0xFFFF) + (found >> 16)
    return found


def summed(frame: bytes, packet, *, absent: bool = False) -> bytes:
    """A frame with the checksums that its headers and addresses ask for; `absent`: UDP over IPv4 without."""
    data = bytearray(frame)
    l3 = 14 + 4 * len(packet.tags)
    if packet.version == 4:
        l4, addresses = l3 + 4 * (data[l3] & 15), bytes(data[l3 + 12 : l3 + 20])
        data[l3 + 10 : l3 + 12] = bytes(2)
        data[l3 + 10 : l3 + 12] = struct.pack(">H", 0xFFFF - total(bytes(data[l3:l4])))
        length = struct.unpack_from(">H", data, l3 + 2)[0] - (l4 - l3)
    else:
        l4, addresses = l3 + 40, bytes(data[l3 + 8 : l3 + 40])
        length = struct.unpack_from(">H", data, l3 + 4)[0]
    at = CHECKSUMS.get(packet.l4)
    if at is None:
        return bytes(data)
    data[l4 + at : l4 + at + 2] = bytes(2)
    if not absent:
        pseudo = addresses + struct.pack(">II", length, 6 if packet.l4 == "tcp" else 17)
        found = 0xFFFF - total(pseudo + bytes(data[l4 : l4 + length]))
        data[l4 + at : l4 + at + 2] = struct.pack(">H", found or (0xFFFF if packet.l4 == "udp" else 0))
    return bytes(data)


def sent_to(frame: bytes, packet, address: str, mac: bytes, *, absent: bool) -> bytes:
    at = 14 + 4 * len(packet.tags) + (16 if packet.version == 4 else 24)
    raw = ip_address(address).packed
    return summed(mac + frame[6:at] + raw + frame[at + len(raw) :], packet, absent=absent)


@dataclass(slots=True)
class Model:
    """Who is there, and who serves whom: the program's choice, held against who it could have been."""

    macs: dict[str, bytes] = field(default_factory=dict)
    came: dict[str, int] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)
    serving: dict[tuple, tuple[str, int]] = field(default_factory=dict)
    """Who has served a connection, and when last."""

    def there(self, version: int, now: int) -> list[str]:
        alive = [a for a, last in self.heard.items() if now - last <= SILENCE]
        return [a for a in alive if ip_address(a).version == version]

    def hear(self, address: str, mac: bytes, now: int) -> None:
        alive = self.there(ip_address(address).version, now)
        if address not in alive:
            if len(alive) == BACKENDS:
                return
            self.macs[address], self.came[address] = mac, now
        self.heard[address] = now

    def candidates(self, flow: tuple, version: int, now: int) -> list[str]:
        alive = self.there(version, now)
        known, last = self.serving.get(flow, ("", -(10**19)))
        stays = known in alive and self.came[known] <= last and now - last <= EXPIRY
        return [known] if stays else alive


@dataclass(frozen=True, slots=True)
class Sent:
    """A frame, the packet it holds and whether UDP's checksum is left out."""

    frame: Frame
    packet: object
    absent: bool


def made(lab, seed, count=900):
    """Clients and backends; some fall silent, so that others get their numbers."""
    rng, time, found = random.Random(seed), 1_700_000_000 * SECOND, []
    for _ in range(count):
        time += rng.choice((1, 1000, SECOND // 100, SECOND // 20))
        time += rng.choice((0,) * 150 + (SILENCE, SILENCE + 1, EXPIRY + 1))
        six = rng.random() < 0.3
        kind = rng.choice(("tcp", "udp", "tcp", "udp", "icmp") if six else ("tcp", "udp", "sctp", "icmp"))
        absent = kind == "udp" and not six and rng.random() < 0.3
        tags = rng.choice(((), (), (0x8100,)))
        if rng.random() < 0.3:
            last = rng.randrange(1, 4 if time // (7 * SECOND) % 3 else 7)
            ends = (f"fd00::{last}", "2001:db8::1") if six else (f"10.0.0.{last}", "93.0.0.1")
            port, station = "LAN", bytes((2, 0, 0, 0, rng.randrange(2), last))
        else:
            client = rng.randrange(1, 5)
            ends = (f"2001:db8::{client}", "fd01::1") if six else (f"93.0.0.{client}", "198.51.100.7")
            port, station = "WAN", bytes(6)
        packet = lab.Packet(
            *ends, rng.randrange(1024, 1026), 80, kind, tags, 0 if six else rng.choice((0, 2))
        )
        data = packet.wire
        data = summed(bytes(6) + station + data[12:], packet, absent=absent)
        found.append(Sent(Frame(time, port, data), packet, absent))
    return found


@pytest.fixture(scope="module")
def balancer(lab, tmp_path_factory):
    return built(lab, tmp_path_factory.mktemp("lb"), SPEC.replace("ITEMS", "capacity 4096"))


@pytest.mark.parametrize("seed", range(4))
def test_connections_go_to_a_backend_that_is_there_and_stay(lab, balancer, tmp_path, seed):
    sent = made(lab, seed)
    found = replay(balancer, tmp_path, [one.frame for one in sent], "--sequential")
    model, chosen, stayed = Model(), set(), 0
    for one, verdict, left in zip(sent, found.verdicts, found.packets, strict=True):
        frame, packet = one.frame, one.packet
        if packet.kind not in CLASSES:
            assert verdict == "drop"
            continue
        if frame.port == "LAN":
            model.hear(packet.src, frame.data[6:12], frame.time)
            assert (verdict, left) == ("forward WAN", frame.data)
            continue
        flow = (packet.src, packet.dst, packet.sport, packet.dport, packet.l4)
        candidates = model.candidates(flow, packet.version, frame.time)
        if not candidates:
            assert verdict == "drop"
            continue
        assert verdict == "forward LAN"
        images = {
            sent_to(frame.data, packet, address, model.macs[address], absent=one.absent): address
            for address in candidates
        }
        assert left in images
        stayed += len(candidates) == 1 and len(model.there(packet.version, frame.time)) > 1
        chosen.add(images[left])
        model.serving[flow] = (images[left], frame.time)
    assert stayed > 100
    assert len(chosen) > 6
    assert "drop" in found.verdicts


@pytest.mark.parametrize("seed", range(2))
def test_cores_that_share_balance_as_one(lab, balancer, tmp_path, seed):
    frames = [one.frame for one in made(lab, seed)]
    one = replay(balancer, tmp_path, frames, "--sequential")
    for strategy in ("locks", "tm"):
        for cores in CORES:
            assert replay(balancer, tmp_path, frames, "--strategy", strategy, "--cores", cores) == one


def test_replies_can_be_kept_and_connections_without_room_are_served(lab, tmp_path):
    program = built(lab, tmp_path, SPEC.replace("ITEMS", "capacity 1  replies drop"), QUICK)
    frames = [Frame(1, "LAN", lab.Packet("10.0.0.1", "93.0.0.1", 80, 9).wire)]
    frames += [Frame(2 + i, "WAN", lab.Packet("93.0.0.1", "10.0.0.9", i, 80).wire) for i in range(8)]
    found = replay(program, tmp_path, frames, "--sequential")
    assert found.verdicts == ("drop",) + ("forward LAN",) * 8
    assert found.full == 7
