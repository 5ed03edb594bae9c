"""The library of specs: every one, through the command line, comes out as the table here says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from rssc.__main__ import main
from rssc.exits import Exit

SPECS = Path(__file__).parents[1] / "specs"


@dataclass(frozen=True)
class Solved:
    """Keys: bits of key left free, and of each port the spread of every class that matters."""

    free: int
    """The space of all keys has two to this power members (the useless ones included)."""
    rank: int | tuple[int, ...]
    """Of every port, or of each."""
    clustered: int | tuple[int, ...]
    equality: str = "hash"
    """`hash`, `index`, or `hash index` where ports that nothing ties differ."""
    queues: int = 16
    """Queues that packets from few prefixes reach on every port."""


@dataclass(frozen=True)
class Conflict:
    """No key, for these lines together."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class TooLong:
    """No key, since an input is longer than the NIC's key reaches."""


EXPECTED: dict[str, Solved | Conflict | TooLong] = {
    "nf/fw": Solved(34, 9, 9),
    "nf/nat": Solved(32, 9, 9, "index"),
    "nf/bridge": Solved(254, 9, 9),
    "nf/cl": Solved(512, 9, 9),
    "nf/hhh": Solved(327, (9, 8), (9, 8), "hash index"),
    "nf/lb": Solved(638, 9, 9),
    "nf/lb-static": Solved(638, 9, 9),
    "nf/nat-homing": Solved(254, 9, 9),
    "nf/nop": Solved(254, 9, 9),
    "nf/pol": Solved(151, 9, 9, "hash index"),
    "nf/psd": Solved(375, 9, 9, "hash index"),
    "nf/sbridge": Solved(254, 9, 9),
    "needs/bridge": Conflict(("entry", "reply")),
    "needs/customers6": Solved(40, 9, 9, "index"),
    "needs/either-end": Conflict(("host",)),
    "needs/fragments": Solved(95, 3, 3, queues=8),
    "needs/gre": Solved(34, 7, 7, queues=8),
    "needs/hhh": Solved(8, 8, 0, "index", queues=1),
    "needs/ipip": Solved(17, 7, 7, queues=8),
    "needs/nat-ports": Solved(2, 3, 3, "index", queues=8),
    "needs/per-vlan": Solved(32, 9, 9, "index", queues=8),
    "needs/policer24": Solved(16, 9, 8, "index"),
    "needs/sctp6": TooLong(),
    "needs/symmetric": Solved(17, 9, 9),
    "needs/taps": Solved(34, 9, 9, queues=8),
    "needs/upf": Solved(32, 9, 9),
    "needs/vxlan": Solved(17, 7, 7, queues=8),
}


def ask(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, object]]:
    code = main([*arguments, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def of_port(expected: int | tuple[int, ...], at: int) -> int:
    return expected if isinstance(expected, int) else expected[at]


def test_the_table_is_complete() -> None:
    found = {path.relative_to(SPECS).with_suffix("").as_posix() for path in SPECS.glob("*/*.rss")}
    assert {name for name in found if not name.startswith("std/")} == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_outcome(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(SPECS / f"{name}.rss")
    code, answer = ask(capsys, "solve", path)
    match EXPECTED[name]:
        case Conflict(lines):
            assert code == Exit.NO_KEY
            assert tuple(line["label"] for line in answer["conflict"]["requirements"]) == lines
        case TooLong():
            assert code == Exit.NO_KEY
            assert [found["code"] for found in answer["diagnostics"]] == ["RSS207"]
        case Solved() as expected:
            assert code == Exit.OK
            assert answer["verdict"]["status"] == "proved"
            for at, port in enumerate(answer["ports"]):
                assert set(port["rank"].values()) == {of_port(expected.rank, at)}
                assert set(port["clustered_rank"].values()) == {of_port(expected.clustered, at)}
                assert set(port["clustered_queues"].values()) == {expected.queues}
            assert " ".join(sorted({port["equality"] for port in answer["ports"]})) == expected.equality
            _, counted = ask(capsys, "solve", path, "--count")
            assert int(counted["at_most"]) == 1 << expected.free


@pytest.mark.parametrize("path", sorted(SPECS.glob("needs/*.rss")), ids=lambda path: path.stem)
def test_every_need_says_where_it_comes_from(path: Path) -> None:
    head = path.read_text(encoding="utf-8").split("\n\n", 1)[0]
    assert all(line.startswith("// ") for line in head.splitlines())
    assert "Need: " in head
