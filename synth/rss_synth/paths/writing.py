"""What the codes of all calls are made of: their arguments, what they hand out, bytes in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rss_callpaths.accesses.objects import address_of
from rss_callpaths.bdd.phrases import Phrases, place_of
from rss_callpaths.callpath import Call
from rss_callpaths.library.roles import answered, given
from rss_callpaths.packet.parts import PACKET
from rss_callpaths.terms import Apply, Const, Op, Pool, Term
from rss_callpaths.terms.bytewise import bytes_of
from rss_callpaths.terms.multibyte import INDEX_WIDTH, multibyte
from rss_synth.paths.expressions import Expressions
from rss_synth.paths.objects import CObject, KeyBytes, Names
from rss_synth.paths.places import Place, Run, Scope, Variable, runs, symbol_of
from rss_synth.paths.terms import NoCodeError, bare

_TIME = 64
"""Bits of a time."""
CHECKSUM = "checksum"
"""The array of what the models say a checksum is: the runtime computes it."""


@dataclass(frozen=True, slots=True)
class Lent:
    """A chunk or cell that was borrowed: where C has it, and what it holds by now."""

    pointer: str
    content: tuple[Term, ...]
    copy: str
    """The name of a copy, as it was."""
    vector: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """What is known at a place in the code."""

    scope: Scope
    lent: Mapping[int, Lent]
    """By address in the symbolic run."""
    checksum: tuple[str, str] | None = None
    """The headers whose checksums are to be made right before the packet leaves."""
    named: Mapping[Term, str] = field(default_factory=dict)
    """Simplified terms that variables hold."""
    steered: bool = False
    """Whether it was asked if the NIC steers the packet by what state is found with."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of C; `only_for`: the name that makes it worth while, if the code after it has that name."""

    text: str
    only_for: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """The code of a call."""

    lines: tuple[Line, ...]
    state: State
    failed: str = ""
    """The condition under which it has failed, which makes the call."""
    call: str = ""
    """The call, where it is not among the lines."""
    result: str = ""
    """The name of its 32-bit value."""
    lent: Lent | None = None
    """The chunk or cell that it borrows, of which the code after it uses a copy."""


