"""The bridges against models, and the file of the static one against mistakes."""

from __future__ import annotations

import random

import pytest
from nfspec import CORES, Frame, built, replay

from rss_dsl.check import check
from rss_dsl.loading import loads
from rss_synth.nf.plan import check_nf

SECOND = 10**9
START = 1_700_000_000 * SECOND
EXPIRY = 5 * SECOND
PORTS = "\n".join(
    f"port {name} {{ device {device}  nic intel-x710  hash ipv4-tcp, ipv4-udp  queues 16 }}"
    for device, name in enumerate(("LAN", "WAN"))
)
OTHER = {"LAN": "WAN", "WAN": "LAN"}
STATIONS = {
    **{f"02:00:00:00:00:{i:02x}": "LAN" for i in range(40)},
    **{f"0{4 * (i % 3)}:99:00:{i:02x}:00:00": "WAN" for i in range(40)},
}


def mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def expected_packets(frames: list[Frame], verdicts: list[str]) -> tuple[bytes, ...]:
    """On two ports what is flooded leaves once, as it came."""
    return tuple(
        b"" if verdict == "drop" else frame.data for frame, verdict in zip(frames, verdicts, strict=True)
    )


# --- the learning one -------------------------------------------------------------------------------


def stations(rng: random.Random) -> bytes:
    return mac(
        rng.choice(("02:00:00:00:00:01", "02:00:00:00:00:02", "04:00:00:00:01:00", "00:00:00:00:00:00"))
    )


