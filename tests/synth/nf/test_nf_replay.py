"""The replay: verdicts do not depend on the cores, the hash is the NIC's, no capture hurts it."""

from __future__ import annotations

import random
import struct
from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nfspec import QUICK

from rss_dsl.fields import width
from rss_solver.solve import solve
from rss_solver.toeplitz import toeplitz
from rss_solver.traffic.containers import read_capture
from rss_solver.traffic.decode import decode
from rss_solver.traffic.packets import CLASSES

CORES = (1, 2, 3, 4, 16)
SEEDS = st.integers(0, 2**32)


def both_ways(lab, built, folder, events, classes, **parameters):
    """Replays with every number of cores and compares with one core and with the model."""
    events = lab.lan_first(events)
    captures = lab.write_captures(folder, events)
    expected = lab.model_verdicts(events, classes=classes, **parameters)
    assert built.verdicts("--sequential", *captures) == expected
    for cores in CORES:
        assert built.verdicts("--cores", cores, *captures) == expected, f"{cores} cores"
    return captures, expected


@settings(max_examples=15)
@given(seed=SEEDS)
def test_any_number_of_cores_gives_the_models_verdicts(lab, firewall, tmp_path_factory, seed):
    both_ways(lab, firewall, tmp_path_factory.mktemp("captures"), lab.traffic(seed), lab.IPV4)