class Writing:
    """Writes what calls are given, and notes what they hand out."""

    def __init__(
        self,
        expressions: Expressions,
        objects: Mapping[int, CObject],
        keys: Mapping[int, KeyBytes],
        names: Names,
        phrases: Phrases,
        give_up: str,
    ) -> None:
        """`give_up`: the statement for what is in no call path, such as a packet that ends early."""
        self.expressions, self.objects, self.keys, self.names = expressions, objects, keys, names
        self.pool: Pool = expressions.pool
        self.phrases = phrases
        self.give_up = give_up
        self.copied: set[str] = set()
        """Names of maps that get keys from elsewhere than cells of vectors."""

    # --- arguments ----------------------------------------------------------------------------------------

    def given(self, call: Call, name: str) -> Term:
        """What an argument is; NoCodeError where that was not traced."""
        found = given(call, name)
        if found is None:
            raise NoCodeError(f"its argument `{name}` was not traced")
        return found

    def words(self, call: Call, state: State, *names: str) -> tuple[list[Line], list[str]]:
        """Arguments as expressions of C, and the lines that they need before them."""
        terms = [self.given(call, name) for name in names]
        terms = [
            self._whole(term) if name == "time" else term for name, term in zip(names, terms, strict=True)
        ]
        lines, texts = self.expressions.together(terms, state)
        return [Line(line) for line in lines], [bare(text) for text in texts]

    def _whole(self, time: Term) -> Term:
        """A time of which the models trace the lower half only."""
        if isinstance(time, Apply) and time.op is Op.EXTRACT and time.width < time.args[0].width == _TIME:
            return time.args[0]
        symbols = [symbol_of(part) for part in bytes_of(time, self.pool)]
        array = symbols[0][0] if symbols[0] else None
        if (
            array is None
            or array.size != _TIME // 8
            or symbols != [(array, at) for at in range(len(symbols))]
        ):
            return time
        return multibyte(self.pool, array, self.pool.const(0, INDEX_WIDTH), _TIME // 8)

    def object(self, call: Call, name: str) -> CObject:
        """The object that an argument is; NoCodeError where it was not allocated."""
        argument = call.argument(name)
        value = argument.value if argument else None
        found = self.objects.get(address_of(value.value)) if isinstance(value, Const) else None
        if found is None:
            raise NoCodeError(f"its argument `{name}` is no object that was allocated before")
        return found

    def address(self, call: Call, name: str) -> int | None:
        """What an argument points to in the symbolic run, None if that is not known."""
        argument = call.argument(name)
        return argument.value.value if argument and isinstance(argument.value, Const) else None

    def bound(self, state: State, variable: Variable, value: Term | None) -> State:
        """With the symbols that a variable holds now."""
        scope = dict(state.scope)
        for at, byte in enumerate(bytes_of(value, self.pool) if value is not None else ()):
            symbol = symbol_of(byte)
            if symbol is not None and symbol not in scope and at < variable.size:
                scope[symbol] = Place(variable, at)
        return replace(state, scope=scope)

    def _name(self, value: Term | None, otherwise: str) -> str:
        """A name after the first symbol of a value."""
        for byte in bytes_of(value, self.pool) if value is not None else ():
            symbol = symbol_of(byte)
            if symbol is not None:
                return self.names.new(symbol[0].name)
        return self.names.new(otherwise)

    def number(
        self, call: Call, state: State, name: str, function: str, arguments: str
    ) -> tuple[list[Line], State, str]:
        """A call that sets a 32-bit number through a pointer, and returns whether it did."""
        value = answered(call, name)
        variable = self._name(value, name)
        text = f"{function}({arguments.format(variable=variable)})"
        return [Line(f"uint32_t {variable};")], self.bound(state, Variable(variable, 4, True), value), text

    def returned(self, call: Call, state: State, lines: list[Line], text: str) -> Made:
        """A call whose value may be asked for."""
        value = call.result.value
        name = self._name(value, call.function)
        known = self.bound(state, Variable(name, 4, True), value)
        return Made(tuple(lines), known, f"!{text}", text, name)

    # --- bytes in memory ----------------------------------------------------------------------------------

    def _store(self, parts: tuple[Term, ...], to: str, at: int, state: State) -> list[Line]:
        """Writes bytes to `to + at`."""
        lines = []
        for run in runs(parts, state.scope):
            lines += [Line(text) for text in self._store_run(run, to, at + run.at, state)]
        return lines

    def _store_run(self, run: Run, to: str, at: int, state: State) -> list[str]:
        where = f"{to} + {at}" if at else to
        source = run.source
        if isinstance(source, Variable) and not source.is_number and run.step == 1 and run.count > 1:
            return [f"memcpy({where}, {source.name}{f' + {run.first}' if run.first else ''}, {run.count});"]
        if run.count > 8:
            half = [replace(run, count=8), _rest(run)]
            return [line for part in half for line in self._store_run(part, to, at + part.at - run.at, state)]
        lines, text = self.expressions.run(run, state)
        if run.count == 1:
            return [*lines, f"{to}[{at}] = {_byte(bare(text))};"]
        return [*lines, f"bits_store({where}, {bare(text)}, {run.count});"]

    def local(self, call: Call, name: str, state: State) -> tuple[list[Line], str, int]:
        """The bytes that a pointer is given to, in an array of their own."""
        parts = bytes_of(self.given(call, name), self.pool)
        key = self.names.new("key")
        lines = [Line(f"uint8_t {key}[{len(parts)}];"), *self._store(parts, key, 0, state)]
        return lines, key, len(parts)

    def changed(self, lent: Lent, content: tuple[Term, ...], state: State) -> tuple[list[Line], Lent]:
        """Writes what has changed in a chunk or cell."""
        lines: list[Line] = []
        at = 0
        pairs = list(zip(lent.content, content, strict=False))
        while at < len(pairs):
            end = at
            while (
                end < len(pairs)
                and pairs[end][0] is not pairs[end][1]
                and not self._computed(content[end], state)
            ):
                end += 1
            if end > at:
                *stores, last = self._store(content[at:end], lent.pointer, at, state)
                lines += [*stores, replace(last, text=last.text + self._about(lent.content[at:end]))]
            at = max(end, at + 1)
        return lines, replace(lent, content=(*content, *lent.content[len(content) :]))

    def _about(self, before: Sequence[Term]) -> str:
        """A comment with the packet's fields that bytes are."""
        places = filter(None, map(place_of, before))
        fields = dict.fromkeys(self.phrases.field(at) for name, at in places if name == PACKET)
        return f" /* {', '.join(map(str, fields))} */" if fields and None not in fields else ""

    @staticmethod
    def _computed(byte: Term, state: State) -> bool:
        """Whether a byte is of a checksum, which is computed when all changes have been made."""
        symbol = symbol_of(byte)
        return symbol is not None and symbol[0].name.startswith(CHECKSUM) and symbol not in state.scope


def _rest(run: Run) -> Run:
    source = run.source >> 64 if isinstance(run.source, int) else run.source
    return replace(run, source=source, first=run.first + 8 * run.step, count=run.count - 8, at=run.at + 8)


def _byte(text: str) -> str:
    return text if text.endswith("]") else f"(uint8_t)({text})" if " " in text else text
