"""Problems from spec text, for tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rss_dsl.check import check
from rss_dsl.loading import load, loads
from rss_dsl.problem import Problem

ROOT = Path(__file__).parents[2]
MICROSOFT = bytes.fromhex("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa")


def problem(text: str) -> Problem:
    """The problem a spec states."""
    found = check(loads(text))
    assert found.problem is not None, found.diagnostics
    return found.problem


def nf(name: str) -> Problem:
    """The problem of a spec in `specs/nf`."""
    found = check(load(ROOT / "specs" / "nf" / f"{name}.rss"))
    assert found.problem is not None, found.diagnostics
    return found.problem


def ports(names: str, *, hash_: str = "ipv4-tcp, ipv4-udp", nic: str = "intel-x710", more: str = "") -> str:
    """`port` declarations."""
    return "\n".join(f"port {n} {{ nic {nic}  hash {hash_}  queues 16 {more} }}" for n in names.split())


def session(a: str, b: str) -> str:
    """The condition of a connection in opposite directions."""
    ends = [("ip_src", "ip_dst"), ("ip_dst", "ip_src"), ("l4_src", "l4_dst"), ("l4_dst", "l4_src")]
    return " && ".join(f"{a}.{x} == {b}.{y}" for x, y in ends)


def with_tables(found: Problem, writable: bool) -> Problem:
    """The problem on NICs whose tables software can write, or cannot."""
    return replace(
        found,
        ports=tuple(
            replace(
                port, nic=replace(port.nic, table_settable=replace(port.nic.table_settable, value=writable))
            )
            for port in found.ports
        ),
    )
