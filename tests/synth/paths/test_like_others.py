"""What is made of call paths does what the template of that function does: bridges, limiters, a balancer."""

import random
from dataclasses import replace

import pytest
from nfspec import QUICK, Frame, built, replay

from generate.catalogue import files_of
from generate.nfs import pol

SECOND = 10**9
START = 1_700_000_000 * SECOND
EXPIRY = 100 * SECOND
"""Of the symbolic runs."""
WAYS = ((), ("--strategy", "shared-nothing", "--cores", "4"), ("--strategy", "locks", "--cores", "4"))
TURNS = ((), ("--strategy", "locks", "--cores", "4"), ("--strategy", "tm", "--cores", "4"))
"""Of functions whose state has to be shared."""
PORTS = "".join(
    f"port {name} {{ device {device}  nic intel-x710  hash ipv4-tcp, ipv4-udp  queues 4"
    "  traffic ipv4-tcp, ipv4-udp }\n"
    for device, name in enumerate(("LAN", "WAN"))
)
FROM_WAN = ("--port", "0=WAN", "--port", "1=LAN")
FROM_LAN = ("--port", "0=LAN", "--port", "1=WAN")
OTHER = {"LAN": "WAN", "WAN": "LAN"}


def named(way):
    return way[1] if way else "sequential"


@pytest.fixture(scope="module")
def pair(lab, from_paths, tmp_path_factory):
    """Of a folder of call paths and a spec: what the one and the other make of frames."""

    made = {}

    def make(name, spec, *arguments, ports=FROM_WAN, path="nf.rss"):
        if name not in made:
            template = built(lab, tmp_path_factory.mktemp("template"), spec, QUICK, path=path)
            made[name] = from_paths(name, "--queues", "4", *arguments, ports=ports), template
        return made[name]

    return make


def both(programs, folder, frames, way):
    made = replay(programs[0], folder / "paths", frames, *way)
    return made, replay(programs[1], folder / "template", frames)


def same(programs, folder, frames, way):
    """What both make of frames, which is the same."""
    made, template = both(programs, folder, frames, way)
    assert (made.verdicts, made.packets) == (template.verdicts, template.packets)
    return made


# --- bridges --------------------------------------------------------------------------------------------

BRIDGE = f"{PORTS} nf bridge {{ strategy locks  left LAN  right WAN  expiry 100s }}"
STATIONS = {bytes((2, 0, 0, 0, 0, number)): "LAN" if number % 2 else "WAN" for number in range(6)}
STRANGER, ALL = b"\2\7" * 3, b"\xff" * 6


def bridged(lab, seed, count=700):
    """Stations that stay where they are and fall silent for about as long as they are remembered."""
    rng, time, frames = random.Random(seed), START, []
    for _ in range(count):
        time += rng.choice((1, 1000, SECOND) * 10 + (EXPIRY - SECOND, EXPIRY, EXPIRY + 1))
        source, destination = rng.choice(list(STATIONS)), rng.choice((*STATIONS, STRANGER, ALL))
        rest = rng.choice((lab.ARP, lab.Packet("10.0.0.1", "10.0.0.2", 1, 2).wire, lab.ARP[:14]))[12:]
        frames.append(Frame(time, STATIONS[source], destination + source + rest))
    return frames


def as_floods(verdicts, frames):
    """A flood to two ports is what goes to the other one, as call paths have it."""
    return tuple(
        f"forward {OTHER[frame.port]}" if verdict == "flood" else verdict
        for verdict, frame in zip(verdicts, frames, strict=True)
    )


def bridges(pair):
    return pair("bridge", BRIDGE, "--shared", ports=FROM_LAN)


@pytest.mark.parametrize("way", TURNS, ids=named)
def test_bridge(lab, pair, tmp_path, way):
    frames = bridged(lab, 21)
    made, template = both(bridges(pair), tmp_path, frames, way)
    assert as_floods(made.verdicts, frames) == as_floods(template.verdicts, frames)
    assert made.packets == template.packets
    assert "flood" in template.verdicts
    assert {"drop", "forward LAN", "forward WAN"} <= set(made.verdicts)