def learning_frames(lab, seed: int, count: int = 500) -> tuple[list[Frame], list[str]]:
    """Stations that move, group addresses as either end, frames cut short; and what is to become of them."""
    rng, known = random.Random(seed), {}
    frames, verdicts, time = [], [], START
    for _ in range(count):
        time += rng.choice((1, 1000, SECOND // 10) * 8 + (SECOND, EXPIRY, EXPIRY + 1))
        source, destination = stations(rng), stations(rng)
        if rng.random() < 0.1:
            source = bytes([source[0] | 1]) + source[1:]
        if rng.random() < 0.2:
            destination = rng.choice((b"\xff" * 6, mac("33:33:00:00:00:01")))
        port = rng.choice(("LAN", "WAN")) if rng.random() < 0.2 else "WAN" if source[0] & 4 else "LAN"
        rest = rng.choice((lab.ARP, lab.Packet("10.0.0.1", "10.0.0.2", 1, 2).wire, lab.ARP[:14]))[12:]
        data = (destination + source + rest)[: rng.choice((None,) * 20 + (13, 5, 0))]
        frames.append(Frame(time, port, data))
        verdicts.append("drop" if len(data) < 14 else _learned(known, frames[-1]))
    return frames, verdicts


def _learned(known: dict[bytes, tuple[str, int]], frame: Frame) -> str:
    destination, source = frame.data[:6], frame.data[6:12]
    if not source[0] & 1:
        known[source] = (frame.port, frame.time)
    port, seen = known.get(destination, ("", 0))
    if destination[0] & 1 or frame.time - seen > EXPIRY:
        return "flood"
    return "drop" if port == frame.port else f"forward {port}"


@pytest.fixture(scope="module")
def bridge(lab, tmp_path_factory):
    spec = f"{PORTS}\nnf bridge {{ left LAN  right WAN  capacity 1000  expiry 5s }}"
    return built(lab, tmp_path_factory.mktemp("bridge"), spec)


@pytest.mark.parametrize("seed", range(2))
def test_a_bridge_learns_as_the_model(lab, bridge, tmp_path, seed):
    frames, expected = learning_frames(lab, seed)
    counts = [expected.count(text) for text in ("drop", "flood", "forward LAN", "forward WAN")]
    assert min(counts) > 30, counts
    for strategy in ("sequential", "locks", "tm"):
        for cores in (1,) if strategy == "sequential" else CORES:
            arguments = ["--strategy", strategy] + (["--cores", cores] if cores > 1 else [])
            found = replay(bridge, tmp_path, frames, *arguments)
            assert list(found.verdicts) == expected, arguments
            assert found.packets == expected_packets(frames, expected)


def test_auto_takes_locks_and_a_state_per_core_goes_wrong(lab, bridge, tmp_path):
    frames, expected = learning_frames(lab, 3)
    assert "STRATEGY_LOCKS" in (bridge.folder / "config.c").read_text()
    found = replay(bridge, tmp_path, frames, "--strategy", "shared-nothing", "--cores", 4)
    assert list(found.verdicts) != expected


def test_stations_without_room_are_flooded(lab, bridge, tmp_path):
    hosts = [bytes([2, 0, 0, 0, 0, i]) for i in range(10)]
    frames = [Frame(START + i, "LAN", b"\xff" * 6 + host + lab.ARP[12:]) for i, host in enumerate(hosts)]
    frames += [
        Frame(START + 100 + i, "WAN", host + mac("04:00:00:00:00:00") + lab.ARP[12:])
        for i, host in enumerate(hosts)
    ]
    found = replay(bridge, tmp_path, frames, "--sequential", "--capacity-per-core", 7)
    assert found.verdicts == ("flood",) * 10 + ("forward LAN",) * 7 + ("flood",) * 3
    assert found.full == 13


# --- the static one ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sbridge(lab, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sbridge")
    lines = [f"{address}\t{port}  # here" for address, port in STATIONS.items()]
    (folder / "who.stations").write_text("\n".join(["# stations", "", *lines, "  "]))
    return built(lab, folder / "out", static_spec("who.stations"), path=folder / "nf.rss")


def static_spec(file: str) -> str:
    return f"{PORTS}\nnf sbridge {{ strategy shared-nothing  left LAN  right WAN  stations {file} }}"


def test_a_static_bridge_goes_by_its_table(lab, sbridge, tmp_path):
    rng, frames, expected = random.Random(1), [], []
    for number in range(600):
        destination = mac(rng.choice(list(STATIONS)))
        if rng.random() < 0.3:
            destination = rng.choice((b"\xff" * 6, rng.randbytes(6), destination[:5] + b"\xfe", bytes(6)))
        port = rng.choice(("LAN", "WAN"))
        known = {mac(address): behind for address, behind in STATIONS.items()}.get(destination)
        frames.append(Frame(START + number, port, destination + rng.randbytes(6) + lab.ARP[12:]))
        expected.append("flood" if known is None else "drop" if known == port else f"forward {known}")
    assert min(expected.count(text) for text in ("drop", "flood", "forward LAN", "forward WAN")) > 30
    for arguments in (["--sequential"], ["--cores", 16], ["--strategy", "locks", "--cores", 4]):
        found = replay(sbridge, tmp_path, frames, *arguments)
        assert list(found.verdicts) == expected
        assert found.packets == expected_packets(frames, expected)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "nf.rss", "`who.stations` names no stations"),
        ("# nothing\n\n", "nf.rss", "`who.stations` names no stations"),
        ("02:00:00:00:00:01\n", "who.stations:1:1", "a station is two words, not 1"),
        ("02:00:00:00:00:01 LAN now\n", "who.stations:1:1", "a station is two words, not 3"),
        ("\n 2001:db8::1 LAN", "who.stations:2:2", "`2001:db8::1` is no Ethernet address"),
        ("gg:00:00:00:00:01 LAN", "who.stations:1:1", "is no Ethernet address"),
        ("01:00:5e:00:00:01 LAN", "who.stations:1:1", "is no station's address"),
        ("02:00:00:00:00:01 LAN\n2:0:0:0:0:1 WAN", "who.stations:2:1", "is in the table already"),
        ("02:00:00:00:00:01  LNA", "who.stations:1:20", "has no port `LNA`"),
        (b"\xff", "nf.rss", "it is not UTF-8"),
        (None, "nf.rss", "no such file"),
    ],
)
def test_mistakes_in_the_table_have_their_places(tmp_path, text, place, message):
    if text is not None:
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "who.stations").write_bytes(data)
    problem = check(loads(static_spec("who.stations"), str(tmp_path / "nf.rss"))).problem
    assert problem is not None
    (found,) = check_nf(problem)
    span = found.span
    assert f"{span.source.path}:{span.line}:{span.column}:".startswith(str(tmp_path / place) + ":")
    assert message in found.message


def test_a_table_is_named_by_a_path(tmp_path):
    problem = check(loads(static_spec("stations"), str(tmp_path / "nf.rss"))).problem
    assert problem is not None
    (found,) = check_nf(problem)
    assert found.span.text == "stations" and "`stations.txt`" in (found.help or "")
