"""`CallPath` → the text of a `.call_path` file, byte for byte as the tool of its variant writes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rss_callpaths.callpath import Argument, Call, CallPath, Extra, Field, Pointee, Result, Variant
from rss_callpaths.files.records import POINTER_WIDTH
from rss_callpaths.files.sections import CALLS, CONSTRAINTS, QUERY, TAGS, header
from rss_callpaths.files.values import expected_values
from rss_callpaths.kquery.print import Printer, print_term
from rss_callpaths.terms import Array, Const, Term

_LINE = 8
"""Column of conditions and values."""
_DOTS = "(...)"


def print_path(path: CallPath) -> str:
    """The file's text. `path.arrays` must declare what is read; see `complete`."""
    calls = _Calls(path.variant)
    parts = [header(QUERY), "\n", *map(_declaration, path.arrays), _query(path), header(CALLS), "\n"]
    parts += (calls.call(call) for call in path.calls)
    parts += (header(CONSTRAINTS), "\n")
    parts += (f"{calls.term(term)}\n" for term in path.constraints)
    if path.tags:
        parts += (header(TAGS), "\n")
        parts += (f"{name} = {value}\n" for name, value in path.tags)
    return "".join(parts)


def complete(path: CallPath) -> CallPath:
    """The path with the value list and the declarations that its variant's printer writes.

    Only what conditions and values read is declared, as KLEE does; what only fields, returned values
    (`COLON`) or arguments (`TAGGED`) read is added, so that the file says everything.
    """
    values = expected_values(path.variant, path.calls)
    arrays = Printer((*path.constraints, *values, *_terms(path.calls))).arrays
    declared = sorted((array for array in arrays if array.size is not None), key=lambda array: array.name)
    return replace(path, values=values, arrays=tuple(declared))


def _terms(calls: tuple[Call, ...]) -> Iterator[Term]:
    for call in calls:
        for argument in call.arguments:
            yield argument.value
            for pointee in (argument.pointee, *(field.value for field in argument.fields)):
                yield from _sides(pointee)
        for extra in call.extras:
            yield from _sides(extra.value)
            if extra.scalar is not None:
                yield extra.scalar
        result = call.result
        for term in (result.value, result.pointee, *(term for _, term in result.fields)):
            if term is not None:
                yield term


def _sides(pointee: Pointee | None) -> Iterator[Term]:
    if pointee is not None:
        yield from (side for side in (pointee.before, pointee.after) if side is not None)


def _declaration(array: Array) -> str:
    size = "" if array.size is None else str(array.size)
    content = "symbolic" if array.contents is None else f"[{' '.join(map(str, array.contents))}]"
    return f"array {array.name}[{size}] : w32 -> w8 = {content}\n"


def _query(path: CallPath) -> str:
    printer = Printer((*path.constraints, *path.values))
    printer.write("(query [")
    _list(printer, path.constraints)
    printer.write("]")
    printer.separate(not path.constraints, _LINE - 1)
    printer.write("false")
    if path.values:
        printer.write(" [")
        _list(printer, path.values)
        printer.write("]")
    printer.write(")")
    printer.break_line(0)
    return printer.text()


def _list(printer: Printer, terms: tuple[Term, ...]) -> None:
    for number, term in enumerate(terms):
        if number:
            printer.break_line(_LINE)
        printer.term(term)


class _Calls:
    """Prints calls; every expression has labels of its own, so equal ones have equal texts."""

    def __init__(self, variant: Variant) -> None:
        self._variant = variant
        self._texts: dict[Term, str] = {}

    def term(self, term: Term) -> str:
        found = self._texts.get(term)
        if found is None:
            found = self._texts[term] = print_term(term)
        return found

    def call(self, call: Call) -> str:
        arguments = ",".join(map(self._argument, call.arguments))
        record = f"{call.source_line}:{call.function}({arguments}) -> {self._result(call.result)}\n"
        return record + "".join(map(self._extra, call.extras))

    def _argument(self, argument: Argument) -> str:
        value = argument.value
        bare = argument.pointer and argument.function is None and argument.pointee is None
        if bare and self._variant is Variant.TAGGED and (address := _address(value)) is not None:
            return f"{argument.name}:&{address}"
        text = f"{argument.name}:{self.term(value)}"
        if argument.function is not None:
            return f"{text}&{argument.function}"
        if argument.pointee is not None:
            fields = "".join(map(self._field, argument.fields))
            return f"{text}&[{self._pointee(argument.pointee)}]{fields}"
        return f"{text}&[...]" if bare else text

    def _field(self, field: Field) -> str:
        value = _DOTS if field.value is None else self._pointee(field.value)
        # A value that begins with a letter would run into the name.
        colon = self._variant is not Variant.PLAIN or value[0].isalnum()
        return f"[{field.name}{':' if colon else ''}{value}]"

    def _pointee(self, pointee: Pointee) -> str:
        return f"{self._optional(pointee.before)}->{self._optional(pointee.after)}"

    def _optional(self, term: Term | None) -> str:
        return "" if term is None else self.term(term)

    def _result(self, result: Result) -> str:
        if result.value is None:
            return "[]"
        text = self.term(result.value)
        if not result.pointer:
            return text
        if result.function is not None:
            return f"{text}&{result.function}"
        if result.pointee is None and not result.fields:
            return f"{text}&[...]"
        fields = (f"[{name}:{_DOTS if term is None else self.term(term)}]" for name, term in result.fields)
        return f"{text}&[{self._optional(result.pointee)}]{''.join(fields)}"

    def _extra(self, extra: Extra) -> str:
        if extra.scalar is not None:
            return f"extra:{extra.kind}:{extra.name}:{self.term(extra.scalar)}\n"
        before, after = extra.value.before, extra.value.after
        left = _DOTS if before is None else self.term(before)
        right = _DOTS if after is None else self.term(after)
        arrow = "-> " if after is None else " -> "
        name = f" {extra.name}" if extra.kind is None else f"{extra.kind}:{extra.name}: "
        return f"extra:{name}&{extra.address} = &[{left}{arrow}{right}]\n"


def _address(value: Term) -> int | None:
    return value.value if isinstance(value, Const) and value.width == POINTER_WIDTH else None