def test_bridge_of_paths_does_not_follow_who_moves(lab, pair, tmp_path):
    """Nor is a group address another source to it than any: it is learned."""
    first, second = list(STATIONS)[:2]
    rest = lab.ARP[12:]
    frames = [
        Frame(START, "LAN", ALL + first + rest),
        Frame(START + 1, "WAN", ALL + first + rest),
        Frame(START + 2, "LAN", first + second + rest),
        Frame(START + 3, "LAN", ALL + ALL + rest),
        Frame(START + 4, "LAN", ALL + second + rest),
    ]
    made, template = both(bridges(pair), tmp_path, frames, ())
    assert made.verdicts[2:] == ("drop", "drop", "drop")
    assert template.verdicts[2:] == ("forward WAN", "flood", "flood")


def test_static_bridge(lab, pair, tmp_path):
    """Call paths have no stations, as they come from a file that the symbolic run does not read."""
    (tmp_path / "one.stations").write_text("02:00:00:00:00:01 LAN\n")
    spec = f"{PORTS} nf sbridge {{ left LAN  right WAN  stations one.stations }}"
    programs = pair("sbridge", spec, ports=FROM_LAN, path=tmp_path / "nf.rss")
    frames = [frame for frame in bridged(lab, 22) if frame.data[:6] != b"\2\0\0\0\0\1"]
    made, template = both(programs, tmp_path, frames, ())
    assert set(template.verdicts) == {"flood"}
    assert as_floods(made.verdicts, frames) == as_floods(template.verdicts, frames)
    assert made.packets == template.packets


# --- limiters -------------------------------------------------------------------------------------------

LIMITER = f"""{PORTS}
require pair: WAN.ipv4_src == WAN'.ipv4_src && WAN.ipv4_dst == WAN'.ipv4_dst
nf cl {{ lan LAN  wan WAN  limit 65  expiry 100s  retries admit }}
"""


