"""Checksums against straightforward sums, chunks against slices, and the parser against garbage."""

from __future__ import annotations

import ctypes
import random
import struct
import subprocess

from hypothesis import assume, given, settings
from hypothesis import strategies as st

TCP, UDP = 6, 17
L4 = {TCP: (20, 16), UDP: (8, 6)}
"""Bytes of the header, and where its checksum is."""


def ones_sum(data: bytes) -> int:
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def put(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + struct.pack(">H", value) + data[at + 2 :]


def packet(
    src: bytes, dst: bytes, ports: bytes, protocol: int, payload: bytes, options: bytes = b""
) -> bytes:
    """A frame whose checksums are right."""
    header, at = L4[protocol]
    segment = ports + bytes(header - 4) + payload
    pseudo = src + dst + struct.pack(">BBH", 0, protocol, len(segment))
    checksum = 0xFFFF ^ ones_sum(pseudo + segment)
    segment = put(segment, at, checksum or 0xFFFF if protocol == UDP else checksum)
    size = 20 + len(options)
    ip = struct.pack(">BBHHHBBH", 0x40 | size // 4, 0, size + len(segment), 1, 0, 64, protocol, 0)
    ip += src + dst + options
    return bytes(12) + b"\x08\x00" + put(ip, 10, 0xFFFF ^ ones_sum(ip)) + segment


ADDRESS = st.binary(min_size=4, max_size=4)
PORTS = st.binary(min_size=4, max_size=4)


def translate(lab, vig, frame: bytes, address: bytes, port: bytes, l4_bytes: int, times: int) -> bytes:
    data = ctypes.create_string_buffer(frame, len(frame))
    vig.test_start(1, 0, 1)
    assert lab.Shared(vig)("test_translate", data, len(frame), address, port, l4_bytes, times, 0) == 1
    return data.raw


def are_right(frame: bytes) -> bool:
    """Whether both checksums are: what one is over sums up to all ones with it, or to nothing at all."""
    size = 4 * (frame[14] & 15)
    ip, segment = frame[14 : 14 + size], frame[14 + size :]
    pseudo = ip[12:20] + struct.pack(">BBH", 0, ip[9], len(segment))
    return ones_sum(ip) % 0xFFFF == 0 and ones_sum(pseudo + segment) % 0xFFFF == 0


@settings(max_examples=100, deadline=None)
@given(
    ends=st.tuples(ADDRESS, ADDRESS, PORTS),
    address=ADDRESS,
    port=st.binary(min_size=2, max_size=2),
    protocol=st.sampled_from((TCP, UDP)),
    options=st.sampled_from((b"", b"\1\1\1\1", b"\1" * 40)),
    borrowed=st.sampled_from((4, 5, 8, 19, 20)),
    rest=st.binary(min_size=12, max_size=13),
    times=st.integers(1, 3),
)
def test_translated_packets_have_the_checksums_of_new_ones(
    lab, vig, ends, address, port, protocol, rest, options, borrowed, times
) -> None:
    src, dst, ports = ends
    frame = packet(src, dst, ports, protocol, rest, options)
    actual = translate(lab, vig, frame, address, port, borrowed, times)
    assert are_right(frame)
    assert are_right(actual)
    l4 = 34 + len(options)
    at, last = l4 + L4[protocol][1], l4 + borrowed - 1
    expected = bytearray(frame)
    expected[26:30], expected[l4 : l4 + 2] = address, port
    if borrowed > 4:
        expected[last] ^= 0xFF
    expected[24:26], expected[at : at + 2] = actual[24:26], actual[at : at + 2]
    assert actual == expected


def test_udp_without_a_checksum_stays_without(lab, vig) -> None:
    frame = put(packet(b"abcd", b"efgh", b"ijkl", UDP, b"payload"), 40, 0)
    assert translate(lab, vig, frame, b"wxyz", b"!!", 4, 1)[40:42] == b"\0\0"


def test_a_checksum_of_udp_is_never_written_as_none(lab, vig) -> None:
    """Found by trying ports: one makes the sum come out as 0."""
    frame = packet(b"abcd", b"efgh", b"ijkl", UDP, b"")
    checksum, port = struct.unpack_from(">H", frame, 40)[0], struct.unpack(">H", b"ij")[0]
    wanted = (port + checksum) % 0xFFFF
    assert translate(lab, vig, frame, b"abcd", struct.pack(">H", wanted), 4, 1)[40:42] == b"\xff\xff"


def test_truncated_and_wrong_checksums(lab, vig) -> None:
    """What is behind the header is not needed, and a checksum is as wrong as it was."""
    whole = packet(b"abcd", b"efgh", b"ijkl", TCP, bytes(range(100)))
    right = packet(b"wxyz", b"efgh", b"!!kl", TCP, bytes(range(100)))
    assert translate(lab, vig, whole[:60], b"wxyz", b"!!", 4, 1) == right[:60]
    assert translate(lab, vig, whole[:40], b"wxyz", b"!!", 4, 1) == right[:40]
    broken = put(whole, 50, struct.unpack_from(">H", whole, 50)[0] ^ 0x0100)
    assert translate(lab, vig, broken, b"wxyz", b"!!", 4, 1)[50:52] != right[50:52]


def test_a_look_that_ends_early_leaves_the_packet_as_it_was(lab, vig) -> None:
    for frame in (
        packet(b"abcd", b"efgh", b"ijkl", TCP, b"payload"),
        packet(b"a" * 4, b"b" * 4, b"cdef", UDP, b""),
    ):
        data = ctypes.create_string_buffer(frame, len(frame))
        vig.test_start(1, 0, 1)
        vig.test_pass(0, 0)
        answer = vig.test_translate(data, len(frame), b"wxyz", b"!!", 4, 1, 1)
        assert (answer, data.raw == frame) == ((lab.ENDED, True) if vig.shares else (1, False))


@settings(max_examples=60, deadline=None)
@given(length=st.integers(0, 200), chunks=st.lists(st.integers(0, 80), max_size=6))
def test_chunks(lab, vig, length: int, chunks: list[int]) -> None:
    data = ctypes.create_string_buffer(length)
    lengths = (ctypes.c_uint16 * len(chunks))(*chunks)
    unread = (ctypes.c_uint16 * (len(chunks) + 1))(length)
    vig.test_start(1, 0, 1)
    assert lab.Shared(vig)("test_chunks", data, length, lengths, len(chunks), unread) == length
    left = length
    for chunk, after in zip(chunks, list(unread)[1:], strict=True):
        left -= chunk if chunk <= left else 0
        assert after == left


# --- the parser -------------------------------------------------------------------------------------


def mutations(rng: random.Random, count: int) -> list[bytes]:
    """Frames from good to garbage: tags, versions, lengths and extension headers that are and are not."""
    kinds = (b"\x08\x00", b"\x86\xdd", b"\x81\x00", b"\x88\xa8", b"\x08\x06")
    frames = []
    for _ in range(count):
        frame = bytearray(12)
        for _ in range(rng.choice((0, 0, 0, 1, 2, 9))):
            frame += rng.choice(kinds[2:4]) + rng.randbytes(2)
        frame += rng.choice(kinds)
        body = bytearray(rng.randbytes(rng.choice((0, 3, 20, 39, 40, 60, 120, 2100))))
        if body:
            body[0] = rng.choice((0x45, 0x46, 0x4F, 0x44, 0x60, 0x65, body[0]))
        for at in (6, 9, 40, 48):
            if at < len(body):
                body[at] = rng.choice((0, 6, 17, 43, 44, 50, 51, 60, 132, body[at]))
        for at in (2, 4, 6, 7):
            if at + 1 < len(body) and rng.random() < 0.6:
                body[at : at + 2] = struct.pack(
                    ">H", rng.choice((0, 20, len(body), len(body) - 40 & 0xFFFF, 65535))
                )
        frames.append(bytes(frame + body)[: rng.choice((None, None, rng.randrange(80)))])
    return frames


def run_parser(program, frames: list[bytes]) -> list[str]:
    data = b"".join(struct.pack("<H", len(frame)) + frame for frame in frames)
    done = subprocess.run([program], input=data, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()


def test_parser_stays_within_the_packet(lab, parser) -> None:
    """Every frame stands at the end of memory of its own size, so the sanitizers see each byte too many."""
    frames = mutations(random.Random(1), 20000)
    lines = run_parser(parser, frames)
    assert len(lines) == len(frames)
    assert {line.split()[0] for line in lines} > {
        "l2",
        "ipv4-tcp",
        "ipv4-frag",
        "ipv6-udp",
        "ipv6-frag",
        "ipv6-other",
    }


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(max_size=100), min_size=20, max_size=60))
def test_parser_on_any_bytes(parser, frames: list[bytes]) -> None:
    assert len(run_parser(parser, frames)) == len(frames)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 13), st.binary(min_size=60, max_size=60)), min_size=20, max_size=60))
def test_parser_on_broken_packets(parser, changes: list[tuple[int, bytes]]) -> None:
    """A good packet in which a few bytes are others."""
    good = packet(b"abcd", b"efgh", b"ijkl", TCP, b"payload")
    frames = [good[:at] + other[: max(1, at)] + good[at + max(1, at) :] for at, other in changes]
    assume(frames)
    assert len(run_parser(parser, frames)) == len(frames)
