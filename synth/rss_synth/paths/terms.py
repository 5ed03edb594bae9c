"""One term as a C expression: an unsigned number of the narrowest type that holds it."""

from __future__ import annotations

from collections.abc import Mapping

from rss_callpaths.terms import COMPARISONS, Apply, Const, Op, Pool, Read, Term
from rss_callpaths.terms.bytewise import bytes_of
from rss_synth.paths.places import Run, Scope, Variable, runs, symbol_of

WORD = 64
"""Bits of the widest number that C computes with."""
_SIMPLE = {Op.ADD: "+", Op.SUB: "-", Op.MUL: "*", Op.AND: "&", Op.OR: "|", Op.XOR: "^"}
_LOGIC = {Op.AND: "&&", Op.OR: "||", Op.XOR: "!="}
_UNSIGNED = {Op.EQ: "==", Op.NE: "!=", Op.ULT: "<", Op.ULE: "<=", Op.UGT: ">", Op.UGE: ">="}
_SIGNED = {Op.SLT: "<", Op.SLE: "<=", Op.SGT: ">", Op.SGE: ">="}
_HELPERS = {Op.UDIV: "bits_divide", Op.UREM: "bits_remainder", Op.SHL: "bits_left", Op.LSHR: "bits_right"}
_SIGNED_HELPERS = {
    Op.SDIV: "bits_divide_signed",
    Op.SREM: "bits_remainder_signed",
    Op.ASHR: "bits_right_signed",
}


class NoCodeError(Exception):
    """A term or call that has no counterpart in C; its message says why."""

    def __init__(self, why: str, help: str = "see `rssc rule RSS451` for what code is made from") -> None:
        """`help`: what users can do."""
        super().__init__(why)
        self.help = help


def c_type(width: int) -> str:
    """The unsigned type of a number of so many bits."""
    if width == 1:
        return "bool"
    return next(f"uint{bits}_t" for bits in (8, 16, 32, 64) if width <= bits)


def literal(value: int, width: int) -> str:
    """A number."""
    if width == 1:
        return "true" if value else "false"
    text = f"0x{value:x}" if value > 0xFFFF else str(value)
    return f"UINT64_C({text})" if width > 32 else f"{text}U"


def bare(text: str) -> str:
    """Without parentheses around all of it."""
    if not text.startswith("("):
        return text
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return text[1:-1] if at == len(text) - 1 else text
    return text


