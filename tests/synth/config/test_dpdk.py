from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from rss_dsl.nics import catalogue
from rss_synth.dpdk import DpdkTarget

MAIN = Path(__file__).parent / "dpdk_main.c"


def flags(*arguments: str) -> list[str] | None:
    if shutil.which("pkg-config") is None or shutil.which("gcc") is None:
        return None
    done = subprocess.run(["pkg-config", *arguments, "libdpdk"], capture_output=True, text=True, check=False)
    return done.stdout.split() if done.returncode == 0 else None


needs_dpdk = pytest.mark.skipif(flags("--exists") is None, reason="no gcc or libdpdk")
STRICT = ["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1"]


def write(folder: Path, solved, origin) -> None:
    for artifact in DpdkTarget().emit(*solved, origin):
        (folder / artifact.path).write_text(artifact.text)


def test_source(build, origin, golden) -> None:
    source, header = DpdkTarget().emit(*build(nic="generic", queues=4), origin)
    assert (source.path, header.path) == ("rss_config.c", "rss_config.h")
    golden(source.text, ".c")


def test_header(build, origin, golden) -> None:
    golden(DpdkTarget().emit(*build(nic="generic", queues=4), origin)[1].text, ".h")


SETTABLE = [
    p
    for p in catalogue().values()
    if p.key_settable.value and p.name not in ("linux-tap", "nvidia-connectx3")
]


@needs_dpdk
@pytest.mark.parametrize("profile", SETTABLE, ids=lambda p: p.name)
def test_every_nic_compiles_without_a_warning(tmp_path: Path, build, origin, profile) -> None:
    hashed = [s.classes[0] for s in profile.switches if s.flag.endswith("_TCP")][:2]
    write(tmp_path, build(nic=profile.name, classes=hashed, queues=4), origin)
    command = [*STRICT, *(flags("--cflags") or []), "-fsyntax-only", str(tmp_path / "rss_config.c")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.fixture
def program(tmp_path: Path, build, origin):
    """Builds and runs the generated code on DPDK's null device (40-byte key, 128 entries)."""

    def run(**case: object) -> subprocess.CompletedProcess[str]:
        write(tmp_path, build(**({"nic": "generic", "queues": 4} | case)), origin)
        binary = tmp_path / "program"
        sources = [str(MAIN), str(tmp_path / "rss_config.c"), f"-I{tmp_path}"]
        command = [*STRICT, *(flags("--cflags") or []), *sources, "-o", str(binary), *(flags("--libs") or [])]
        subprocess.run(command, check=True)
        eal = [
            "--no-huge",
            "-m",
            "64",
            "--no-pci",
            "--no-shconf",
            "--no-telemetry",
            "--log-level=1",
            "--vdev=net_null0",
            "--vdev=net_null1",
        ]
        return subprocess.run([binary, *eal], capture_output=True, text=True, check=False)

    return run


@needs_dpdk
def test_the_null_device_takes_everything(program) -> None:
    done = program(table=[(i * 3 + i // 50) % 4 for i in range(128)])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "steered LAN\nsteered WAN\n"


@needs_dpdk
@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({"nic": "intel-x710"}, "has 128 table entries, 512 were solved for"),
        ({"queues": 2000}, "rx queues, 2000 are needed"),
    ],
)
def test_a_device_that_does_not_fit_is_refused(program, case: dict[str, object], said: str) -> None:
    done = program(**case)
    assert done.returncode == 1
    assert done.stderr.startswith("port LAN: net_null ") and said in done.stderr


FAKE = Path(__file__).parent / "dpdk_fake.c"
SUPPORT = Path(__file__).parents[2] / "support"


@pytest.fixture(scope="module")
def fake_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fake")


@pytest.fixture
def fake(fake_folder: Path, build, origin):
    """Runs the generated code on a fake device with a fault."""

    def run(fault: str, nic: str = "generic") -> str:
        binary = fake_folder / nic
        if not binary.exists():
            write(fake_folder, build(nic=nic, queues=4), origin)
            sources = [str(FAKE), str(fake_folder / "rss_config.c"), f"-I{fake_folder}", f"-I{SUPPORT}"]
            subprocess.run([*STRICT, *(flags("--cflags") or []), *sources, "-o", str(binary)], check=True)
        done = subprocess.run([binary, fault], capture_output=True, text=True, check=False)
        assert done.returncode == (done.stdout != "steered\n") and done.stderr == ""
        return done.stdout.rstrip("\n")

    return run


@needs_dpdk
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("", "steered"),
        ("silent", "steered"),
        ("late-update", "steered"),
        ("no-device", "port LAN: no device 1: No such device"),
        ("queues", "port LAN: fake has 3 rx queues, 4 are needed"),
        ("key-length", "port LAN: fake takes keys of 52 bytes, the key solved for has 40"),
        ("classes", "port LAN: fake cannot hash the types 0x10"),
        ("configure", "port LAN: cannot configure the device: Invalid argument"),
        ("table-size", "port LAN: fake has 64 table entries, 128 were solved for"),
        ("table-refused", "port LAN: the device does not take the table: Operation not supported"),
        ("table-unreadable", "port LAN: cannot read the table back: Operation not supported"),
        ("other-table", "port LAN: table entry 100 is queue 3, not 0"),
        ("unreadable", "port LAN: cannot read the key back: Operation not supported"),
        ("untouched", "port LAN: the device has another key"),
        ("other-key", "port LAN: the device has another key"),
        ("fewer-classes", "port LAN: the device left the types 0x20 off"),
        ("more-classes", "port LAN: the device also hashes the types 0x40"),
    ],
)
def test_what_the_device_took_is_what_counts(fake, fault: str, said: str) -> None:
    assert fake(fault) == said


@needs_dpdk
def test_a_table_that_cannot_be_written_is_left_alone(fake) -> None:
    assert fake("table-refused", "azure-mana") == "steered"
    assert fake("other-key", "azure-mana") == "port LAN: the device has another key"


@needs_dpdk
def test_a_table_that_resizes_may_have_had_another_size(fake) -> None:
    assert fake("table-size", "nvidia-connectx5") == "steered"


def test_grouped_types_may_be_read_back(build, origin) -> None:
    source = DpdkTarget().emit(*build(nic="intel-82599", classes=("ipv4-other",), queues=4), origin)[0].text
    wanted, accepted = source.split(".rss_hf = ")[1].split(".rss_hf_accepted = ")[:2]
    assert wanted.split(",")[0] == "RTE_ETH_RSS_IPV4"
    assert {"RTE_ETH_RSS_FRAG_IPV4", "RTE_ETH_RSS_NONFRAG_IPV4_OTHER"} <= set(
        accepted.split(",")[0].split(" |\n" + " " * 27)
    )
