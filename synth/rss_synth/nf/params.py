"""The `nf` block: its items against the template's parameters, every mistake at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations
from typing import assert_never

from rss_dsl import codes
from rss_dsl.check.items import header
from rss_dsl.diagnostics import Diagnostic, Label, RssError, Rule
from rss_dsl.problem import Port, Problem
from rss_dsl.source import Span
from rss_dsl.spec import Nf, NfItem
from rss_synth.nf.backends import read_backends
from rss_synth.nf.catalogue import nf_templates
from rss_synth.nf.stations import read_stations
from rss_synth.nf.template import SECOND, YEAR, Kind, NfTemplate, Parameter, Sum, Value

_IPV4 = re.compile(r"[0-9.]+")
"""An address as `tokens.written` gives it, without a prefix length."""
_SAFE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""What may land in C strings, file names and a Makefile."""
_EXAMPLES = {
    Kind.COUNT: "`65536`",
    Kind.DURATION: "`60s` or `300ms`",
    Kind.ADDRESS: "`203.0.113.1`",
    Kind.STATIONS: "`stations.txt`, relative to the spec",
    Kind.BACKENDS: "`backends.txt`, relative to the spec",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NfParams:
    """An `nf` block that can be used."""

    template: NfTemplate
    strategy: str
    ports: tuple[Port, ...]
    """In the order of the template's roles."""
    replicates: bool
    """Every core with a state of its own has the whole capacity, not a share."""
    values: Mapping[str, Value]
    """The template's own parameters, by name."""

    def port(self, role: str) -> Port:
        """The port that plays a role."""
        return self.ports[self.template.roles.index(role)]

    @property
    def capacity(self) -> int:
        """Flows, all cores together unless `replicates`; 1 where the function remembers none."""
        capacity = self.values.get("capacity", 1)
        return capacity if isinstance(capacity, int) else 1


class _Found:
    """Diagnostics so far."""

    def __init__(self) -> None:
        self.all: list[Diagnostic] = []

    def add(
        self, rule: Rule, message: str, span: Span, *, help: str, related: tuple[Label, ...] = ()
    ) -> None:
        self.all.append(Diagnostic(rule=rule, message=message, span=span, help=help, related=related))


def read_params(problem: Problem, nf: Nf) -> NfParams | tuple[Diagnostic, ...]:
    """The block's parameters, or everything that is wrong with them."""
    found = _Found()
    template = nf_templates().get(nf.name)
    if template is None:
        help = _help(nf.name, nf_templates(), "there are")
        found.add(codes.UNKNOWN_NF, f"unknown network function `{nf.name}`", header(nf), help=help)
        return tuple(found.all)
    items = _items(template, nf, found)
    values = {p.name: _value(p, items.get(p.name), problem, nf, found) for p in template.parameters}
    if not found.all:
        _check_ports(template, items, found)
        _check_sums(template, nf, items, values, found)
    if found.all:
        return tuple(found.all)
    read = _files(template, items, values, found)
    return tuple(found.all) or _params(template, problem, {**values, **read})


def _files(
    template: NfTemplate, items: Mapping[str, NfItem], values: Mapping[str, Value | None], found: _Found
) -> dict[str, Value]:
    """What the files hold that parameters name."""
    roles = {str(values[role]): role for role in template.roles}
    read: dict[str, Value] = {}
    for parameter in template.parameters:
        if parameter.kind not in (Kind.STATIONS, Kind.BACKENDS):
            continue
        named, place = str(values[parameter.name]), items[parameter.name].value.span
        try:
            is_backends = parameter.kind is Kind.BACKENDS
            read[parameter.name] = (
                read_backends(named, place) if is_backends else read_stations(named, place, roles)
            )
        except RssError as error:
            found.all.extend(error.diagnostics)
    return read


def _params(template: NfTemplate, problem: Problem, values: Mapping[str, Value | None]) -> NfParams:
    ports = {port.name: port for port in problem.ports}
    return NfParams(
        template=template,
        strategy=str(values["strategy"]),
        ports=tuple(ports[str(values[role])] for role in template.roles),
        replicates=values.get("sharding") == "replicate",
        values={p.name: values[p.name] or 0 for p in template.parameters if p.is_own},
    )


def _items(template: NfTemplate, nf: Nf, found: _Found) -> dict[str, NfItem]:
    """The items by name, which the checker found to be distinct; unknown ones are reported."""
    items: dict[str, NfItem] = {}
    names = [p.name for p in template.parameters]
    for item in nf.items:
        if item.name not in names:
            message = f"`{nf.name}` has no parameter `{item.name}`"
            help = _help(item.name, names, "it takes")
            found.add(codes.UNKNOWN_NF_PARAMETER, message, item.span, help=help)
        else:
            items[item.name] = item
    return items


def _value(
    parameter: Parameter, item: NfItem | None, problem: Problem, nf: Nf, found: _Found
) -> str | int | None:
    """The value of a parameter, its default, or None where something is wrong."""
    if item is None:
        if parameter.default is None:
            message = f"`{nf.name}` needs the parameter `{parameter.name}`"
            found.add(codes.MISSING_NF_PARAMETER, message, header(nf), help=_addition(parameter, problem))
        return parameter.default
    if item.value.kind != parameter.kind.spelled:
        message = f"`{parameter.name}` is {parameter.kind}, not `{item.value.text}`"
        found.add(codes.NF_VALUE, message, item.value.span, help=f"write {_example(parameter, problem)}")
        return None
    return _checked(parameter, item, problem, found)


def _addition(parameter: Parameter, problem: Problem) -> str:
    if parameter.kind is Kind.PORT:
        ports = ", ".join(f"`{port.name}`" for port in problem.ports)
        return f"add `{parameter.name} PORT`; the spec has {ports or 'no ports'}"
    return f"add `{parameter.name}` ({parameter.about}), such as {_example(parameter, problem)}"


def _example(parameter: Parameter, problem: Problem) -> str:
    match parameter.kind:
        case Kind.PORT:
            return " or ".join(f"`{port.name}`" for port in problem.ports) or "the name of a port"
        case Kind.WORD:
            return " or ".join(f"`{word}`" for word in parameter.words)
        case Kind.COUNT | Kind.DURATION | Kind.ADDRESS | Kind.STATIONS | Kind.BACKENDS:
            return _EXAMPLES[parameter.kind]
        case _:
            assert_never(parameter.kind)


def _checked(parameter: Parameter, item: NfItem, problem: Problem, found: _Found) -> str | int | None:
    value, span = item.value.value, item.value.span
    before = len(found.all)
    match parameter.kind:
        case Kind.PORT:
            _check_port(str(value), problem, span, found)
        case Kind.COUNT | Kind.DURATION:
            if not 1 <= int(value) <= parameter.high:
                _out_of_range(parameter, item, found)
        case Kind.WORD:
            _check_word(parameter, str(value), span, found)
        case Kind.ADDRESS:
            _check_address(parameter, str(value), span, found)
        case Kind.STATIONS | Kind.BACKENDS:
            pass  # read when the ports are known
        case _:
            assert_never(parameter.kind)
    return value if len(found.all) == before else None


def _out_of_range(parameter: Parameter, item: NfItem, found: _Found) -> None:
    message = f"`{parameter.name} {item.value.text}` is out of range"
    help = f"it can be 1 to {parameter.high}"
    if parameter.kind is Kind.DURATION:
        help = f"it can be `1ns` to `{parameter.high // SECOND}s`, about {parameter.high // YEAR} years"
    found.add(codes.NF_RANGE, message, item.value.span, help=help)


def _check_word(parameter: Parameter, word: str, span: Span, found: _Found) -> None:
    if word not in parameter.words:
        message = f"`{parameter.name}` cannot be `{word}`"
        found.add(codes.NF_VALUE, message, span, help=_help(word, parameter.words, "it can be"))


def _check_address(parameter: Parameter, text: str, span: Span, found: _Found) -> None:
    if not _IPV4.fullmatch(text):
        message = f"`{parameter.name}` is {parameter.kind}, not `{text}`"
        found.add(codes.NF_VALUE, message, span, help=f"write {_EXAMPLES[Kind.ADDRESS]}")


def _check_sums(
    template: NfTemplate,
    nf: Nf,
    items: Mapping[str, NfItem],
    values: Mapping[str, Value | None],
    found: _Found,
) -> None:
    for bound in template.sums:
        counts = [(name, weight, int(str(values[name]))) for name, weight in bound.weights]
        total = sum(weight * count for _, weight, count in counts)
        if total > bound.high:
            given = [items[name].value.span for name, _ in bound.weights if name in items]
            listed = " and ".join(f"`{name} {count}`" for name, _, count in counts)
            message = f"{listed} are too much together: {bound.about}"
            help = f"{_formula(bound)} is {total} and can be {bound.high}"
            found.add(codes.NF_RANGE, message, given[-1] if given else header(nf), help=help)


def _formula(bound: Sum) -> str:
    return " + ".join(f"{weight} * {name}" if weight > 1 else name for name, weight in bound.weights)


def _check_port(name: str, problem: Problem, span: Span, found: _Found) -> None:
    if problem.port(name) is None:
        help = _help(name, [port.name for port in problem.ports], "the spec has")
        found.add(codes.NF_PORT, f"the spec has no port `{name}`", span, help=help)
    elif not _SAFE_NAME.fullmatch(name):
        help = "use letters, digits and underscores, not starting with a digit"
        found.add(codes.NF_NAME, f"port name `{name}` cannot be used in generated code", span, help=help)


def _check_ports(template: NfTemplate, items: Mapping[str, NfItem], found: _Found) -> None:
    for first, second in combinations(template.roles, 2):
        one, other = items[first].value, items[second].value
        if one.value == other.value:
            related = (Label(one.span, f"`{first}` is given here"),)
            message = f"`{first}` and `{second}` are the same port `{other.value}`"
            found.add(codes.NF_PORT, message, other.span, help="name two ports", related=related)


def _help(name: str, known: Collection[str], otherwise: str) -> str:
    close = get_close_matches(name, known, n=1)
    listed = ", ".join(f"`{word}`" for word in known) or "none"
    return f"did you mean `{close[0]}`?" if close else f"{otherwise} {listed}"