def opened(lab, seed, hosts, ports, count=2000):
    """Hosts that open more than they may, and some answers."""
    rng, time, frames = random.Random(seed), START, []
    for _ in range(count):
        time += rng.choice((1, SECOND // 10) * 60 + (EXPIRY // 3, EXPIRY, EXPIRY + 1))
        host = rng.randrange(1, hosts + 1)
        ends = f"93.0.0.{host}", "10.0.0.1", rng.randrange(1024, 1026), rng.randrange(1, ports)
        packet = lab.Packet(*ends, rng.choice(("tcp", "udp")))
        inside = rng.random() < 0.05
        frames.append(Frame(time, "LAN" if inside else "WAN", (packet.reply if inside else packet).wire))
    return frames


@pytest.mark.parametrize("way", WAYS, ids=named)
def test_connection_limiter(lab, pair, tmp_path, way):
    """Three pairs of hosts share no counters of either sketch."""
    made = same(pair("cl", LIMITER), tmp_path, opened(lab, 23, 3, 90), way)
    assert {"drop", "forward LAN", "forward WAN"} == set(made.verdicts)


RATE, BURST = 1000, 5000
"""Bytes, of a policer whose buckets the packets of a test can empty."""
MILLISECOND = SECOND // 1000
"""In which a bucket gains one byte."""
POLICER = f"""{PORTS}
require user: WAN.ipv4_dst == WAN'.ipv4_dst
nf policer {{ lan LAN  wan WAN  rate {RATE}  burst {BURST}  expiry {BURST // RATE}s }}
"""


@pytest.fixture(scope="module")
def policers(pair, tmp_path_factory):
    """The paths of Vigor's policer with other constants."""
    folder = tmp_path_factory.mktemp("paths") / "slow"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pol, "RATE", RATE)
        patch.setattr(pol, "BURST", BURST)
        for path, text in files_of(pol.NF):
            (folder / path.name).write_text(text)
    return pair(folder, POLICER)


def limited(lab, user, size):
    data = lab.Packet("93.0.0.1", f"10.0.0.{user}", 80, 1024, "udp").wire
    return data[:16] + (size - 14).to_bytes(2) + data[18:].ljust(size - 18, b"\0")


@pytest.mark.parametrize("way", WAYS, ids=named)
def test_policer(lab, policers, tmp_path, way):
    """Buckets that empty. Between packets they gain whole bytes, so that nothing is rounded."""
    rng, time, frames = random.Random(28), START, []
    for _ in range(1500):
        pauses = (1, 20, 90) * 60 + (4999, 5000, 5001)
        time += rng.choice(pauses) * MILLISECOND
        size = rng.choice((60, 61, 100, 999, 1500))
        frames.append(Frame(time, "WAN", limited(lab, rng.randrange(1, 5), size)))
    made = same(policers, tmp_path, frames, way)
    assert {"drop", "forward LAN"} == set(made.verdicts)


def test_policer_of_paths_rounds(lab, policers, tmp_path):
    """A packet finds less than a byte too little for each before it: what passes lags by a byte a packet."""
    count, size = 600, 60
    frames = [
        Frame(START + number * MILLISECOND * 9 // 10, "WAN", limited(lab, 1, size)) for number in range(count)
    ]
    made, template = both(policers, tmp_path, frames, ())
    passed, exact = (run.verdicts.count("forward LAN") for run in (made, template))
    assert passed == BURST // size, "no byte is ever gained"
    assert 0 < (exact - passed) * size < count + size


HITTERS = f"""{PORTS}
require wide: WAN.ipv4_src[0:8] == WAN'.ipv4_src[0:8]
nf hhh {{ lan LAN  wan WAN  heavy pass }}
"""


@pytest.mark.parametrize("way", WAYS, ids=named)
def test_heavy_hitters(lab, pair, tmp_path, way):
    """Counters that nobody reads: every packet passes."""
    rng, frames = random.Random(24), opened(lab, 24, 9, 3, 400)
    frames = [replace(frame, data=frame.data[:26] + rng.randbytes(1) + frame.data[27:]) for frame in frames]
    made = same(pair("hhh", HITTERS), tmp_path, frames, way)
    assert {"forward LAN", "forward WAN"} == set(made.verdicts)


# --- port scans -----------------------------------------------------------------------------------------

SCANS = f"""{PORTS}
require source: WAN.ipv4_src == WAN'.ipv4_src
nf psd {{ lan LAN  wan WAN  capacity 1024  limit 64  expiry 100s }}
"""


@pytest.mark.parametrize("way", WAYS, ids=named)
def test_port_scans(lab, pair, tmp_path, way):
    """While no source expires."""
    frames = opened(lab, 25, 5, 90, 1500)
    frames = [replace(frame, time=START + number) for number, frame in enumerate(frames)]
    made = same(pair("psd", SCANS), tmp_path, frames, way)
    assert {"drop", "forward LAN", "forward WAN"} == set(made.verdicts)


def scans(lab, *others):
    """A source touches its 64 ports, is forgotten and touches them again with one more. Other sources came
    before it the first time."""
    frames = [
        Frame(START + number, "WAN", lab.Packet(other, "10.0.0.1", 9, 9).wire)
        for number, other in enumerate(others)
    ]
    for number, port in enumerate((*range(1, 65), *range(1, 66))):
        time = START + 100 + number + (number >= 64) * (EXPIRY + SECOND)
        frames.append(Frame(time, "WAN", lab.Packet("93.0.0.2", "10.0.0.1", 9, port).wire))
    return frames


def test_ports_outlive_their_source(lab, pair, tmp_path):
    """Vigor's detector erases the ports of an index when that is taken again, not when it expires. What a
    source may do then depends on the index that it had, thus on who came before it: `prove` takes for
    granted that nothing does."""
    programs = pair("psd", SCANS)
    made, template = both(programs, tmp_path / "two", scans(lab, "93.0.0.1"), ())
    assert template.verdicts[-1] == "drop"
    assert made.verdicts[-1] == "forward LAN", "63 ports of the second time are known from the first"
    made = same(programs, tmp_path / "one", scans(lab), ())
    assert made.verdicts[-1] == "drop", "index 0 again, and its ports are erased"


def test_ports_outlive_their_source_on_its_core(lab, pair, tmp_path):
    """Where the source that came before is on another core, both have index 0."""
    programs, way = pair("psd", SCANS), ("--strategy", "shared-nothing", "--cores", "4")
    others = [f"93.0.0.{1 << bit}" for bit in (0, 2, 4, 6)] + [f"93.0.{1 << bit}.1" for bit in range(0, 8, 2)]
    last = {replay(programs[0], tmp_path / other, scans(lab, other), *way).verdicts[-1] for other in others}
    assert last == {"drop", "forward LAN"}


# --- load balancer --------------------------------------------------------------------------------------

BALANCED = f"{PORTS} nf lb {{ strategy locks  lan LAN  wan WAN  expiry 100s  silence 100s  replies drop }}"


def balanced(lab, seed, servers, count=800):
    """Clients, and servers that announce themselves; which, and that fall silent."""
    rng, time, frames = random.Random(seed), START, []
    for number in range(count):
        time += rng.choice((1, 1000, SECOND) * 20 + (EXPIRY - SECOND, EXPIRY, EXPIRY + 1))
        packet = lab.Packet(f"93.0.0.{rng.randrange(1, 9)}", "198.51.100.7", rng.randrange(1024, 1028), 80)
        frame = Frame(time, "WAN", summed(packet.wire))
        if rng.random() < 0.2:
            server = servers(number)
            station = bytes((2, 0, 0, 0, 0, server))
            data = lab.Packet(f"10.0.0.{server}", "93.0.0.1", 80, 9).wire
            frame = Frame(time, "LAN", data[:6] + station + data[12:])
        frames.append(frame)
    return frames


def folded(words):
    found = sum(words)
    while found >> 16:
        found = (found & 0xFFFF) + (found >> 16)
    return (0xFFFF - found).to_bytes(2)


def words(data):
    return [int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2)]


def summed(data):
    """A TCP frame of 60 bytes and an IPv4 header without options, with right checksums."""
    head, body = data[14:24] + bytes(2) + data[26:34], data[34 : 14 + int.from_bytes(data[16:18])]
    body = body[:16] + bytes(2) + body[18:]
    body = body[:16] + folded([*words(data[26:34] + body), 6, len(body)]) + body[18:]
    head = head[:10] + folded(words(head)) + head[12:]
    return (data[:14] + head + body).ljust(len(data), b"\0")


def balancers(pair):
    ports = ("--port", "0=LAN", "--port", "1=SIDE", "--port", "2=WAN")
    return pair("lb", BALANCED, "--shared", ports=ports)


@pytest.mark.parametrize("way", TURNS, ids=named)
def test_load_balancer_of_one_server(lab, pair, tmp_path, way):
    """One server at a time, to the byte."""
    frames = balanced(lab, 26, lambda number: 1)
    made = same(balancers(pair), tmp_path, frames, way)
    assert {"drop", "forward LAN"} == set(made.verdicts)


@pytest.mark.parametrize("way", TURNS, ids=named)
def test_load_balancer(lab, pair, tmp_path, way):
    """Other hashes choose other servers; who is served is the same, and how."""
    rng = random.Random(27)
    frames = balanced(lab, 27, lambda number: rng.randrange(1, 6))
    made, template = both(balancers(pair), tmp_path, frames, way)
    assert made.verdicts == template.verdicts
    assert {"drop", "forward LAN"} == set(made.verdicts)
    for found, expected in zip(made.packets, template.packets, strict=True):
        if found:
            assert found[:5] + found[6:24] + found[26:33] == expected[:5] + expected[6:24] + expected[26:33]
            assert found[5] == found[33], "the server that has the address"
            assert found == summed(found)
    assert len({found[33] for found in made.packets if found}) == 5
