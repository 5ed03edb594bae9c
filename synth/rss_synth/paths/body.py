"""A decision tree as the statements of one C function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from rss_callpaths.bdd.tree import Branch, Fate, Leaf, Step, Tree, children, nodes
from rss_callpaths.callpath import Call
from rss_callpaths.library import Kind, Library
from rss_callpaths.terms import Const
from rss_callpaths.terms.deep import Deep, deeply
from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.source import Span
from rss_synth.paths.calls import Calls
from rss_synth.paths.places import UnknownSymbolError
from rss_synth.paths.terms import NoCodeError, bare
from rss_synth.paths.writing import Line, Made, State

_INDENT = "    "
_T = TypeVar("_T")
_KEYED = frozenset({Kind.READ, Kind.WRITE, Kind.CREATE, Kind.UPDATE, Kind.VERIFY, Kind.DESTROY})
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
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

    def lines(self, tree: Tree, state: State) -> list[str]:
        """Its statements, the last of which returns."""
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
        found: list[str] = []
        for call in calls:
            made = self._made(call, state)
            state = made.state
            found += [line.text for line in made.lines if not line.only_for]
            if made.call and self.library.of(call.function).success:
                found += [f"if ({made.failed})", f"{_INDENT}return false;"]
            elif made.call:
                found.append(f"{made.call};")
        return [*found, "return true;"]

    def _leaf(self, leaf: Leaf, state: State) -> list[str]:
        lines = []
        if state.checksum and leaf.fate is not Fate.DROP:
            lines.append(f"nf_set_rte_ipv4_udptcp_checksum({state.checksum[0]}, {state.checksum[1]}, NULL);")
        match leaf:
            case Leaf(Fate.FORWARD, Const(device)) if device in self.roles:
                return [*lines, f"return to_port({self.roles[device]});"]
            case Leaf(Fate.FORWARD, port) if port is not None and not isinstance(port, Const):
                more, (text,) = self._guarded(
                    None, lambda: self.calls.expressions.together([port], state.scope)
                )
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
        lines, (text,) = self._guarded(
            None, lambda: self.calls.expressions.together([condition], state.scope)
        )
        nested = yield self._lines(inner, state)
        after = yield self._lines(outer, state)
        return [*lines, *_nested(f"if ({bare(text)})", nested), *after]

    def _size(self, tree: Tree) -> int:
        """Nodes of a tree."""
        if id(tree) not in self._sizes:
            for node in reversed(list(nodes(tree))):
                self._sizes[id(node)] = 1 + sum(self._sizes[id(child)] for child in children(node))
        return self._sizes[id(tree)]

    def _step(self, tree: Step, state: State) -> Deep[list[str]]:
        made = self._made(tree.call, state)
        before: list[Line] = []
        if self.steers and not state.steered and self.library.of(tree.call.function).kind in _KEYED:
            before = [Line("if (!is_steered())"), Line(f"{_INDENT}return NF_DROP;")]
            made = replace(made, state=replace(made.state, steered=True))
        rest = yield self._after(tree, made, state)
        used = set(_NAME.findall("\n".join(rest)))
        if made.call and tree.failed is None:
            named = made.result and made.result in used
            rest.insert(
                0, f"const uint32_t {made.result} = (uint32_t){made.call};" if named else f"{made.call};"
            )
        return [
            *(line.text for line in (*before, *made.lines) if not line.only_for or line.only_for in used),
            *rest,
        ]

    def _after(self, tree: Step, made: Made, before: State) -> Deep[list[str]]:
        then = yield self._lines(tree.then, made.state)
        if tree.failed is None:
            return then
        if not made.failed:
            why = NoCodeError("its answer decides, but it gives none")
            raise no_code(tree.call, why, self.place(tree.call))
        failed = yield self._lines(tree.failed, _after_failure(made, before))
        return [*_nested(f"if ({made.failed})", failed), *then]

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


def _nested(head: str, lines: list[str]) -> list[str]:
    if len(lines) == 1:
        return [head, f"{_INDENT}{lines[0]}"]
    return [f"{head} {{", *(f"{_INDENT}{line}" if line else "" for line in lines), "}"]


__all__ = ["Body", "no_code"]
