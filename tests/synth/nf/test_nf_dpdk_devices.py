"""How the DPDK program sends and brings ports up, on devices that do what none does here."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from nfdpdk import EAL, HUB_SPEC, hub_template, needs_dpdk
from nfspec import solved

from rss_synth.nf.catalogue import added_templates

pytestmark = needs_dpdk

HERE = Path(__file__).parent
STRICT = ("-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror")


def flags(what):
    done = subprocess.run(["pkg-config", what, "libdpdk"], capture_output=True, text=True, check=True)
    return done.stdout.split()


def compiled(lab, folder, spec, test, *sources, libraries=()):
    """A C test with sources of the generated directory."""
    lab.emit(folder, *solved(spec))
    files = [HERE / test, folder / "config.c", *(folder / source for source in sources)]
    places = [f"-I{folder}", f"-I{folder}/runtime", f"-I{HERE.parents[1]}/support"]
    program = folder / Path(test).stem
    command = ["gcc", *STRICT, *places, *flags("--cflags"), *files, "-o", program, *libraries]
    subprocess.run(command, check=True)
    return program


def test_what_devices_do_not_take_is_freed_and_counted(lab, tmp_path):
    """Of packets of several mbufs, and of floods that some ports take and others don't."""
    sources, libraries = ("runtime/dpdk/sender.c",), flags("--libs")
    with added_templates([hub_template(tmp_path)]):
        program = compiled(lab, tmp_path / "made", HUB_SPEC, "dpdk_sender.c", *sources, libraries=libraries)
    done = subprocess.run([program, *EAL], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "sent, counted, all back\n"), done.stderr


@pytest.fixture(scope="module")
def fake(lab, tmp_path_factory):
    """Brings a port up on a fake device with a fault; what is said, and what is done."""
    nic = "nic intel-82599  queues 16  hash ipv4-tcp, ipv4-udp, ipv4-other"
    spec = f"port LAN {{ {nic} }}\nport WAN {{ {nic} }}\nnf nop {{ lan LAN  wan WAN }}\n"
    sources = ("dpdk_config.c", "runtime/dpdk/port.c", "runtime/common/message.c")
    program = compiled(lab, tmp_path_factory.mktemp("fake"), spec, "dpdk_port.c", *sources)

    def run(*faults):
        done = subprocess.run([program, *faults], capture_output=True, text=True, check=False)
        assert done.returncode == (0 if "lost" in done.stdout else 1)
        return done.stderr.splitlines(), done.stdout.splitlines()

    return run


ADVICE = "nop: use one lcore, or `--distribute 1`: the first lcore then hashes for the others"


@pytest.mark.parametrize("fault", ["", "silent", "late-update", "groups", "no-filter"])
def test_a_device_that_has_what_was_written_is_used(fake, fault):
    """What came in before its table was in place is not."""
    assert fake(fault) == ([], ["1600 discarded", "1 2 3 lost, 16 tx queues", "stopped"])


@pytest.mark.parametrize(("fault", "queues"), [("", 16), ("few-tx-queues", 1), ("one-tx-queue", 1)])
def test_cores_can_share_a_tx_queue(fake, fault, queues):
    assert fake(fault, "one will do") == (
        [],
        ["1600 discarded", f"1 2 3 lost, {queues} tx queues", "stopped"],
    )


def test_a_device_need_not_count(fake):
    assert fake("no-statistics") == ([], ["1600 discarded", "0 0 0 lost, 16 tx queues", "stopped"])


def test_a_device_that_keeps_its_filter_is_used(fake):
    said, done = fake("filter")
    assert said == ["nop: port LAN: cannot receive all traffic: Input/output error"]
    assert done[-1] == "stopped"


@pytest.mark.parametrize(
    ("fault", "said", "advised"),
    [
        ("no-device", "is device 0, but the EAL has found 0 in all", False),
        ("unknown", "No such device", False),
        ("queues", "fake has 3 rx and 64 tx queues, 16 and 16 are needed", False),
        ("few-tx-queues", "fake has 64 rx and 2 tx queues, 16 and 16 are needed", False),
        ("one-tx-queue", "cannot configure: Invalid argument", False),
        ("key-length", "fake takes RSS keys of 52 bytes, the spec's has 40", True),
        ("classes", "fake can't hash the spec's classes: rss_hf 0x20 of 0x34", True),
        ("configure", "cannot configure: Invalid argument", False),
        ("rx-queue", "cannot set up queues: Cannot allocate memory", False),
        ("start", "cannot start: Input/output error", False),
        ("unreadable", "cannot read the RSS key back: Operation not supported", True),
        ("untouched", "the device's RSS key has ", True),
        ("other-key", "the device's RSS key has ", True),
        ("fewer-classes", "the device hashes rss_hf 0x14, not 0x34", True),
        ("more-classes", "the device hashes rss_hf 0x", True),
        ("table-size", "fake has 192 table entries, the spec says 128", True),
        ("table-refused", "entry 1 of the device's table is queue 0, not 1", True),
        ("table-unreadable", "cannot read the table back: Operation not supported", True),
        ("other-table", "entry 100 of the device's table is queue 3, not 4", True),
    ],
)
def test_any_other_device_is_refused_and_stopped(fake, fault, said, advised):
    lines, done = fake(fault)
    assert said in lines[0] and " LAN" in lines[0]
    assert lines[1:] == ([ADVICE] if advised else [])
    assert done == ["stopped"]


def test_a_table_that_is_refused_later_is_told(fake):
    lines, done = fake("later-table-refused")
    assert lines == ["nop: port LAN: entry 1 of the device's table is queue 1, not 0"]
    assert done == ["1600 discarded", "running"]