@settings(max_examples=10)
@given(seed=SEEDS)
def test_ipv6_and_passing_others(lab, firewall6, tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("captures")
    both_ways(lab, firewall6, folder, lab.traffic(seed), lab.BOTH, pass_other=True)


def test_traffic_is_worth_testing_with(lab):
    """Both verdicts on both ports, so that agreement means something."""
    lines = lab.model_verdicts(lab.traffic(7), classes=lab.BOTH)
    counts = {
        text: sum(text in line for line in lines) for text in ("forward WAN", "forward LAN", "WAN", "drop")
    }
    assert min(counts.values()) > 30, counts


def test_a_key_that_does_not_fit_changes_verdicts(lab, firewall, tmp_path):
    events = [event for seed in range(5) for event in lab.traffic(seed)]
    captures = lab.write_captures(tmp_path, lab.lan_first(events))
    wrong = ["--key", f"LAN={lab.MICROSOFT.hex()}", "--key", f"WAN=0x{lab.MICROSOFT.hex(':')}"]
    expected = firewall.verdicts("--sequential", *captures)
    assert firewall.verdicts("--sequential", *wrong, *captures) == expected
    for cores in CORES[1:]:
        found = firewall.verdicts("--cores", cores, *wrong, *captures)
        lost = [(a, b) for a, b in zip(expected, found, strict=True) if a != b]
        assert len(lost) > 20, f"{cores} cores"
        assert all(a.endswith("forward LAN") and b.endswith("drop") for a, b in lost)


@pytest.mark.parametrize("nics", [("intel-x710", "intel-x710"), ("intel-x710", "generic")])
@pytest.mark.parametrize("equality", ["hash", "index"])
def test_solved_keys_on_tables_of_different_sizes(lab, tmp_path, nics, equality):
    problem = lab.a_problem(lab.an_nf(**lab.PORTS))
    ports = [
        lab.a_port(n, i, nic=nic, queues=12)
        for i, (n, nic) in enumerate(zip(("LAN", "WAN"), nics, strict=True))
    ]
    problem = replace(problem, ports=tuple(ports), equality=equality)
    solution = solve(problem).solution
    built = lab.build(tmp_path / "fw", problem, solution, QUICK)
    events = lab.lan_first(lab.traffic(3, 1500))
    captures = lab.write_captures(tmp_path, events)
    expected = lab.model_verdicts(events, classes=lab.IPV4)
    for cores in (1, 2, 5, 12, 100):
        assert built.verdicts("--cores", cores, *captures) == expected, f"{cores} cores"


# --- time -------------------------------------------------------------------------------------------


def conversation(lab):
    asked = lab.Packet("10.0.0.1", "93.0.0.1", 1024, 80)
    return asked, asked.reply


@pytest.mark.parametrize(("pause", "verdict"), [(60 * 10**9, "forward LAN"), (60 * 10**9 + 1, "drop")])
def test_a_flow_is_gone_when_its_last_packet_is_older_than_the_expiry(
    lab, firewall, tmp_path, pause, verdict
):
    asked, reply = conversation(lab)
    start = 10**18
    events = [
        lab.Event(start, "LAN", asked),
        lab.Event(start + 5, "WAN", reply),
        lab.Event(start + 5 + pause, "WAN", reply),
    ]
    captures = lab.write_captures(tmp_path, events)
    assert firewall.verdicts(*captures)[-1] == f"WAN 2 {verdict}"


def test_captures_are_merged_by_the_nanosecond(lab, firewall, tmp_path):
    asked, reply = conversation(lab)
    for lan, wan, verdict in ((7, 6, "drop"), (6, 7, "forward LAN"), (7, 7, "forward LAN")):
        captures = lab.write_captures(tmp_path, [lab.Event(lan, "LAN", asked), lab.Event(wan, "WAN", reply)])
        assert f"WAN 1 {verdict}" in firewall.verdicts(*captures)
    assert firewall.verdicts(*reversed(captures))[0] == "WAN 1 drop"


def test_a_capture_out_of_order_is_sorted(lab, firewall, tmp_path):
    asked, reply = conversation(lab)
    captures = lab.write_captures(tmp_path, [lab.Event(9, "LAN", asked), lab.Event(3, "LAN", reply)])
    assert [line.split()[1] for line in firewall.verdicts(*captures)] == ["2", "1"]


def test_one_capture_is_split_by_source(lab, firewall6, tmp_path):
    events = [event for event in lab.traffic(5) if event.packet is not lab.ARP]
    whole = lab.write_pcap(tmp_path / "both.pcap", [(event.time, event.wire) for event in events])
    verdicts = firewall6.verdicts("--cores", 4, "--from", "LAN=10.0.0.0/8,2001:db8:1::/48", whole)
    cut = [event.packet.keep is not None for event in events]
    model = [line.split() for line in lab.model_verdicts(events, classes=lab.BOTH, pass_other=True)]
    for number, (line, event, short, expected) in enumerate(
        zip(verdicts, events, cut, model, strict=True), 1
    ):
        port, place, *verdict = line.split()
        assert int(place) == number
        if not short:
            assert (port, verdict) == (event.port, expected[2:])


# --- the hash ---------------------------------------------------------------------------------------


def test_the_published_vector(lab, firewall, tmp_path):
    packet = lab.Packet("66.9.149.187", "161.142.100.80", 2794, 1766)
    captures = lab.write_captures(tmp_path, [lab.Event(1, "LAN", packet)])
    key = f"LAN={lab.MICROSOFT.hex()}"
    (line,) = firewall.verdicts("--show-hash", "--show-core", "--key", key, *captures)
    assert line == f"LAN 1 forward WAN ipv4-tcp hash 51ccc178 entry {0x178} core {0x178 % 16}"


def test_hashes_are_those_of_the_reference(lab, firewall6, tmp_path):
    events = lab.lan_first(lab.traffic(11, 1500))
    captures = lab.write_captures(tmp_path, events)
    rng = random.Random(1)
    keys = {port: rng.randbytes(52) for port in ("LAN", "WAN")}
    options = [part for port, key in keys.items() for part in ("--key", f"{port}={key.hex()}")]
    checked = 0
    for line, event in zip(firewall6.verdicts("--show-hash", *options, *captures), events, strict=True):
        if " hash " in line:
            checked += 1
            packet = event.packet
            names = lab.tuple_of(packet.kind).fields
            data, bits = 0, 0
            for name, value in zip(names, _values(packet), strict=True):
                data, bits = data << width(name) | value, bits + width(name)
            value = toeplitz(keys[event.port], data, bits)
            assert f" {packet.kind} hash {value:08x} entry {value & 511}" in line
    assert checked > 500


def _values(packet):
    return int(ip_address(packet.src)), int(ip_address(packet.dst)), packet.sport, packet.dport


def test_classes_are_those_of_the_load_evaluation(lab, firewall6, tmp_path):
    """Frames cut, changed and stretched at random are classified alike by both decoders."""
    rng = random.Random(3)
    frames = [_mangled(rng, event.wire) for seed in range(4) for event in lab.traffic(seed, 1000)]
    path = lab.write_pcap(tmp_path / "mangled.pcap", [(number, frame) for number, frame in enumerate(frames)])
    expected = [CLASSES[kind] for batch in read_capture(path) for kind in decode(batch).kind]
    found = [line.split() for line in firewall6.verdicts("--show-hash", f"LAN={path}")]
    assert [next(word for word in words if word in CLASSES) for words in found] == expected
    assert len(set(expected)) > 8


def _mangled(rng, frame):
    data = bytearray(frame)
    for _ in range(rng.choice((0, 0, 1, 2))):
        data[rng.randrange(min(12, len(data) - 1), len(data))] = rng.choice(
            (0, 4, 6, 17, 44, 50, 51, 60, 132, rng.randrange(256))
        )
    return bytes(data[: rng.choice((len(data), len(data), rng.randrange(1, len(data) + 1)))])


# --- capacity ---------------------------------------------------------------------------------------


def test_a_full_core_is_reported_and_explains_the_difference(lab, firewall, tmp_path):
    asked = [lab.Packet(f"10.0.{i // 200}.{i % 200 + 1}", "93.0.0.1", 1000 + 7 * i, 80) for i in range(300)]
    events = [lab.Event(i, "LAN", packet) for i, packet in enumerate(asked)]
    events += [lab.Event(1000 + i, "WAN", packet.reply) for i, packet in enumerate(asked)]
    captures = lab.write_captures(tmp_path, events)
    small = firewall.replay("--cores", 2, "--capacity-per-core", 100, *captures)
    full = sum(int(line.split()[-3]) for line in small.stderr.splitlines() if line.startswith("core"))
    assert full > 0
    assert small.stdout.count("drop") == full
    assert firewall.replay("--cores", 2, "--capacity-per-core", 300, *captures).stdout.count("drop") == 0
    assert firewall.replay("--sequential", *captures).stdout.count("drop") == 0


@pytest.mark.parametrize(
    ("sharding", "together"), [("split", 100), ("replicate", 200)], ids=("split", "replicate")
)
def test_cores_have_shares_or_all_of_the_capacity(lab, tmp_path, sharding, together):
    nf = lab.an_nf(**lab.PORTS, capacity=("integer", 100), sharding=("word", sharding))
    problem = lab.a_problem(nf)
    built = lab.build(tmp_path / "out", problem, lab.a_solution(problem), QUICK)
    asked = [lab.Packet(f"10.0.{i // 200}.{i % 200 + 1}", "93.0.0.1", 1000 + 7 * i, 80) for i in range(600)]
    captures = lab.write_captures(
        tmp_path,
        [lab.Event(i, "LAN", packet) for i, packet in enumerate(asked)]
        + [lab.Event(1000 + i, "WAN", packet.reply) for i, packet in enumerate(asked)],
    )

    def answered(*arguments):
        return sum(line.endswith("forward LAN") for line in built.verdicts(*arguments, *captures))

    assert answered("--strategy", "shared-nothing", "--cores", 2) == together
    assert answered("--strategy", "locks", "--cores", 2) == answered("--sequential") == 100
    assert lab.make(tmp_path / "out", "replay-check", "CHECK=--cores 1,4", QUICK).returncode == 0


@settings(max_examples=15)
@given(seed=SEEDS, capacity=st.sampled_from([1, 2, 7, 16]))
def test_a_small_table_keeps_what_it_has(lab, firewall, tmp_path_factory, seed, capacity):
    """Against a model with as much room: the oldest are not replaced, expired ones make room."""
    events = lab.lan_first(lab.traffic(seed, 300))
    captures = lab.write_captures(tmp_path_factory.mktemp("captures"), events)
    found = firewall.verdicts("--sequential", "--capacity-per-core", capacity, *captures)
    assert found == _bounded_model(lab, events, capacity)


def _bounded_model(lab, events, capacity):
    model, lines, seen = lab.Model(lab.IPV4), [], {"LAN": 0, "WAN": 0}
    for event in events:
        seen[event.port] += 1
        before = dict(model.last)
        verdict = model.verdict(event)
        live = {key for key, last in before.items() if event.time - last <= model.expiry}
        if event.port == "LAN" and len(live) >= capacity and set(model.last) - live:
            model.last = {key: last for key, last in before.items() if key in live}
        else:
            model.last = {key: last for key, last in model.last.items() if key in live or last == event.time}
        lines.append(f"{event.port} {seen[event.port]} {verdict}")
    return lines


# --- bad input --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--cores"],
        ["--cores", "0", "LAN=x"],
        ["--cores", "-1", "LAN=x"],
        ["--cores", "99999999999999999999999", "LAN=x"],
        ["--capacity-per-core", "0", "LAN=x"],
        ["--key", "LAN=abc", "LAN=x"],
        ["--key", "LAN=", "LAN=x"],
        ["--key", "LAN=" + "00" * 53, "LAN=x"],
        ["--key", "XAN=00", "LAN=x"],
        ["--from", "LAN=10.0.0.0/33", "x"],
        ["--from", "LAN=10.0.0/8", "x"],
        ["--from", "LAN=10.0.0.0/8,", "x"],
        ["--from", "LAN=10.0.0.0/8", "--from", "WAN=11.0.0.0/8", "x"],
        ["--from", "LAN=" + "1" * 100, "x"],
        ["LNA=x"],
        ["x"],
        ["--nonsense", "LAN=x"],
        ["--cores", "4", "--sequential", "LAN=x"],
        ["--sequential", "--cores", "1", "LAN=x"],
    ],
)
def test_wrong_usage_is_explained(firewall, arguments):
    result = firewall.replay(*arguments, code=2)
    assert result.stdout == "" and result.stderr.startswith("firewall: ") and result.stderr.count("\n") == 1


