"""Problems and solutions by hand: the thesis's firewall keys (table 4.4) on any NIC."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from rss_dsl.check.switches import select
from rss_dsl.nics import find
from rss_dsl.problem import Port, Problem
from rss_dsl.source import Source
from rss_dsl.spec import Spec
from rss_solver.solution import ClassSpread, PortSolution, Solution
from rss_synth.target import Provenance
from rss_synth.xdp import XdpTarget

FIREWALL_KEYS = {
    "LAN": bytes.fromhex("20002422242220002000242220002423"),
    "WAN": bytes.fromhex("24222000200024222422200024222000"),
}
"""Zero-extended to the NIC's length."""

Fields = tuple[str, ...] | None
Build = Callable[..., tuple[Problem, Solution]]


@pytest.fixture
def origin() -> Provenance:
    return Provenance("1.2.3", "fw.rss", "c0ffee")


def _port(name: str, device: int, nic: str, wanted: Mapping[str, Fields], queues: int) -> Port:
    profile = find(nic)
    assert profile is not None
    chosen = select(profile, wanted)
    switches = tuple((s, 0) for s in profile.switches if set(s.classes) & wanted.keys())
    return Port(
        name=name,
        device=device,
        nic=profile,
        queues=queues,
        table_size=profile.default_table(queues),
        inputs=chosen.inputs if chosen else (),
        switches=chosen.switches if chosen else switches,
    )


def _solved(port: Port, key: bytes, table: Sequence[int] | None) -> PortSolution:
    entries = tuple(i % port.queues for i in range(port.table_size)) if table is None else tuple(table)
    return PortSolution(
        name=port.name,
        device=port.device,
        nic=port.nic.name,
        key=key.ljust(port.nic.key_bytes.value, b"\0"),
        queues=port.queues,
        table=entries,
        equality="hash",
        inputs=port.inputs,
        spread=tuple(
            ClassSpread(packet_class=i.packet_class, rank=9, clustered_rank=9, queues=16, clustered_queues=16)
            for i in port.inputs
        ),
    )


@pytest.fixture
def build() -> Build:
    """`build(nic=…, classes=…, queues=…, table=…, names=…)`: a solved two-port firewall."""

    def make(
        nic: str = "intel-x710",
        classes: Mapping[str, Fields] | Sequence[str] = ("ipv4-tcp", "ipv4-udp"),
        queues: int = 16,
        table: Sequence[int] | None = None,
        names: Sequence[str] = ("LAN", "WAN"),
    ) -> tuple[Problem, Solution]:
        wanted = dict(classes) if isinstance(classes, Mapping) else dict.fromkeys(classes)
        ports = tuple(_port(name, device, nic, wanted, queues) for device, name in enumerate(names))
        keys = tuple(FIREWALL_KEYS.values())
        solved = tuple(_solved(port, keys[i % 2], table) for i, port in enumerate(ports))
        spec = Spec(source=Source("fw.rss", ""), statements=())
        problem = Problem(spec=spec, ports=ports, lines=(), requirements=())
        return problem, Solution(ports=solved, components=(tuple(range(len(ports))),), seed=0)

    return make


@pytest.fixture
def loader(tmp_path: Path, origin: Provenance) -> Callable[[tuple[Problem, Solution]], Path]:
    """`loader(case)`: the target `xdp` built without a warning, as far as this machine can."""
    tools = [tool for tool in ("clang", "gcc", "make", "pkg-config") if shutil.which(tool) is None]
    if tools:
        pytest.skip(f"no {', '.join(tools)}")
    if subprocess.run(["pkg-config", "--exists", "libbpf"], check=False).returncode:
        pytest.skip("no libbpf")

    def make(case: tuple[Problem, Solution]) -> Path:
        for artifact in XdpTarget().emit(*case, origin):
            (tmp_path / artifact.path).write_text(artifact.text)
        command = ["make", "-C", str(tmp_path), "WARN=-Wall -Wextra -Wconversion -Wshadow -Werror"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return tmp_path / "xdp-steer"

    return make
