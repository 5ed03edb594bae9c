"""A decision tree as the statements of one C function."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeVar

from rss_callpaths.bdd.tree import Branch, Fate, Leaf, Step, Tree, children, nodes
from rss_callpaths.callpath import Call
from rss_callpaths.library import Kind, Library
from rss_callpaths.library.roles import given
from rss_callpaths.terms import COMPARISONS, Apply, Const, Op, Term
from rss_callpaths.terms.bytewise import bytes_of
from rss_callpaths.terms.bytewise import nodes as term_nodes
from rss_callpaths.terms.deep import Deep, deeply
from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.source import Span
from rss_synth.paths.calls import Calls
from rss_synth.paths.layout import INDENT, comment, nested, used_names
from rss_synth.paths.places import UnknownSymbolError
from rss_synth.paths.terms import WORD, NoCodeError, bare, c_type
from rss_synth.paths.writing import Lent, Line, Made, State

_T = TypeVar("_T")
_KEYED = frozenset({Kind.READ, Kind.WRITE, Kind.CREATE, Kind.UPDATE, Kind.VERIFY, Kind.DESTROY})
_OPAQUE = re.compile(r"bits_|\[|device")
"""In conditions of which the C does not say what they are about."""
_LONG = 24
"""Numbers of so many characters are named where they are used again."""
Place = Callable[[Call | None], Span]


class Body:
    """Writes statements for trees."""

    def __init__(
        self, calls: Calls, library: Library, roles: Mapping[int, str], place: Place, steers: bool
    ) -> None:
        """`roles`: what the ports' numbers are called in C, by device. `steers`: whether packets that the NIC
        does not steer by the function's keys are dropped before they find state."""
        self.calls, self.library, self.roles, self.place = calls, library, roles, place
        self.steers = steers
        self._sizes: dict[int, int] = {}
        self._uses: Counter[Term] = Counter()

    def lines(self, tree: Tree, state: State) -> list[str]:
        """Its statements, the last of which returns."""
        every = list(nodes(tree))
        self._uses = Counter(term for node in every for _, term in self._numbers(node))
        self._uses.update(term for node in every for term in self._stored(node))
        return deeply(self._lines(tree, state))

    def _lines(self, tree: Tree, state: State) -> Deep[list[str]]:
        match tree:
            case Leaf():
                return self._leaf(tree, state)
            case Branch():
                return (yield self._branch(tree, state))
            case Step():
                return (yield self._step(tree, state))

    def setup(self, calls: Iterable[Call], state: State) -> list[str]:
        """Statements for calls that must all succeed, and `return true`."""
        found: list[Line] = []
        for call in calls:
            made = self._made(call, state)
            state = made.state
            found += made.lines
            if made.call and self.library.of(call.function).success:
                found += [Line(f"if ({made.failed})"), Line(f"{INDENT}return false;")]
            elif made.call:
                found.append(Line(f"{made.call};"))
        used = used_names(line.text for line in found if not line.only_for)
        return [*(each.text for each in found if not each.only_for or each.only_for in used), "return true;"]

    def _leaf(self, leaf: Leaf, state: State) -> list[str]:
        lines = []
        if state.checksum and leaf.fate is not Fate.DROP:
            lines.append(f"nf_set_rte_ipv4_udptcp_checksum({state.checksum[0]}, {state.checksum[1]}, NULL);")
        match leaf:
            case Leaf(Fate.FORWARD, Const(device)) if device in self.roles:
                return [*lines, f"return to_port({self.roles[device]});"]
            case Leaf(Fate.FORWARD, port) if port is not None and not isinstance(port, Const):
                more, (text,) = self._guarded(None, lambda: self.calls.expressions.together([port], state))
                return [*lines, *more, f"return to_device({bare(text)});"]
            case Leaf(Fate.FLOOD):
                return [*lines, "return NF_FLOOD;"]
            case _:
                return ["return NF_DROP;"]

    def _branch(self, tree: Branch, state: State) -> Deep[list[str]]:
        plain = self.calls.expressions.plain
        condition = plain(tree.condition)
        inner, outer = tree.yes, tree.no
        if self._size(inner) > self._size(outer):
            condition, inner, outer = plain.negated(condition), outer, inner
        names, state = self._named(None, self._numbers(tree), state)
        lines, (text,) = self._guarded(None, partial(self.calls.expressions.together, [condition], state))
        inside = yield self._lines(inner, state)
        after = yield self._lines(outer, state)
        about = comment(self.calls.phrases(condition)) if _OPAQUE.search(text) else []
        return [*names, *lines, *about, *nested(f"if ({bare(text)})", inside), *after]

    def _size(self, tree: Tree) -> int:
        """Nodes of a tree."""
        if id(tree) not in self._sizes:
            for node in reversed(list(nodes(tree))):
                self._sizes[id(node)] = 1 + sum(self._sizes[id(child)] for child in children(node))
        return self._sizes[id(tree)]

    def _step(self, tree: Step, state: State) -> Deep[list[str]]:
        before: list[str] = []
        if self.steers and not state.steered and self.library.of(tree.call.function).kind in _KEYED:
            before = ["if (!is_steered())", f"{INDENT}return NF_DROP;"]
            state = replace(state, steered=True)
        names, state = self._named(tree.call, self._numbers(tree), state)
        made = self._made(tree.call, state)
        rest = yield self._after(tree, made, state)
        return [*before, *names, *_together(made, rest, splits=tree.failed is not None)]

    def _named(
        self, call: Call | None, terms: Iterable[tuple[str, Term]], state: State
    ) -> tuple[list[str], State]:
        """Lines that name numbers which the code after them uses, too; what they are called, and numbers."""
        lines: list[str] = []
        for called, term in terms:
            if self._uses.get(term, 0) < 2 or isinstance(term, Const) or term in state.named:
                continue
            made, (text,) = self._guarded(call, partial(self.calls.expressions.together, [term], state))
            if len(text) >= _LONG:
                name = self.calls.names.new(called)
                lines += [*made, f"const {c_type(term.width)} {name} = {bare(text)};"]
                state = replace(state, named={**state.named, term: name})
        return lines, state

    def _numbers(self, node: Tree) -> Iterator[tuple[str, Term]]:
        """The numbers that a call is given, and those that a condition compares."""
        plain = self.calls.expressions.plain
        match node:
            case Step(call):
                yield from ((argument.name, plain(argument.value)) for argument in call.arguments)
            case Branch(condition):
                compared = [each for each in term_nodes(plain(condition)) if isinstance(each, Apply)]
                for each in compared:
                    if each.op in COMPARISONS and each.args[0].width <= WORD:
                        yield from (("number", part) for part in each.args if part.width > 1)

    def _stored(self, node: Tree) -> Iterator[Term]:
        """The numbers that a call is given the bytes of."""
        plain, pool = self.calls.expressions.plain, self.calls.pool
        call = node.call if isinstance(node, Step) else None
        for argument in call.arguments if call else ():
            content = given(call, argument.name) if call and argument.pointee else None
            parts = bytes_of(content, pool) if content is not None else ()
            cut = [part for part in parts if isinstance(part, Apply) and part.op is Op.EXTRACT]
            yield from dict.fromkeys(plain(part.args[0]) for part in cut)

    def _after(self, tree: Step, made: Made, before: State) -> Deep[list[str]]:
        then = yield self._lines(tree.then, made.state)
        if tree.failed is None:
            return then
        if not made.failed:
            why = NoCodeError("its answer decides, but it gives none")
            raise no_code(tree.call, why, self.place(tree.call))
        failed = yield self._lines(tree.failed, _after_failure(made, before))
        return [*nested(f"if ({made.failed})", failed), *then]

    def _made(self, call: Call, state: State) -> Made:
        return self._guarded(call, lambda: self.calls.made(call, state))

    def _guarded(self, call: Call | None, make: Callable[[], _T]) -> _T:
        try:
            return make()
        except UnknownSymbolError as error:
            raise no_code(
                call, NoCodeError(f"no call before it hands out `{error}`"), self.place(call)
            ) from None
        except NoCodeError as error:
            raise no_code(call, error, self.place(call)) from None