def test_help_tells_about_capacity(firewall):
    text = firewall.replay("--help").stdout
    assert "--capacity-per-core" in text and "65536" in text and "table full" in text


def test_files_that_cannot_be_used(lab, firewall, tmp_path):
    (good, _) = lab.write_captures(tmp_path, lab.traffic(1, 20))
    whole = (tmp_path / "LAN.pcap").read_bytes()
    raw_ip = whole[:20] + struct.pack("<I", 101) + whole[24:]
    bad = {
        "empty": b"",
        "text": b"not a capture at all",
        "cut": whole[:-3],
        "head": whole[:10],
        "raw": raw_ip,
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
        result = firewall.replay(f"LAN={tmp_path / name}", code=1)
        assert result.stdout == "" and name in result.stderr
    assert "(link type: Raw IP)" in firewall.replay(f"LAN={tmp_path / 'raw'}", code=1).stderr
    missing = tmp_path / "missing"
    said = firewall.replay(f"LAN={missing}", code=1).stderr
    assert said == f"firewall: {missing}: No such file or directory\n"
    firewall.replay(good, "-o", tmp_path / "no" / "such" / "folder", code=1)


@settings(max_examples=60)
@given(data=st.data())
def test_damaged_captures_end_with_a_message(lab, firewall, tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("captures")
    lab.write_captures(folder, lab.traffic(data.draw(SEEDS), 10))
    content = bytearray((folder / "LAN.pcap").read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (folder / "LAN.pcap").write_bytes(content[: data.draw(st.integers(0, len(content)))])
    for code in (0, 1):
        try:
            firewall.replay(f"LAN={folder / 'LAN.pcap'}", code=code)
            return
        except AssertionError as wrong:
            reason = wrong
    raise reason


# --- outputs ----------------------------------------------------------------------------------------


def test_output_goes_to_a_file_and_cores_are_shown(lab, firewall, tmp_path):
    captures = lab.write_captures(tmp_path, lab.traffic(2, 50))
    plain = firewall.replay("--cores", 3, *captures)
    silent = firewall.replay("--cores", 3, "-o", tmp_path / "verdicts", *captures)
    assert silent.stdout == "" and (tmp_path / "verdicts").read_text() == plain.stdout
    shown = firewall.verdicts("--cores", 3, "--show-core", *captures)
    assert [line.rsplit(" core ", 1)[0] for line in shown] == plain.stdout.splitlines()
    per_core = [sum(line.endswith(f"core {core}") for line in shown) for core in range(3)]
    assert [int(line.split()[2]) for line in plain.stderr.splitlines()[1:]] == per_core
    assert firewall.replay("--cores", 3, *captures).stdout == plain.stdout


def test_presplit_captures_hold_each_packet_once(lab, firewall, tmp_path):
    captures = lab.write_captures(tmp_path, lab.traffic(4, 300))
    firewall.replay(
        "--cores", 4, "--presplit-out", tmp_path / "split", "-o", tmp_path / "verdicts", *captures
    )
    for port in ("LAN", "WAN"):
        parts = [(tmp_path / "split" / f"{port}-{core}.pcap").read_bytes()[24:] for core in range(4)]
        whole = (tmp_path / f"{port}.pcap").read_bytes()[24:]
        assert sum(map(len, parts)) == len(whole)


@pytest.mark.parametrize("strategy", ["sequential", "shared-nothing", "locks", "tm"])
def test_what_leaves_a_port_is_written(lab, firewall, tmp_path, strategy):
    events = lab.lan_first(lab.traffic(9, 300))
    captures = lab.write_captures(tmp_path, events)
    verdicts = firewall.verdicts("--strategy", strategy, "--packets-out", tmp_path / "sent", *captures)
    assert verdicts == lab.model_verdicts(events, classes=lab.IPV4)
    for port in ("LAN", "WAN"):
        leaving = [e for e, line in zip(events, verdicts, strict=True) if line.endswith(f"forward {port}")]
        again = lab.write_pcap(tmp_path / f"{port}-expected.pcap", [(e.time, e.wire) for e in leaving])
        sent = (tmp_path / "sent" / f"{port}.pcap").read_bytes()
        assert sent[24:] == again.read_bytes()[24:] and len(leaving) > 20


def test_the_tm_of_a_build_without_transactions_says_that_it_locks(lab, firewall, tmp_path):
    captures = lab.write_captures(tmp_path, lab.traffic(1, 20))
    said = firewall.replay("--strategy", "tm", *captures).stderr
    assert "`tm` takes the lock: this build has no transactions" in said and "as writer" in said
    assert "no strategy `tn`" in firewall.replay("--strategy", "tn", *captures, code=2).stderr


def test_the_benchmark_says_what_it_does_not_measure(lab, tmp_path):
    problem = lab.a_problem(lab.an_nf(**lab.PORTS))
    folder = lab.emit(tmp_path, problem, lab.a_solution(problem))
    if not lab.shutil.which("make") or not lab.shutil.which("gcc"):
        pytest.skip("gcc and make are not installed")
    assert lab.make(folder, "firewall-bench", "CC=gcc", "CFLAGS=-O1 -Werror", "SANITIZE=1").returncode == 0

    def bench(*arguments):
        command = [folder / "firewall-bench", "--rounds", "1", "--packets", "1000", *arguments]
        return lab.subprocess.run(command, capture_output=True, text=True, timeout=60)

    said = bench("--strategy", "tm")
    assert said.returncode == 0 and said.stdout.startswith("firewall tm cores 1 flows 10000 uniform: median ")
    assert said.stderr.startswith("`tm` takes the lock: this build has no transactions")
    assert bench("--strategy", "auto").stderr.endswith("there are shared-nothing, locks, tm and sequential\n")
    assert bench("--port", "DMZ").stderr == "firewall: no port `DMZ`, there are LAN and WAN\n"
