"""The equivalence check: one core and several agree under every strategy, and it notices where they don't."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from nfspec import QUICK

from rss_synth.nf.catalogue import nf_templates
from rssc.pipeline import Compiled, compile_spec

SPECS = Path(__file__).parents[3] / "specs" / "nf"
OF = {
    found[1]: path
    for path in sorted(SPECS.glob("*.rss"))
    if (found := re.search(r"^nf ([a-z-]+) \{", path.read_text(), re.MULTILINE))
}
"""The spec of every network function that has one."""
CORES = (1, 2, 4, 16)


@dataclass(frozen=True, slots=True)
class Check:
    """A check that was built."""

    program: Path
    keys_serve: bool

    def run(self, *arguments: object, code: int = 0) -> str:
        command = [self.program, *map(str, arguments)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=240)
        assert result.returncode == code, result.stdout[-3000:] + result.stderr
        return result.stdout + result.stderr


def emit(lab, folder: Path, name: str) -> None:
    if name not in OF:
        problem = lab.a_problem(lab.an_nf(name, **lab.PORTS))
        lab.emit(folder, problem, lab.a_solution(problem))
        return
    compiled = compile_spec(OF[name])
    assert isinstance(compiled, Compiled)
    lab.emit(folder, compiled.problem, compiled.solved.solution)


def finish(lab, folder: Path, name: str, *arguments: str) -> Check:
    """Builds the check in a generated directory, or skips."""
    if not lab.shutil.which("make") or not lab.shutil.which("gcc"):
        pytest.skip("gcc and make are not installed")
    result = lab.make(folder, f"{name}-check", *arguments)
    if "needs libpcap" in result.stderr:
        pytest.skip("libpcap's headers are not installed")
    assert result.returncode == 0, result.stderr
    return Check(folder / f"{name}-check", ".keys_serve = true" in (folder / "config.c").read_text())


def made(lab, folder: Path, name: str, *arguments: str) -> Check:
    emit(lab, folder, name)
    return finish(lab, folder, name, *arguments)


def lines(said: str) -> set[tuple[str, str, str, bool]]:
    """Strategy, cores, size, and whether as threads, of what was found to be the same."""
    pattern = r"^(\S+), (\d+) cores?, ([a-z ]+): (as threads, )?\d+ packets the same"
    return {(a, b, c, bool(d)) for a, b, c, d in re.findall(pattern, said, re.MULTILINE)}


def expected(check: Check, said: str) -> set[tuple[str, str, str, bool]]:
    left_out = "tm: left out" in said
    strategies = ["shared-nothing"] * check.keys_serve + ["locks"] + ["tm"] * (not left_out)
    sizes = ("room for all", "little room")
    alone = {(s, str(n), size, False) for s in strategies for n in CORES for size in sizes}
    shared = [s for s in strategies if s != "shared-nothing"]
    return alone | {(s, n, size, True) for s in shared for n in ("2", "4") for size in sizes}


def assert_excuses_are_shown(said: str) -> None:
    """Of packets that differ for want of room one is, with the packet that was refused before it."""
    packet = r"packet (\d+) on \w+, core \d+, \S+ (?:hash \w+ entry \d+|unhashed) .*\n"
    verdicts = r"verdicts differ; one core: .*, here: .*\n"
    pair = rf" +the first: {packet} +{verdicts} +refused (?:here|on one core): {packet}"
    for shown in re.findall(r"\d+ differ after packets that found no room.*\n((?: +.*\n)*)", said):
        numbers = re.fullmatch(pair, shown)
        assert numbers and int(numbers[2]) <= int(numbers[1]), shown


def assert_agrees(check: Check, *, remembers: bool) -> None:
    said = check.run()
    assert said.endswith("equivalent\n")
    assert lines(said) == expected(check, said)
    full = re.findall(r"little room: .* (\d+) packets found no room", said)
    assert len(full) == 2 and all((int(count) > 0) == remembers for count in full)
    assert_excuses_are_shown(said)
    assert re.match(r"(shared-nothing: .*\n|tm: .*\n)*generated traffic, room for all: one core", said)


def refuting_keys(lab) -> list[str]:
    """Keys that were made for no requirement: the published one, and its reverse."""
    keys = {"LAN": lab.MICROSOFT[:40], "WAN": lab.MICROSOFT[39::-1]}
    return [part for port, key in keys.items() for part in ("--key", f"{port}={key.hex()}")]


def assert_refuted(lab, check: Check) -> None:
    """With keys that part packets which must meet, a state per core fails, and both packets are shown."""
    said = check.run("--strategy", "shared-nothing", "--cores", 4, *refuting_keys(lab), code=1)
    assert said.endswith("DIFFERENT\n")
    packet = r"packet (\d+) on \w+, core (\d), \S+ (?:hash [0-9a-f]{8} entry \d+|unhashed) .*\n +[0-9a-f]+"
    shown = re.search(rf"one core: .*, here: (?:.*\n)*? +{packet}\n.*elsewhere:\n +{packet}", said)
    assert shown, said[:3000]
    number, core, before, elsewhere = map(int, shown.groups())
    assert before < number and core != elsewhere


@pytest.mark.parametrize("name", sorted(nf_templates()))
def test_cores_agree_under_every_strategy(lab, tmp_path, name):
    check = made(lab, tmp_path, name, "CC=gcc", QUICK)
    template = nf_templates()[name]
    assert_agrees(check, remembers=template.parameter("capacity") is not None)
    if check.keys_serve and template.needs and not template.picks:
        assert_refuted(lab, check)


@pytest.mark.parametrize("name", sorted(nf_templates()))
def test_the_address_sanitizer_finds_nothing(lab, tmp_path, name):
    check = made(lab, tmp_path, name, "CC=gcc", QUICK, "SANITIZE=1")
    said = check.run("--packets", 3000)
    assert "tm: left out" in said and said.endswith("equivalent\n")


@pytest.mark.parametrize(
    "name", sorted(name for name, nf in nf_templates().items() if nf.parameter("capacity"))
)
def test_the_thread_sanitizer_finds_nothing(lab, tmp_path, name):
    check = made(lab, tmp_path, name, "CC=gcc", QUICK, "SANITIZE=thread")
    said = check.run("--strategy", "locks", "--cores", "2,4", "--packets", 6000)
    assert said.endswith("equivalent\n") and "as threads" in said


@pytest.fixture(scope="module")
def fw(lab, tmp_path_factory) -> Check:
    return made(lab, tmp_path_factory.mktemp("fw"), "firewall", "CC=gcc", QUICK)


def test_captures_are_checked_too(lab, fw, tmp_path):
    captures = lab.write_captures(tmp_path, lab.traffic(5, 900))
    said = fw.run("--packets", 0, "--cores", 4, *captures)
    found = re.findall(
        r"^captures, [a-z ]+: one core forwards (\d+) packets, floods 0, drops (\d+);", said, re.M
    )
    verdicts = lab.model_verdicts(lab.lan_first(lab.traffic(5, 900)), classes=lab.IPV4)
    passed = sum("forward" in line for line in verdicts)
    (room, little) = [tuple(map(int, counts)) for counts in found]
    assert room == (passed, len(verdicts) - passed) and sum(little) == len(verdicts)
    said = fw.run("--packets", 0, "--strategy", "shared-nothing", *refuting_keys(lab), *captures, code=1)
    assert "verdicts differ" in said


def test_other_traffic_for_every_seed(fw):
    first, again, other = (fw.run("--seed", seed, "--no-threads", "--cores", 2) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--cores", "0"), "the number of cores is a number from 1 to 128, not `0`"),
        (("--cores", "2,,4"), "the number of cores is a number"),
        (("--strategy", "sequential"), "there are shared-nothing, locks and tm"),
        (("--key", "DMZ=00"), "there are LAN and WAN"),
        (("DMZ=x.pcap",), "no port `DMZ`, there are LAN and WAN"),
        (("x.pcap",), "which port a capture is from"),
        (("LAN=",), "`LAN=` names no capture"),
        (("--nonsense",), "unknown option `--nonsense`"),
    ],
)
def test_wrong_usage(fw, arguments, message):
    assert message in fw.run(*arguments, code=2)


def test_a_capture_that_cannot_be_read_is_no_agreement(fw, tmp_path):
    said = fw.run(f"LAN={tmp_path / 'missing'}", code=1)
    assert said == f"not checked\nfirewall: {tmp_path / 'missing'}: No such file or directory\n"


# --- planted mistakes -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mistake:
    """A change of one generated file."""

    name: str
    file: str
    before: str
    after: str
    options: tuple[str, ...] = ()
    """Of the check."""
    shown: str = "verdicts differ"


MISTAKES = {
    "a reader takes a flow for dead that another core has seen": Mistake(
        "firewall",
        "runtime/state/table.h",
        "return TABLE_ASK;",
        "return TABLE_NONE;",
        ("--strategy", "locks"),
    ),
    "a verdict that depends on the core": Mistake(
        "firewall",
        "nf.c",
        "uint32_t flow = table_refresh(",
        "if (pass->core & 1)\n        return NF_DROP;\n    uint32_t flow = table_refresh(",
        ("--strategy", "locks"),
    ),
    "a checksum that is not corrected": Mistake(
        "nat",
        "runtime/packet/translate.h",
        "checksum_correct(l4 + TCP_CHECKSUM_AT, gain);",
        "(void)gain;",
        ("--strategy", "shared-nothing"),
        "one output's checksum is right, the other's is not",
    ),
    "a core that was full once does not know what it has": Mistake(
        "firewall",
        "nf.c",
        "uint32_t flow = table_refresh(",
        "if (pass->counters->table_full && hint->hash & 1)\n        return NF_DROP;\n"
        "    uint32_t flow = table_refresh(",
        ("--strategy", "shared-nothing"),
    ),
    "a name for several flows": Mistake(
        "nat",
        "nf.c",
        "first_port + flow)",
        "first_port + flow % 64)",
        ("--strategy", "shared-nothing"),
        "a name was given that another flow has",
    ),
}


@pytest.mark.parametrize("mistake", sorted(MISTAKES))
def test_mistakes_are_found(lab, tmp_path, mistake):
    planted = MISTAKES[mistake]
    emit(lab, tmp_path, planted.name)
    text = (tmp_path / planted.file).read_text()
    assert planted.before in text
    (tmp_path / planted.file).write_text(text.replace(planted.before, planted.after, 1))
    check = finish(lab, tmp_path, planted.name, "CC=gcc", QUICK)
    said = check.run("--no-threads", *planted.options, code=1)
    assert planted.shown in said and said.endswith("DIFFERENT\n")


def test_a_lock_that_does_not_wait_for_readers_is_a_race(lab, tmp_path):
    emit(lab, tmp_path, "firewall")
    lock = tmp_path / "runtime" / "sharing" / "lock.h"
    text = lock.read_text()
    waiting = "while (atomic_load(&lock->cores[core].reading))"
    assert waiting in text
    lock.write_text(text.replace(waiting, "while (core > lock->sharers)"))
    check = finish(lab, tmp_path, "firewall", "CC=gcc", QUICK, "SANITIZE=thread")
    options = ("--strategy", "locks", "--cores", 4, "--packets", 6000)
    command = [check.program, *map(str, options)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert result.returncode != 0 and "data race" in result.stderr