class TermWriter:
    """Expressions at one place in the code."""

    def __init__(self, pool: Pool, scope: Scope, named: Mapping[Term, str]) -> None:
        """`named`: terms that variables hold."""
        self.pool, self.scope = pool, scope
        self.named = dict(named)

    def word(self, term: Term) -> str:
        """A term of at most 64 bits, in parentheses where it is not one operand."""
        if term in self.named:
            return self.named[term]
        if isinstance(term, Const):
            if term.width > WORD:
                raise NoCodeError(f"it is a number of {term.width} bits")
            return literal(term.value, term.width)
        if term.width == 1:
            return self._flag(term)
        if term.width > WORD:
            raise NoCodeError(f"it computes with {term.width} bits")
        parts = bytes_of(term, self.pool)
        if isinstance(term, Read) or all(isinstance(part, Const) or symbol_of(part) for part in parts):
            return self._joined(parts, term.width)
        return self._applied(term)

    # --- bytes --------------------------------------------------------------------------------------------

    def _joined(self, parts: tuple[Term, ...], width: int) -> str:
        found = []
        for run in self._runs(parts):
            if run.source == 0:
                continue
            text = self.run(run)
            if run.at:
                wide = c_type(64 if width > 32 else 32)
                text = f"(({wide}){text} << {8 * run.at})"
            found.append(text)
        if not found:
            return literal(0, width)
        if len(found) == 1 and not found[0].startswith("(("):
            return found[0]
        return f"(({c_type(width)})({' | '.join(found)}))"

    def _runs(self, parts: tuple[Term, ...]) -> list[Run]:
        for part in parts:
            if isinstance(part, Read) and symbol_of(part) is None:
                raise NoCodeError(f"it reads `{part.array.name}` at an index that depends on the packet")
        return list(runs(parts, self.scope))

    def run(self, run: Run) -> str:
        """The number that a run of at most 8 bytes is."""
        if isinstance(run.source, int):
            return literal(run.source, 8 * run.count)
        low = run.first if run.step == 1 else run.first - run.count + 1
        text = self._piece(run.source, low, run.count)
        if run.step == 1 or run.count == 1:
            return text
        return f"({c_type(8 * run.count)})bits_swap({bare(text)}, {run.count})"

    def _piece(self, source: Variable | Term, low: int, count: int) -> str:
        """Bytes `low` to `low + count` of a source, in its order."""
        if isinstance(source, Variable) and not source.is_number:
            if count == 1:
                return f"{source.name}[{low}]"
            at = f"{source.name} + {low}" if low else source.name
            if count in (2, 4, 8):
                return f"bits_load{8 * count}({at})"
            return f"{'(uint32_t)' if count < 4 else ''}bits_load({at}, {count})"
        size = source.size if isinstance(source, Variable) else (source.width + 7) // 8
        text = source.name if isinstance(source, Variable) else self.word(source)
        fits = source.fits if isinstance(source, Variable) else size
        if low == 0 and count >= min(size, fits):
            return text
        shifted = f"({text} >> {8 * low})" if low else text
        if count in (1, 2, 4):
            return f"({c_type(8 * count)}){shifted}"
        return f"({c_type(8 * count)})({shifted} & {literal((1 << 8 * count) - 1, 64)})"

    # --- operators ----------------------------------------------------------------------------------------

    def _flag(self, term: Term) -> str:
        if not isinstance(term, Apply):
            raise NoCodeError("it is one bit of no operator")
        if term.op in COMPARISONS:
            return self._comparison(term)
        if term.op is Op.NOT:
            return f"!{self.word(term.args[0])}"
        if term.op in _LOGIC:
            return self._chain(term)
        if term.op is Op.SELECT:
            return self._select(term)
        if term.op is Op.EXTRACT:
            return f"(({self.word(term.args[0])} >> {term.offset} & 1) != 0)"
        raise NoCodeError(f"`{term.op}` makes one bit of it")

    def _chain(self, term: Apply) -> str:
        """Conditions joined by one operator, without parentheses that it does not need."""
        joined: list[str] = []
        waiting: list[Term] = list(reversed(term.args))
        while waiting:
            node = waiting.pop()
            more = isinstance(node, Apply) and node.op is term.op is not Op.XOR
            if isinstance(node, Apply) and more and node not in self.named:
                waiting += reversed(node.args)
                continue
            text = self.word(node)
            compares = isinstance(node, Apply) and node.op in COMPARISONS and node.args[0].width <= WORD
            joined.append(bare(text) if compares and term.op is not Op.XOR else text)
        return f"({f' {_LOGIC[term.op]} '.join(joined)})"

    def _comparison(self, term: Apply) -> str:
        first, second = term.args
        if first.width > WORD:
            return self._wide(term)
        if term.op in _UNSIGNED:
            return f"({self.word(first)} {_UNSIGNED[term.op]} {self.word(second)})"
        width = first.width
        return f"({self._signed(first, width)} {_SIGNED[term.op]} {self._signed(second, width)})"

    def _signed(self, term: Term, width: int) -> str:
        if isinstance(term, Const):
            value = term.value - (term.value >> (width - 1) << width)
            return f"INT64_C({value})" if width > 32 else str(value)
        if width in (8, 16, 32, 64):
            return f"(int{width}_t){self.word(term)}"
        return f"bits_signed({bare(self.word(term))}, {width})"

    def _wide(self, term: Apply) -> str:
        """(In)equality of more than 64 bits, by words."""
        if term.op not in (Op.EQ, Op.NE):
            raise NoCodeError(f"it compares the order of {term.args[0].width} bits")
        pairs = [bytes_of(part, self.pool) for part in term.args]
        texts = []
        for at in range(0, len(pairs[0]), 8):
            width = 8 * min(8, len(pairs[0]) - at)
            words = [self._joined(parts[at : at + 8], width) for parts in pairs]
            texts.append(f"({words[0]} == {words[1]})")
        text = f"({' && '.join(texts)})"
        return text if term.op is Op.EQ else f"!{text}"

    def _select(self, term: Apply) -> str:
        condition, first, second = (self.word(part) for part in term.args)
        return self._cast(f"({condition} ? {first} : {second})", term.width)

    def _applied(self, term: Apply) -> str:
        op, width, args = term.op, term.width, term.args
        if op in (Op.ADD, Op.SUB, Op.MUL) or (op in _SIMPLE and width > 1):
            return self._arithmetic(term)
        if op is Op.ZEXT:
            return f"({c_type(width)}){self.word(args[0])}"
        if op is Op.SEXT:
            return self._masked(f"(uint64_t)bits_signed({bare(self.word(args[0]))}, {args[0].width})", width)
        if op is Op.NOT:
            return self._masked(f"~(uint64_t){self.word(args[0])}", width)
        if op is Op.EXTRACT:
            return self._extracted(term)
        if op is Op.CONCAT:
            return self._joined_any(term)
        if op is Op.SELECT:
            return self._select(term)
        first, second = (bare(self.word(part)) for part in args)
        if op in _HELPERS:
            return self._masked(f"{_HELPERS[op]}({first}, {second})", width)
        if op in _SIGNED_HELPERS:
            return self._masked(f"{_SIGNED_HELPERS[op]}({first}, {second}, {width})", width)
        raise NoCodeError(f"there is no code for `{op}`")

    def _arithmetic(self, term: Apply) -> str:
        first, second = term.args
        op = _SIMPLE[term.op]
        if isinstance(first, Const) and not isinstance(second, Const) and term.op is not Op.SUB:
            first, second = second, first
        text = self.word(second)
        if term.op is Op.ADD and isinstance(second, Const) and second.value >> (term.width - 1):
            op, text = "-", literal((1 << term.width) - second.value, term.width)
        wide = c_type(max(term.width, 32))
        left = self.word(first) if term.width in (32, 64) else f"({wide}){self.word(first)}"
        return self._cast(f"({left} {op} {text})", term.width)

    def _extracted(self, term: Apply) -> str:
        parts = bytes_of(term, self.pool) if term.width % 8 == 0 and term.offset % 8 == 0 else ()
        if term.args[0].width > WORD and parts and not any(part is term for part in parts):
            return self._joined(parts, term.width)
        text = self.word(term.args[0])
        shifted = f"({text} >> {term.offset})" if term.offset else text
        return self._masked(shifted, term.width)

    def _joined_any(self, term: Apply) -> str:
        if term.width % 8 == 0 and all(part.width % 8 == 0 for part in term.args):
            return self._joined(bytes_of(term, self.pool), term.width)
        texts, low = [], 0
        for part in reversed(term.args):
            text = f"(uint64_t){self.word(part)}"
            texts.append(f"({text} << {low})" if low else text)
            low += part.width
        return self._masked(f"({' | '.join(texts)})", term.width)

    def _masked(self, text: str, width: int) -> str:
        if width in (8, 16, 32, 64):
            return f"({c_type(width)}){text}"
        return f"({c_type(width)})({text} & {literal((1 << width) - 1, 64)})"

    def _cast(self, text: str, width: int) -> str:
        if width in (1, 32, 64):
            return text
        return self._masked(text, width)
