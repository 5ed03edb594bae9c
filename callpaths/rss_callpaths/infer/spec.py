"""Requirements as a spec that reads as if a person had written it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rss_callpaths.accesses.access import Access
from rss_callpaths.infer.assumed import Within, statement
from rss_callpaths.infer.relation import expression
from rss_callpaths.infer.results import Requirement
from rss_dsl.lexical import KEYWORDS
from rss_dsl.source import NOWHERE
from rss_dsl.spec import (
    ClassHash,
    ClassName,
    Device,
    Hash,
    Nic,
    PortDecl,
    PortItem,
    Queues,
    Require,
    Spec,
    Statement,
    Traffic,
)

_NUMBERED = re.compile(r"(.*?)([0-9]+)\.call_path")
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Options:
    """What call paths do not say."""

    nic: str = "intel-x710"
    queues: int = 16
    ports: tuple[tuple[int, str], ...] = ()
    """(device, name); other devices are `P` and their number."""

    def name(self, device: int) -> str:
        """A port's name."""
        return dict(self.ports).get(device, f"P{device}")


@dataclass(frozen=True, slots=True)
class PortPlan:
    """A port and the classes that are hashed and matter on it."""

    device: int
    hashed: tuple[str, ...]
    traffic: tuple[str, ...] | None


def build(
    plans: Sequence[PortPlan],
    assumptions: Sequence[Within],
    requirements: Sequence[Requirement],
    options: Options,
    hashes_any: bool = False,
) -> Spec:
    """The spec. `hashes_any`: which fields are hashed is left to the solver."""
    names = {plan.device: options.name(plan.device) for plan in plans}
    statements: list[Statement] = [_port(plan, options, hashes_any) for plan in plans]
    statements += [statement(each, names[each.port]) for each in assumptions]
    statements += [
        Require(
            name=each.name,
            condition=expression(each.relation, names),
            comments=tuple(provenance(each.accesses)),
        )
        for each in requirements
    ]
    return Spec(source=NOWHERE.source, statements=tuple(statements))


def _port(plan: PortPlan, options: Options, hashes_any: bool) -> PortDecl:
    entries = tuple(ClassHash(packet_class=name) for name in plan.hashed)
    items: list[PortItem] = [
        Device(number=plan.device),
        Nic(name=options.nic),
        Hash(entries=() if hashes_any else entries),
        Queues(count=options.queues),
    ]
    if plan.traffic is not None:
        items.append(Traffic(classes=tuple(ClassName(name=name) for name in plan.traffic)))
    return PortDecl(name=options.name(plan.device), items=tuple(items))


def provenance(accesses: Iterable[Access]) -> Iterable[str]:
    """Comment lines: for each object its functions with source lines, and the call paths."""
    every = list(accesses)
    for name in sorted({access.object.name for access in every if access.object is not None}):
        own = [a for a in every if a.object is not None and a.object.name == name]
        calls = []
        for function in sorted({a.name for a in own}):
            lines = _ranges(a.source_line for a in own if a.name == function and a.source_line)
            calls.append(function + (f" ({'lines' if _many(lines) else 'line'} {lines})" if lines else ""))
        yield from _wrapped(f"// {name}: {', '.join(calls)}; {_files(a.path for a in own)}")


def _many(lines: str) -> bool:
    return "," in lines or "-" in lines


def _wrapped(text: str) -> Iterable[str]:
    while len(text) > _WIDTH:
        at = text.rfind(" ", 0, _WIDTH)
        if at < 20:
            break
        yield text[:at]
        text = "//   " + text[at + 1 :]
    yield text


def _files(names: Iterable[str]) -> str:
    numbers: dict[str, set[int]] = {}
    others: set[str] = set()
    for name in names:
        match = _NUMBERED.fullmatch(name)
        if match:
            numbers.setdefault(match[1], set()).add(int(match[2]))
        else:
            others.add(name)
    parts = [f"{prefix} {_ranges(found)}" for prefix, found in sorted(numbers.items())]
    return ", ".join([*parts, *sorted(others)])


def _ranges(numbers: Iterable[int]) -> str:
    """`3-5, 9`."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][-1] == number - 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join("-".join(map(str, run)) for run in runs)


def identifier(name: str) -> str:
    """A name that a requirement can have."""
    found = re.sub(r"[^A-Za-z0-9_]", "_", name)
    if not found or found[0].isdigit():
        found = f"state_{found}"
    return f"{found}_cell" if found in KEYWORDS else found