def no_code(call: Call | None, why: NoCodeError, place: Span) -> RssError:
    """That a call, or a condition, has no counterpart in C."""
    what = f"`{call.function}`" if call else "a condition"
    return RssError(
        [
            Diagnostic(
                rule=codes.NO_CODE,
                message=f"there is no C for {what}: {why}",
                span=place,
                help=why.help,
            )
        ]
    )


def _after_failure(made: Made, before: State) -> State:
    """A call that failed has set nothing through pointers. Symbols are numbered along each path: one that it
    sets where it succeeds can be another call's where it fails."""
    if made.result:
        return made.state
    known = before.scope.keys()
    return replace(made.state, scope={each: at for each, at in made.state.scope.items() if each in known})


def _together(made: Made, rest: list[str], *, splits: bool) -> list[str]:
    """A call and the code after it, without the copy of what stays as it is."""
    lines = list(made.lines)
    if made.lent is not None:
        lines, rest = _in_place(made.lent, lines, rest)
    used = used_names(rest)
    if made.call and not splits:
        named = made.result and made.result in used
        call = f"const uint32_t {made.result} = (uint32_t){made.call};" if named else f"{made.call};"
        rest = [call, *rest]
    return [*(line.text for line in lines if not line.only_for or line.only_for in used), *rest]


def _in_place(lent: Lent, lines: list[Line], rest: list[str]) -> tuple[list[Line], list[str]]:
    """Reads in a chunk or cell itself, not its copy, where the code after it writes nothing there."""
    back = re.compile(rf"\s*paths_return\(.*, {lent.pointer}\);")
    kept = [line for line in rest if not back.fullmatch(line)]
    again = f"paths_borrow({lent.vector}," if lent.vector else None
    if lent.pointer in used_names(kept) or (again and any(again in line for line in kept)):
        return lines, rest
    head = re.compile(rf"^uint8_t \*{lent.pointer} = paths_borrow\(")
    texts = [head.sub(f"const uint8_t *{lent.pointer} = paths_look(", line.text) for line in lines]
    texts = [
        re.sub(rf"^uint8_t \*{lent.pointer} =", f"const uint8_t *{lent.pointer} =", text) for text in texts
    ]
    lines = [replace(line, text=text) for line, text in zip(lines, texts, strict=True)]
    return lines, [re.sub(rf"\b{lent.copy}\b", lent.pointer, line) for line in kept]
