"""The `nf` block: its items against the template's parameters, every mistake at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import assert_never

from rss_dsl import codes
from rss_dsl.check.items import header
from rss_dsl.check.report import Report
from rss_dsl.diagnostics import Diagnostic, Label, RssError
from rss_dsl.problem import Port, Problem
from rss_dsl.source import Span
from rss_dsl.spec import Nf, NfItem
from rss_synth.nf.backends import read_backends
from rss_synth.nf.catalogue import nf_templates
from rss_synth.nf.stations import read_stations
from rss_synth.nf.template import SECOND, YEAR, Kind, NfTemplate, Parameter, Sum, Value

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


def read_params(problem: Problem, nf: Nf) -> NfParams | tuple[Diagnostic, ...]:
    """The block's parameters, or everything that is wrong with them."""
    report = Report()
    template = nf_templates().get(nf.name)
    if template is None:
        help = report.did_you_mean(nf.name, nf_templates(), f"there are {_listed(nf_templates())};")
        help += f" if the template is yours, give its folder: `--template DIR/{nf.name}`"
        report.add(codes.UNKNOWN_NF, f"unknown network function `{nf.name}`", header(nf), help=help)
        return report.sorted()
    try:
        return _Block(template, problem, nf, report).params()
    except RssError as error:
        return error.diagnostics


