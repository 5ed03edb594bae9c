"""textX's dynamic objects → the frozen nodes of `spec.py`, with exact spans.

textX objects are read by attribute only; their classes are the rules of `rss.tx`. What is wrong inside a
token is recorded and conversion goes on, so that one run reports everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from rss_dsl import codes, spec, tokens
from rss_dsl.diagnostics import Diagnostic, RssError, Rule
from rss_dsl.expressions import SYMBOLS, Operand, Step, build
from rss_dsl.source import Source, Span
from rss_dsl.tokens import Constant, MalformedError, Reference

Raw: TypeAlias = Any
"""A textX object: no static type, see `rss.tx`."""

T = TypeVar("T")

_FIELD = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)
_NOT = re.compile(r"!|not")
_NO_REFERENCE = Reference("", None, 0, "", None, 0)


class Converter:
    """Converts what textX made of `code[base:]`; `code` is the source without its comments.

    `problems` collects what is malformed.
    """

    def __init__(self, source: Source, code: str, base: int = 0) -> None:
        self.source = source
        self.code = code
        self.base = base
        self.problems: list[Diagnostic] = []

    def statement(self, raw: Raw) -> spec.Statement:
        """Any statement."""
        span = self._span(raw)
        match type(raw).__name__:
            case "Import":
                return spec.Import(path=raw.path[1:-1], span=span)
            case "Port" | "PortGroup":
                return self._port(raw, span)
            case "Relation":
                parameters = tuple(raw.parameters)
                return spec.Relation(
                    name=raw.label, parameters=parameters, body=self.expression(raw.body), span=span
                )
            case "Require":
                name = raw.label.rstrip(":").rstrip() if raw.label else None
                return spec.Require(name=name, condition=self.expression(raw.condition), span=span)
            case "Assume":
                return spec.Assume(condition=self.expression(raw.condition), span=span)
            case "Prefer":
                weight = self._count(raw.weight) if raw.weight else None
                over = bool(raw.over)
                return spec.Prefer(wish=self._wish(raw.wish), weight=weight, over_rank=over, span=span)
            case "Equality":
                return spec.Equality(mode=raw.mode, span=span)
            case "Seed":
                return spec.Seed(value=self._count(raw.number), span=span)
            case _:
                return spec.Nf(
                    name=raw.label, items=tuple(self._nf_item(item) for item in raw.items), span=span
                )

    # --- blocks ---

    def _port(self, raw: Raw, span: Span) -> spec.PortDecl:
        count = self._count(raw.count) if type(raw).__name__ == "PortGroup" else None
        return spec.PortDecl(
            name=raw.label, count=count, items=tuple(map(self._port_item, raw.items)), span=span
        )

    def _port_item(self, raw: Raw) -> spec.PortItem:
        span = self._span(raw)
        match type(raw).__name__:
            case "Device":
                return spec.Device(number=self._count(raw.number), span=span)
            case "Nic":
                return spec.Nic(name=raw.label, span=span)
            case "Adapter":
                return spec.Adapter(name=raw.label, span=span)
            case "Hash":
                return spec.Hash(entries=tuple(map(self._class_hash, raw.entries)), span=span)
            case "Queues":
                return spec.Queues(count=self._count(raw.number), span=span)
            case "Table":
                return spec.Table(size=self._count(raw.number), span=span)
            case "Traffic":
                names = (spec.ClassName(name=c.label, span=self._span(c)) for c in raw.classes)
                return spec.Traffic(classes=tuple(names), span=span)
            case "Fragments":
                return spec.Fragments(span=span)
            case "Function":
                return spec.Function(name=raw.label, span=span)
            case _:
                return spec.Key(digits=self._digits(raw.digits), span=span)

    def _class_hash(self, raw: Raw) -> spec.ClassHash:
        span = self._span(raw)
        found = _FIELD.finditer(self.code, span.start + len(raw.label), span.end)
        return spec.ClassHash(
            packet_class=raw.label,
            fields=tuple(raw.fields) or None,
            field_spans=tuple(Span(self.source, *match.span()) for match in found),
            span=span,
        )

    def _nf_item(self, raw: Raw) -> spec.NfItem:
        text, span = raw.value.text, self._span(raw.value)
        kind, value = self._read(tokens.value, text, span, ("word", text))
        return spec.NfItem(
            name=raw.label,
            value=spec.Value(kind=kind, value=value, text=text, span=span),
            span=self._span(raw),
        )

    # --- preferences ---

    def _wish(self, raw: Raw) -> spec.KeyBits | spec.KeyNear | spec.KeyStyle:
        span = self._span(raw)
        if type(raw).__name__ == "KeyStyle":
            return spec.KeyStyle(style=raw.style, span=span)
        port_span = Span(self.source, span.start, span.start + len(raw.port))
        found = self._read(tokens.reference, raw.port, port_span, _NO_REFERENCE)
        port = self._packet(found, span.start)
        if raw.value is not None:
            return spec.KeyBits(port=port, slice=found.slice, value=self._literal(raw.value), span=span)
        if found.slice is not None:
            help_ = "drop the slice, or compare it with `==`"
            self._report("`near` is about a whole key", port_span, help_, codes.SYNTAX)
        return spec.KeyNear(port=port, digits=self._digits(raw.digits), span=span)

    # --- expressions ---

    def expression(self, raw: Raw) -> spec.Expr:
        """An expression; a malformed one becomes a stand-in, and a problem."""
        first = self._operand(raw.first)
        try:
            return build(first, [self._step(step) for step in raw.rest], self.source)
        except RssError as error:
            self.problems += error.diagnostics
            return first.node

    def _step(self, raw: Raw) -> Step:
        right = self._container(raw.container) if raw.container is not None else self._operand(raw.right)
        return Step(SYMBOLS.get(raw.operator, raw.operator), self.base + raw._tx_position, right)

    def _operand(self, raw: Raw) -> Operand:
        start, end = self.base + raw._tx_position, self.base + raw._tx_position_end
        nots = self._nots(start, len(raw.nots)) if raw.nots else ()
        if raw.text:
            return Operand(
                self._term(raw.text, end - len(raw.text)), start if not nots else nots[0], end, nots
            )
        if raw.group is not None:
            return Operand(self.expression(raw.group), start, end, nots)
        arguments = tuple(self._argument(packet) for packet in raw.arguments)
        call_start = self.code.index(raw.relation, nots[-1] + 1) if nots else start
        span = Span(self.source, call_start, end)
        return Operand(spec.Call(relation=raw.relation, arguments=arguments, span=span), start, end, nots)

    def _nots(self, start: int, count: int) -> tuple[int, ...]:
        found = _NOT.finditer(self.code, start)
        return tuple(match.start() for match, _ in zip(found, range(count), strict=False))

    def _term(self, text: str, start: int) -> spec.FieldRef | spec.Literal:
        span = Span(self.source, start, start + len(text))
        if text[0].isdigit() or ":" in text.partition("[")[0]:
            return self._constant(text, span)
        found = self._read(tokens.reference, text, span, _NO_REFERENCE)
        if found.field is None:
            message = f"expected a field of the packet, found `{found.name}` alone"
            self._report(message, span, f"such as `{found.name}.ipv4_src`", codes.SYNTAX)
        return spec.FieldRef(
            packet=self._packet(found, start), field=found.field or "", slice=found.slice, span=span
        )

    def _argument(self, raw: Raw) -> spec.PacketName:
        span = self._span(raw)
        return self._packet(self._read(tokens.reference, raw.text, span, _NO_REFERENCE), span.start)

    def _packet(self, found: Reference, start: int) -> spec.PacketName:
        span = Span(self.source, start, start + found.packet_length)
        return spec.PacketName(name=found.name, index=found.index, primes=found.primes, span=span)

    def _container(self, raw: Raw) -> spec.Literal | spec.Range | spec.Choice:
        if raw.only is not None:
            return self._member(raw.only)
        return spec.Choice(members=tuple(map(self._member, raw.members)), span=self._span(raw))

    def _member(self, raw: Raw) -> spec.Literal | spec.Range:
        span = self._span(raw)
        low, dots, _ = raw.text.partition("..")
        if not dots:
            return self._constant(raw.text, span)
        high = raw.text[len(low) + 2 :].lstrip()
        low_span = Span(self.source, span.start, span.start + len(low.rstrip()))
        high_span = Span(self.source, span.end - len(high), span.end)
        low_end, high_end = self._constant(low.rstrip(), low_span), self._constant(high, high_span)
        return spec.Range(low=low_end, high=high_end, span=span)

    # --- tokens ---

    def _literal(self, raw: Raw) -> spec.Literal:
        return self._constant(raw.text, self._span(raw))

    def _constant(self, text: str, span: Span) -> spec.Literal:
        found = self._read(tokens.constant, text, span, Constant("decimal", 0))
        return spec.Literal(kind=found.kind, value=found.value, prefix=found.prefix, text=text, span=span)

    def _count(self, raw: Raw) -> int:
        return self._read(tokens.count, raw.text, self._span(raw), 0)

    def _digits(self, raw: Raw) -> str:
        return self._read(tokens.key_digits, raw.text, self._span(raw), "")

    def _read(self, reader: Callable[[str], T], text: str, span: Span, otherwise: T) -> T:
        try:
            return reader(text)
        except MalformedError as error:
            self._report(error.message, span, error.help)
            return otherwise

    def _report(self, message: str, span: Span, help_: str | None, rule: Rule = codes.BAD_LITERAL) -> None:
        self.problems.append(Diagnostic(rule=rule, message=message, span=span, help=help_))

    def _span(self, raw: Raw) -> Span:
        return Span(self.source, self.base + raw._tx_position, self.base + raw._tx_position_end)
