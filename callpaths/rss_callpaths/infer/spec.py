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
    shared: bool = False
    """A spec also where cores have to share state: ports without requirements."""

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
    """Comment lines: for each object its functions with source lines; then the call paths.

    Symbolic execution numbers its files anew each time: lines of their own keep the others as they are.
    """
    every = list(accesses)
    for name in sorted({access.object.name for access in every if access.object is not None}):
        own = [a for a in every if a.object is not None and a.object.name == name]
        calls = []
        for function in sorted({a.name for a in own}):
            lines = _ranges(a.source_line for a in own if a.name == function and a.source_line)
            calls.append(function + (f" ({'lines' if _many(lines) else 'line'} {lines})" if lines else ""))
        yield from wrapped(f"// {name}: {', '.join(calls)}")
    yield from wrapped(f"// in {_files(access.path for access in every)}")


def _many(lines: str) -> bool:
    return "," in lines or "-" in lines


def wrapped(text: str) -> Iterable[str]:
    """A comment as lines."""
    while len(text) > _WIDTH:
        at = text.rfind(" ", 0, _WIDTH)
        if at < 20:
            break
        yield text[:at]
        text = "//   " + text[at + 1 :]
    yield text


def _files(names: Iterable[str]) -> str:
    """`test000003 - test000005, test000009`: runs of three and more by their ends."""
    numbers: dict[tuple[str, int], set[int]] = {}
    others: set[str] = set()
    for name in names:
        match = _NUMBERED.fullmatch(name)
        if match:
            numbers.setdefault((match[1], len(match[2])), set()).add(int(match[2]))
        else:
            others.add(name)
    parts = []
    for (prefix, digits), found in sorted(numbers.items()):
        for run in _runs(found):
            ends = [f"{prefix}{number:0{digits}}" for number in dict.fromkeys((run[0], run[-1]))]
            parts.append((" - " if len(run) > 2 else ", ").join(ends))
    return ", ".join([*parts, *sorted(others)])


def _ranges(numbers: Iterable[int]) -> str:
    """`3-5, 9`."""
    return ", ".join("-".join(map(str, dict.fromkeys((run[0], run[-1])))) for run in _runs(numbers))


def _runs(numbers: Iterable[int]) -> list[list[int]]:
    """Numbers that follow each other."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def identifier(name: str) -> str:
    """A name that a requirement can have."""
    found = re.sub(r"[^A-Za-z0-9_]", "_", name)
    if not found or found[0].isdigit():
        found = f"state_{found}"
    return f"{found}_cell" if found in KEYWORDS else found