class _Block:
    """An `nf` block whose template is known."""

    def __init__(self, template: NfTemplate, problem: Problem, nf: Nf, report: Report) -> None:
        self.template, self.problem, self.nf, self.report = template, problem, nf, report
        self.items = {item.name: item for item in nf.items if template.parameter(item.name)}
        """By name, which the checker found to be distinct."""

    def params(self) -> NfParams:
        """All that it says. RssError with everything that is wrong."""
        self._check_names()
        values = {p.name: self._value(p) for p in self.template.parameters}
        self._check_ports(values)
        self._check_sums(values)
        files, unread = self._files(values)
        if self.report.failed or unread:
            raise RssError([*self.report.sorted(), *unread])
        return self._made({**values, **files})

    def _made(self, values: Mapping[str, Value | None]) -> NfParams:
        ports = {port.name: port for port in self.problem.ports}
        return NfParams(
            template=self.template,
            strategy=str(values["strategy"]),
            ports=tuple(ports[str(values[role])] for role in self.template.roles),
            replicates=values.get("sharding") == "replicate",
            values={p.name: values[p.name] or 0 for p in self.template.parameters if p.is_own},
        )

    def _files(self, values: Mapping[str, str | int | None]) -> tuple[dict[str, Value], list[Diagnostic]]:
        """What the files hold that parameters name, and what is wrong with them."""
        read: dict[str, Value] = {}
        wrong: list[Diagnostic] = []
        for parameter in self.template.parameters:
            if parameter.kind not in (Kind.STATIONS, Kind.BACKENDS) or values[parameter.name] is None:
                continue
            try:
                read[parameter.name] = self._file(parameter, values)
            except RssError as error:
                wrong += error.diagnostics
        return read, wrong

    def _file(self, parameter: Parameter, values: Mapping[str, str | int | None]) -> Value:
        item = self.items[parameter.name].value
        if parameter.kind is Kind.BACKENDS:
            return read_backends(str(item.value), item.span)
        if None in (values[role] for role in self.template.roles):
            return ()  # of stations behind a port that is wrong, it has been said
        roles = {str(values[role]): role for role in self.template.roles}
        return read_stations(str(item.value), item.span, roles)

    def _check_names(self) -> None:
        names = [p.name for p in self.template.parameters]
        for item in self.nf.items:
            if item.name not in self.items:
                message = f"`{self.nf.name}` has no parameter `{item.name}`"
                help = self._close(item.name, names, "it takes")
                self.report.add(codes.UNKNOWN_NF_PARAMETER, message, item.span, help=help)

    def _value(self, parameter: Parameter) -> str | int | None:
        """The value of a parameter, its default, or None where something is wrong."""
        item = self.items.get(parameter.name)
        if item is None:
            if parameter.default is None:
                message = f"`{self.nf.name}` needs the parameter `{parameter.name}`"
                help = self._addition(parameter)
                self.report.add(codes.MISSING_NF_PARAMETER, message, header(self.nf), help=help)
            return parameter.default
        return item.value.value if self._accepts(parameter, item) else None

    def _accepts(self, parameter: Parameter, item: NfItem) -> bool:
        """Whether a value will do; where it does not, the report says why."""
        if item.value.kind != parameter.kind.spelled:
            message = f"`{parameter.name}` is {parameter.kind}, not `{item.value.text}`"
            help = f"write {self._example(parameter)}"
            self.report.add(codes.NF_VALUE, message, item.value.span, help=help)
            return False
        if parameter.kind is Kind.PORT:
            return self._accepts_port(str(item.value.value), item.value.span)
        if not parameter.takes(item.value.value):
            self._refuse_value(parameter, item)
            return False
        return True

    def _addition(self, parameter: Parameter) -> str:
        if parameter.kind is Kind.PORT:
            ports = _listed(port.name for port in self.problem.ports)
            return f"add `{parameter.name} PORT`; the spec has {ports}"
        return f"add `{parameter.name}` ({parameter.about}), such as {self._example(parameter)}"

    def _example(self, parameter: Parameter) -> str:
        match parameter.kind:
            case Kind.PORT:
                return " or ".join(f"`{port.name}`" for port in self.problem.ports) or "the name of a port"
            case Kind.WORD:
                return " or ".join(f"`{word}`" for word in parameter.words)
            case Kind.COUNT | Kind.DURATION | Kind.ADDRESS | Kind.STATIONS | Kind.BACKENDS:
                return _EXAMPLES[parameter.kind]
            case _:
                assert_never(parameter.kind)

    def _refuse_value(self, parameter: Parameter, item: NfItem) -> None:
        """Say why a value of the right kind is wrong."""
        name, text, rule = parameter.name, item.value.text, codes.NF_VALUE
        match parameter.kind:
            case Kind.COUNT:
                rule, message = codes.NF_RANGE, f"`{name} {text}` is out of range"
                help = f"it can be 1 to {parameter.high}"
            case Kind.DURATION:
                rule, message = codes.NF_RANGE, f"`{name} {text}` is out of range"
                years = f"about {parameter.high // YEAR} years"
                help = f"it can be `1ns` to `{parameter.high // SECOND}s`, {years}"
            case Kind.WORD:
                message = f"`{name}` cannot be `{text}`"
                help = self._close(text, parameter.words, "it can be")
            case _:
                message, help = (
                    f"`{name}` is {parameter.kind}, not `{text}`",
                    f"write {self._example(parameter)}",
                )
        self.report.add(rule, message, item.value.span, help=help)

    def _accepts_port(self, name: str, span: Span) -> bool:
        if self.problem.port(name) is None:
            help = self._close(name, [port.name for port in self.problem.ports], "the spec has")
            self.report.add(codes.NF_PORT, f"the spec has no port `{name}`", span, help=help)
        elif not _SAFE_NAME.fullmatch(name):
            message = f"port name `{name}` cannot be used in generated code"
            help = "use letters, digits and underscores, not starting with a digit"
            self.report.add(codes.NF_NAME, message, span, help=help)
        else:
            return True
        return False

    def _check_ports(self, values: Mapping[str, str | int | None]) -> None:
        given = [role for role in self.template.roles if values[role] is not None]
        for first, second in combinations(given, 2):
            one, other = self.items[first].value, self.items[second].value
            if one.value == other.value:
                related = (Label(one.span, f"`{first}` is given here"),)
                message = f"`{first}` and `{second}` are the same port `{other.value}`"
                self.report.add(codes.NF_PORT, message, other.span, help="name two ports", related=related)

    def _check_sums(self, values: Mapping[str, str | int | None]) -> None:
        for bound in self.template.sums:
            if None in (values[name] for name, _ in bound.weights):
                continue
            counts = [(name, weight, int(str(values[name]))) for name, weight in bound.weights]
            total = sum(weight * count for _, weight, count in counts)
            if total > bound.high:
                given = [self.items[name].value.span for name, _ in bound.weights if name in self.items]
                listed = " and ".join(f"`{name} {count}`" for name, _, count in counts)
                message = f"{listed} are too much together: {bound.about}"
                help = f"{_formula(bound)} is {total} and can be {bound.high}"
                self.report.add(codes.NF_RANGE, message, given[-1] if given else header(self.nf), help=help)

    def _close(self, name: str, known: Collection[str], otherwise: str) -> str:
        return self.report.did_you_mean(name, known, f"{otherwise} {_listed(known)}")


def _formula(bound: Sum) -> str:
    return " + ".join(f"{weight} * {name}" if weight > 1 else name for name, weight in bound.weights)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
