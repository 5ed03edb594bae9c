"""Capture files: every variant reads alike, broken ones give what was readable and a diagnostic."""

from __future__ import annotations

import io
from pathlib import Path
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rss_dsl.diagnostics import Diagnostic, Severity
from rss_solver.traffic import CLASSES, Frames, Mix, decode, generate, read_capture, write_pcap
from rss_solver.traffic.containers import read_frames

FRAMES = [(1_700_000_000_123_456_000 + i * 1000, bytes([i % 256]) * (14 + 7 * i % 90)) for i in range(40)]
DATA = Path(__file__).parents[3] / "shared" / "data"
"""Public sample captures that may stand beside the project."""


def pcap(order: str, *, nano: bool, link: int = 1, snap: int = 65535) -> bytes:
    unit = 1 if nano else 1000
    parts = [pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snap, link)]
    for time, data in FRAMES:
        kept = data[:snap]
        parts.append(pack(order + "IIII", time // 10**9, time % 10**9 // unit, len(kept), len(data)) + kept)
    return b"".join(parts)


def block(order: str, kind: int, body: bytes) -> bytes:
    body = body.ljust(len(body) + 3 & ~3, b"\0")
    size = pack(order + "I", len(body) + 12)
    return pack(order + "I", kind) + size + body + size


def section(order: str) -> bytes:
    return block(order, 0x0A0D0D0A, pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def option(order: str, code: int, value: bytes) -> bytes:
    return pack(order + "HH", code, len(value)) + value.ljust(len(value) + 3 & ~3, b"\0")


def interface(order: str, *options: bytes, link: int = 1, snap: int = 0) -> bytes:
    end = pack(order + "HH", 0, 0) if options else b""
    return block(order, 1, pack(order + "HHI", link, 0, snap) + b"".join(options) + end)


def enhanced(order: str, ticks: int, data: bytes, number: int = 0) -> bytes:
    head = pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(order, 6, head + data)


def pcapng(order: str) -> bytes:
    """Both resolutions, an offset, skipped blocks, and every packet block."""
    nano = option(order, 9, b"\x09")
    parts = [section(order), block(order, 0xBAD, b"unknown"), interface(order, option(order, 2, b"eth0"))]
    parts += [interface(order, nano, option(order, 14, pack(order + "q", 1_000_000_000)))]
    for index, (time, data) in enumerate(FRAMES):
        if index % 3 == 0:
            parts.append(enhanced(order, time // 1000, data))
        elif index % 3 == 1:
            parts.append(enhanced(order, time - 10**18, data, 1))
        else:
            ticks = time // 1000
            head = pack(order + "HHIIII", 0, 9, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
            parts.append(block(order, 2, head + data) + block(order, 5, bytes(8)))
    return b"".join(parts)


def read(data: bytes, window: int = 4096) -> tuple[list[tuple[int, bytes]], list[Diagnostic]]:
    found: list[tuple[int, bytes]] = []
    diagnostics: list[Diagnostic] = []
    for item in read_frames(io.BytesIO(data), "x.pcap", window=window):
        if isinstance(item, Frames):
            found += [(int(item.time_ns[i]), item.frame(i)) for i in range(len(item))]
        else:
            diagnostics.append(item)
    return found, diagnostics


VARIANTS = {
    "pcap <": pcap("<", nano=False),
    "pcap >": pcap(">", nano=False),
    "pcap < ns": pcap("<", nano=True),
    "pcap > ns": pcap(">", nano=True),
    "pcapng <": pcapng("<"),
    "pcapng >": pcapng(">"),
}


@pytest.mark.parametrize("window", [64, 300, 4096, 1 << 20])
@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_reads_alike(name: str, window: int) -> None:
    assert read(VARIANTS[name], window) == (FRAMES, [])


def test_sections_of_both_orders_in_one_file() -> None:
    found, diagnostics = read(VARIANTS["pcapng <"] + VARIANTS["pcapng >"] + VARIANTS["pcapng <"])
    assert (found, diagnostics) == (FRAMES * 3, [])


def test_written_pcap_reads_back() -> None:
    assert read(write_pcap(FRAMES)) == (FRAMES, [])


def test_snap_length_keeps_the_wire_length() -> None:
    (batch,) = read_frames(io.BytesIO(pcap("<", nano=True, snap=20)), "x")
    assert isinstance(batch, Frames)
    assert batch.captured.tolist() == [min(20, len(data)) for _, data in FRAMES]
    assert batch.wire.tolist() == [len(data) for _, data in FRAMES]


@pytest.mark.parametrize(
    ("resolution", "ticks", "nanoseconds"),
    [
        (0, 5, 5 * 10**9),
        (3, 1_700_000_000_123, 1_700_000_000_123_000_000),
        (9, 17, 17),
        (12, 17_999, 17),
        (0x80, 3, 3 * 10**9),
        (0x80 | 10, 1024 + 512, 1_500_000_000),
        (0x80 | 40, (7 << 40) + (1 << 38), 7_250_000_000),
        (127, 1 << 40, 0),
    ],
)
def test_time_resolutions(resolution: int, ticks: int, nanoseconds: int) -> None:
    head = section("<") + interface("<", option("<", 9, bytes([resolution])))
    assert read(head + enhanced("<", ticks, bytes(20)))[0] == [(nanoseconds, bytes(20))]


def test_simple_packets_take_the_interface_snap_length() -> None:
    head = section(">") + interface(">", snap=18)
    simple = block(">", 3, pack(">I", 30) + bytes(range(18)))
    (batch,) = read_frames(io.BytesIO(head + simple), "x")
    assert isinstance(batch, Frames)
    assert (batch.frame(0), batch.wire.tolist(), batch.time_ns.tolist()) == (bytes(range(18)), [30], [0])


def codes(data: bytes) -> list[str]:
    return [d.rule.code for d in read(data)[1]]


@pytest.mark.parametrize(
    "data", [b"", b"\x1f\x8b\x08\0", b"GET / HTTP/1.1", b"\x00", b"\xa1\xb2\xcd\x34" * 9]
)
def test_what_is_no_capture_is_an_error(data: bytes) -> None:
    (diagnostic,) = read(data)[1]
    assert diagnostic.rule.code == "RSS520"
    assert diagnostic.severity is Severity.ERROR


def test_compression_is_named() -> None:
    (diagnostic,) = read(b"\x1f\x8b\x08\0")[1]
    assert "gzip" in diagnostic.message


def test_other_link_types() -> None:
    assert codes(pcap("<", nano=True, link=113)) == ["RSS523"]
    cooked = section("<") + interface("<", link=113)
    assert codes(cooked + enhanced("<", 1, bytes(30))) == ["RSS523"]
    both = cooked + interface("<") + enhanced("<", 1, bytes(30)) + enhanced("<", 2, bytes(20), 1)
    assert read(both)[0] == [(2000, bytes(20))]
    assert codes(both) == ["RSS524"]


def test_no_packets() -> None:
    assert codes(pcap("<", nano=True)[:24]) == ["RSS525"]
    assert codes(section("<") + interface("<")) == ["RSS525"]


@pytest.mark.parametrize("name", VARIANTS)
def test_cut_anywhere_gives_a_prefix_and_at_most_a_warning(name: str) -> None:
    whole = VARIANTS[name]
    for size in range(8, len(whole), 13):
        found, diagnostics = read(whole[:size], 512)
        assert found == FRAMES[: len(found)]
        assert {d.rule.code for d in diagnostics} <= {"RSS521", "RSS525"}
    found, (diagnostic,) = read(whole[:-30])
    assert len(found) < len(FRAMES)
    assert diagnostic.rule.code == "RSS521"


def test_the_offset_of_an_incomplete_record_is_told() -> None:
    data = pcap("<", nano=True)
    start = len(data) - 16 - len(FRAMES[-1][1])
    found, (diagnostic,) = read(data[:-1], 512)
    assert len(found) == len(FRAMES) - 1
    assert f"byte {start}:" in diagnostic.message


def test_an_impossible_length_is_damage() -> None:
    good = pcap(">", nano=True)
    bad = good + pack(">IIII", 1, 2, 0x7FFFFFFF, 60) + bytes(5000)
    found, (diagnostic,) = read(bad)
    assert found == FRAMES
    assert diagnostic.rule.code == "RSS522"
    assert f"byte {len(good)}:" in diagnostic.message


def test_a_long_record_within_the_window_is_damage() -> None:
    bad = pcap("<", nano=True) + pack("<IIII", 1, 2, 300_000, 60) + bytes(400_000)
    found, (diagnostic,) = read(bad, 1 << 20)
    assert (found, diagnostic.rule.code) == (FRAMES, "RSS522")


HEAD = section("<") + interface("<") + enhanced("<", 5, bytes(20))


@pytest.mark.parametrize(
    "tail",
    [
        enhanced("<", 1, bytes(20), 1),
        pack("<III", 6, 8, 0),
        pack("<III", 5, 1 << 30, 0) + bytes(64),
        enhanced("<", 1, bytes(20))[:-4] + bytes(4),
        block("<", 6, bytes(12) + pack("<II", 99, 99) + bytes(4)),
        block("<", 1, bytes(4)),
        block("<", 0x0A0D0D0A, bytes(16)),
        pack("<II", 99, 14) + bytes(6) + pack("<I", 14) + bytes(40),
    ],
)
def test_blocks_that_cannot_be(tail: bytes) -> None:
    found, diagnostics = read(HEAD + tail + enhanced("<", 9, bytes(20)))
    assert found == [(5000, bytes(20))]
    assert [d.rule.code for d in diagnostics] == ["RSS522"]
    assert f"byte {len(HEAD)}:" in diagnostics[0].message


def test_a_packet_before_its_interface_is_damage() -> None:
    data = section("<") + enhanced("<", 1, bytes(20)) + interface("<")
    assert codes(data)[0] == "RSS522"


def test_interfaces_end_with_their_section() -> None:
    assert codes(HEAD + section("<") + enhanced("<", 1, bytes(20))) == ["RSS522"]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.pcap", tmp_path):
        (item,) = read_capture(path)
        assert isinstance(item, Diagnostic)
        assert item.rule.code == "RSS002"


def survive(data: bytes) -> None:
    """Reads and decodes with small windows; any exception is the test's failure."""
    for window in (64, 1 << 16):
        total = 0
        for item in read_frames(io.BytesIO(data), "x", window=window):
            if isinstance(item, Frames):
                packets = decode(item)
                total += len(packets)
                assert packets.field("ipv6_src").shape == (len(packets), 16)
        assert total <= len(data) // 16


@settings(max_examples=100)
@given(st.sampled_from([v[:4] for v in VARIANTS.values()] + [b""]), st.binary(max_size=400))
def test_random_bytes(magic: bytes, data: bytes) -> None:
    survive(magic + data)


@settings(max_examples=150)
@given(
    st.sampled_from(sorted(VARIANTS)),
    st.lists(st.tuples(st.integers(0, 2500), st.integers(0, 255)), max_size=6),
    st.integers(0, 3000),
)
def test_mutated_captures(name: str, edits: list[tuple[int, int]], size: int) -> None:
    data = bytearray(VARIANTS[name])
    for at, value in edits:
        if at < len(data):
            data[at] = value
    survive(bytes(data[:size]))


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.sampled_from([0, 1, 2, 3, 5, 6, 0x0A0D0D0A]), st.binary(max_size=60)), max_size=12)
)
def test_random_blocks(blocks: list[tuple[int, bytes]]) -> None:
    survive(section(">") + interface(">") + b"".join(block(">", kind, body) for kind, body in blocks))


def test_mutated_traffic_decodes() -> None:
    mix = Mix(packets=300, conversations=60, sctp=0.2, ipv6=0.5, vlan=0.5, fragments=0.5, icmp=0.1)
    data = bytearray(write_pcap((f.time_ns, f.data) for f in generate(mix)))
    for at in range(40, len(data), 37):
        data[at] ^= at & 0xFF
    survive(bytes(data))


SAMPLES = [
    ("tcp-ecn-sample.pcap", {"ipv4-tcp": 479}),
    ("tcp-ethereal-file1.trace", {"ipv4-tcp": 218, "l2": 2}),
    ("v6.pcap", {"ipv6-tcp": 62, "ipv6-udp": 50, "ipv6-other": 49}),
    ("sctp-www.cap", {"ipv4-sctp": 84}),
]
"""What Wireshark counts in them."""


@pytest.mark.parametrize(("name", "classes"), SAMPLES)
def test_real_captures(name: str, classes: dict[str, int]) -> None:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"sample capture {name} is not beside the project")
    (batch,) = read_capture(path)
    assert isinstance(batch, Frames)
    packets = decode(batch)
    assert {c: packets.of_class(c).size for c in CLASSES if packets.of_class(c).size} == classes
    assert not packets.truncated.any()
