"""The XDP program as ordinary C, against the reference hash. `test_xdp_live` runs it in the kernel."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from slowframes import PORTS, QTAG, TAG, eth, ext, ip4, ip6
from xdpcases import KEY, Case, changed, every_input, expected

from rss_dsl.diagnostics import RssError
from rss_dsl.fields import packet_classes, wire_rank
from rss_dsl.nic import DefaultQueue, Function, Index
from rss_dsl.problem import HashInput
from rss_synth.xdp import XdpTarget

HERE = Path(__file__).parent
MICROSOFT = bytes.fromhex("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa")
VECTORS = [
    ("66.9.149.187", 2794, "161.142.100.80", 1766, 0x51CCC178),
    ("199.92.111.2", 14230, "65.69.140.83", 4739, 0xC626B0EA),
    ("24.19.198.95", 12898, "12.22.207.184", 38024, 0x5C2B394A),
    ("3ffe:2501:200:1fff::7", 2794, "3ffe:2501:200:3::1", 1766, 0x40207D3D),
    ("3ffe:501:8::260:97ff:fe40:efab", 14230, "ff02::1", 4739, 0xDDE51BBF),
    ("3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251, "fe80::200:f8ff:fe21:67cf", 38024, 0x02D1FEEF),
]
"""Microsoft, "Verifying the RSS hash calculation": TCP."""


def write(folder: Path, case: Case, origin) -> None:
    for artifact in XdpTarget().emit(*case, origin):
        (folder / artifact.path).write_text(artifact.text)


class Program:
    """A port's program, compiled as ordinary C."""

    def __init__(self, folder: Path, port: str) -> None:
        output = folder / "program.so"
        names = [f"-DPORT={port}", f'-DPORT_NAME="{port}"']
        flags = [
            "-std=gnu11",
            "-O1",
            "-Wall",
            "-Wextra",
            "-Wconversion",
            "-Wshadow",
            "-Werror",
            "-shared",
            "-fPIC",
        ]
        places = [f"-I{HERE / 'xdp_shim'}", f"-I{folder}"]
        sources = [str(HERE / "xdp_native.c"), str(folder / "ports.c")]
        command = ["gcc", *flags, *names, *places, *sources, "-o", str(output)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        self.library = ctypes.CDLL(str(output))

    def __call__(self, frame: bytes) -> tuple[int | None, int]:
        """Hash, None where the class is not hashed, and queue."""
        hashed, value = ctypes.c_int(), ctypes.c_uint32()
        queue = self.library.test_steer(
            frame, ctypes.c_size_t(len(frame)), ctypes.byref(hashed), ctypes.byref(value)
        )
        return value.value if hashed.value else None, queue


needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")


@pytest.fixture
def native(tmp_path: Path, origin) -> Callable[[Case], Program]:
    def make(case: Case) -> Program:
        folder = Path(mkdtemp(dir=tmp_path))
        write(folder, case, origin)
        return Program(folder, case[0].ports[0].name)

    return make


def vector_frame(source: str, source_port: int, target: str, target_port: int) -> bytes:
    a, b = ip_address(source), ip_address(target)
    body = source_port.to_bytes(2, "big") + target_port.to_bytes(2, "big") + bytes(16)
    whole = ip4(body) if a.version == 4 else ip6(body)
    at, size = (12, 4) if a.version == 4 else (8, 16)
    packet = whole[:at] + a.packed + b.packed + whole[at + 2 * size :]
    return eth(packet, 0x800 if a.version == 4 else 0x86DD)


@needs_gcc
def test_published_vectors(native, build) -> None:
    case = changed(
        build(nic="generic"),
        every_input(Function.TOEPLITZ, lambda name: name[:3] in ("ipv", "tcp")),
        MICROSOFT,
    )
    program = native(case)
    for *ends, value in VECTORS:
        frame = vector_frame(*ends)
        assert program(frame) == (value, value % 128 % 16) == expected(frame, case)


BODY = st.binary(min_size=0, max_size=24)
EXTENSIONS = st.lists(st.tuples(st.sampled_from([0, 43, 60, 51, 44]), st.integers(0, 2)), max_size=5)
PROTOCOLS = st.sampled_from([6, 17, 132, 50, 1, 47, 58, 0, 44])


@st.composite
def ipv4_frames(draw) -> bytes:
    options = draw(st.sampled_from([b"", bytes(4), bytes(40)]))
    fragment = draw(st.sampled_from([0, 0, 0x4000, 0x2000, 0x0007]))
    total = draw(st.sampled_from([None, None, None, 0, 20, 22, 60, 19]))
    packet = ip4(draw(BODY), draw(PROTOCOLS), options=options, fragment=fragment, total=total)
    addresses = draw(st.binary(min_size=8, max_size=8))
    return eth(
        packet[:12] + addresses + packet[20:],
        0x800,
        *draw(st.lists(st.sampled_from([TAG, QTAG]), max_size=3)),
    )


@st.composite
def ipv6_frames(draw) -> bytes:
    last, chain = draw(PROTOCOLS), draw(EXTENSIONS)
    kinds = [kind for kind, _ in chain]
    kinds.append(last)
    headers = (ext(kinds[i + 1], size) for i, (_, size) in enumerate(chain))
    packet = ip6(b"".join(headers) + draw(BODY), kinds[0], payload=draw(st.sampled_from([None, None, 0, 9])))
    addresses = draw(st.binary(min_size=32, max_size=32))
    return eth(packet[:8] + addresses + packet[40:], 0x86DD, *draw(st.lists(st.just(TAG), max_size=9)))


def _broken(frame: bytes, change: tuple[int, int, int]) -> bytes:
    at, value, size = change
    data = bytearray(frame[:size])
    if at < len(data):
        data[at] = value
    return bytes(data)


GOOD = st.one_of(ipv4_frames(), ipv6_frames(), st.binary(max_size=60).map(lambda body: eth(body, 0x806)))
FRAMES = st.one_of(
    GOOD, st.builds(_broken, GOOD, st.tuples(st.integers(0, 70), st.integers(0, 255), st.integers(0, 130)))
)

ODD = [
    b"",
    bytes(13),
    eth(b"\x44" + ip4(PORTS)[1:], 0x800),
    eth(b"\x55" + ip4(PORTS)[1:], 0x800),
    eth(ip4(PORTS, total=19), 0x800),
    eth(ip4(PORTS, total=22), 0x800),
    eth(ip4(PORTS[:7], 132), 0x800),
    eth(ip4(PORTS), 0x800, *[TAG] * 8),
    eth(ip4(PORTS), 0x800, *[TAG] * 9),
    eth(b"\x40" + ip6(PORTS)[1:], 0x86DD),
    eth(ip6(PORTS, payload=2), 0x86DD),
    eth(ip6(ext(6, 9)[:20], 0), 0x86DD),
    eth(ip6(ext(60) * 15 + ext(6) + PORTS, 60), 0x86DD),
    eth(ip6(ext(60) * 16 + ext(6) + PORTS, 60), 0x86DD),
]
"""Frames at the edge of what is read."""

VARIANTS = {
    "toeplitz": (Function.TOEPLITZ, {}),
    "symmetric-xor": (Function.SYMMETRIC_XOR, {"index": Index.HIGH_BITS}),
    "symmetric-or-xor": (Function.SYMMETRIC_OR_XOR, {"default_queue": DefaultQueue.TABLE_0}),
    "symmetric-sort": (Function.SYMMETRIC_SORT, {"hash_init": 0xFFFFFFFF, "index": Index.MODULO}),
    "simple-xor": (Function.SIMPLE_XOR, {"index": Index.XOR_FOLD8}),
}


@needs_gcc
@pytest.mark.parametrize("name", VARIANTS)
def test_every_class_by_every_function(native, build, name: str) -> None:
    function, facts = VARIANTS[name]
    table = [(i * 7 + 3) % 16 for i in range(100 if facts.get("index") is Index.MODULO else 128)]
    key = (b"\0\0\0\1" if function is Function.SIMPLE_XOR else KEY).ljust(64, b"\0")
    case = changed(build(nic="generic", table=table), every_input(function), key, **facts)
    program = native(case)

    @given(st.lists(FRAMES, min_size=1, max_size=20))
    @example([vector_frame(*ends) for *ends, _ in VECTORS])
    @example(ODD)
    def agree(frames: list[bytes]) -> None:
        for frame in frames:
            assert program(frame) == expected(frame, case)

    agree()


@needs_gcc
def test_unhashed_classes_go_to_the_default_queue(native, build) -> None:
    table = [(i * 7 + 3) % 16 for i in range(128)]
    only = (HashInput("ipv4-tcp", ("ipv4_src", "ipv4_dst")),)
    frames = [
        eth(ip4(PORTS, 17), 0x800),
        eth(ip4(PORTS, fragment=1), 0x800),
        eth(ip6(PORTS), 0x86DD),
        eth(b"", 1),
    ]
    for default, queue in ((DefaultQueue.QUEUE_0, 0), (DefaultQueue.TABLE_0, 3)):
        program = native(changed(build(nic="generic", table=table), only, default_queue=default))
        assert [program(frame) for frame in frames] == [(None, queue)] * 4
        assert program(eth(ip4(PORTS), 0x800))[0] is not None


class _Count(ctypes.Structure):
    _fields_ = (("packets", ctypes.c_uint64), ("unhashed", ctypes.c_uint64), ("bytes", ctypes.c_uint64))


@needs_gcc
def test_queues_are_counted(native, build) -> None:
    case = changed(build(nic="generic"), (HashInput("ipv4-tcp", ("ipv4_src", "ipv4_dst")),))
    program = native(case)
    program.library.test_count.restype = _Count
    tcp, arp = eth(ip4(PORTS), 0x800), eth(bytes(28), 0x806)
    queue = program(tcp)[1]
    program(tcp)
    program(arp)
    found = {q: program.library.test_count(q) for q in {0, queue}}
    assert queue != 0
    assert [(found[q].packets, found[q].unhashed, found[q].bytes) for q in (0, queue)] == [
        (1, 1, len(arp)),
        (2, 0, 2 * len(tcp)),
    ]


def test_zeroed_fields_keep_their_places(build, origin) -> None:
    entry = HashInput("ipv4-tcp", ("ipv4_dst", "tcp_dst"), zeroed=("ipv4_src", "tcp_src"))
    text = {a.path: a.text for a in XdpTarget().emit(*changed(build(), (entry,)), origin)}["steer.bpf.c"]
    assert "memcpy(input + 4, headers->destination, 4);" in text
    assert "memcpy(input + 10, headers->transport + 2, 2);" in text
    assert "headers->source" not in text


def test_generated_program(build, origin, golden) -> None:
    files = {artifact.path: artifact.text for artifact in XdpTarget().emit(*build(), origin)}
    golden(files["steer.bpf.c"], ".c")


def refused(case: Case, origin) -> list[str]:
    with pytest.raises(RssError) as found:
        XdpTarget().emit(*case, origin)
    return [d.rule.code for d in found.value.diagnostics]


def test_what_cannot_be_read_is_refused(build, origin) -> None:
    inner = packet_classes()["vxlan-ipv4-tcp"]
    fields = tuple(sorted(inner.names.values(), key=wire_rank))[:2]
    assert refused(changed(build(), (HashInput("vxlan-ipv4-tcp", fields),)), origin) == ["RSS660"] * 2
    assert refused(changed(build(), (HashInput("ipv4-tcp", ("vlan",)),)), origin) == ["RSS660"] * 2


def test_names_that_code_cannot_hold_are_refused(build, origin) -> None:
    for name in ("LAN-1", "$(id)", "a b", "ä"):
        assert refused(build(names=("WAN", name)), origin) == ["RSS606"]


def test_a_name_that_ends_a_comment_stays_in_it(build, origin) -> None:
    nasty = replace(origin, spec="*/ int x;\n/*")
    for artifact in XdpTarget().emit(*build(), nasty):
        assert "*/ int x" not in artifact.text


def test_a_nic_that_no_driver_configures_is_none_of_its_business(build, origin) -> None:
    for nic in ("freebsd-rss", "aws-ena-fixed", "linux-tap"):
        assert XdpTarget().emit(*build(nic=nic, classes=("ipv4-tcp",), queues=4), origin)


@needs_gcc
def test_the_makefile_says_what_is_missing(tmp_path: Path, build, origin) -> None:
    write(tmp_path, build(), origin)
    for setting, word in (("CLANG=no-such-clang", "clang is missing"), ("LIBBPF=", "libbpf is missing")):
        command = ["make", "-C", str(tmp_path), setting]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if setting.startswith("LIBBPF") and "clang is missing" in done.stderr:
            continue
        assert done.returncode != 0 and word in done.stderr


def test_the_loader_says_what_is_wrong_with_its_arguments(loader, build) -> None:
    path = loader(build(nic="generic", queues=4))
    for arguments, words in (
        (["DMZ=lo"], "the spec has no such port"),
        (["LAN=none"], "there is no such interface"),
        (["LAN=lo", "WAN=lo"], "named twice"),
        (["LAN"], "not of the form PORT=INTERFACE"),
        (["LAN=lo", "--cpus", "3-1"], "not a list of CPUs"),
        (["LAN=lo", "--cpus", ""], "not a list of CPUs"),
        (["LAN=lo", "--ring", "16385"], "not a number of packets"),
        (["LAN=lo", "--stats"], "needs a value"),
        (["LAN=lo", "--native", "--generic"], "already chosen"),
        (["LAN=lo", "--what"], "unknown option"),
        ([], "no interface to steer"),
    ):
        command = [str(path), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (2, "") and words in done.stderr
    shown = subprocess.run([str(path), "--help"], capture_output=True, text=True, timeout=60, check=True)
    assert "ports: LAN (4 queues) WAN (4 queues)" in shown.stdout
