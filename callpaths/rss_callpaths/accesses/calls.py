"""From the calls of one path to its accesses."""

from __future__ import annotations

from collections.abc import Iterator

from rss_callpaths.accesses.access import Access, StateObject
from rss_callpaths.accesses.objects import address_of, failed, pointer
from rss_callpaths.accesses.places import Places
from rss_callpaths.callpath import Call, CallPath
from rss_callpaths.library import RETURN, STATE, Function, Kind, Library, Mutates
from rss_callpaths.library.roles import answered, given
from rss_callpaths.terms import Const, Op, Term
from rss_callpaths.terms.bytewise import bytes_of
from rss_callpaths.terms.conditions import Conditions, Truth
from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, Rule

MOST_OBJECTS = 16
"""Objects that one pointer is followed to; beyond, it may be any."""


class Turn:
    """Makes the accesses of a path, in order: a call can take its key from an earlier one."""

    def __init__(
        self,
        path: CallPath,
        library: Library,
        conditions: Conditions,
        objects: dict[int, StateObject],
        places: Places,
    ) -> None:
        self.path, self.library, self.conditions = path, library, conditions
        self.objects, self.places = objects, places
        self.findings: list[Diagnostic] = []
        self._kept: dict[int, tuple[Term, int]] = {}

    def accesses(
        self, setup: range, loop: range, in_ports: tuple[int, ...]
    ) -> tuple[tuple[Access, ...], tuple[Access, ...]]:
        """Those of initialisation and those of the loop's turn."""
        before = tuple(access for at in setup for access in self._of(at, ()))
        self._kept.clear()
        return before, tuple(access for at in loop for access in self._of(at, in_ports))

    def _of(self, at: int, in_ports: tuple[int, ...]) -> Iterator[Access]:
        call = self.path.calls[at]
        function = self.library.of(call.function)
        if function.kind not in STATE or failed(call, function):
            return
        if function.kind is Kind.UNKNOWN:
            message = f"`{function.name}` is not in the library of functions"
            self._report(
                codes.UNKNOWN_CALL,
                call,
                message,
                "it counts as changing every object; describe it in a file for `--library`",
            )
        for name, kind in self._objects(function):
            for target in self._targets(call, function, name):
                scanned = kind is Kind.SCAN and function.kind is not Kind.SCAN
                yield self._access(at, function, kind, target, in_ports, scanned)

    def _objects(self, function: Function) -> Iterator[tuple[str, Kind]]:
        """Arguments that are objects, and what is done to each; no name: any object."""
        if function.object or not function.touches:
            yield function.object, function.kind
        for name in function.touches:
            yield name, Kind.SCAN

    def _targets(self, call: Call, function: Function, name: str) -> Iterator[StateObject | None]:
        if not name:
            yield None
            return
        value = pointer(call, function, name)
        if value is None:
            message = f"this call of `{function.name}` has no argument `{name}`"
            self._report(
                codes.UNEXPECTED_ARGUMENTS,
                call,
                message,
                "it counts as touching every object; correct its entry",
            )
            yield None
            return
        addresses = self.conditions.values(value, MOST_OBJECTS)
        found = [self.objects.get(address_of(address)) for address in addresses or (0,)]
        if any(target is None for target in found):
            if function.kind is Kind.INIT:
                # A failed allocation: there is no object.
                return
            message = f"which object `{name}` is cannot be told"
            self._report(codes.UNKNOWN_OBJECT, call, message, "it counts as touching every object")
            yield None
            return
        yield from dict.fromkeys(found)

    def _access(
        self,
        at: int,
        function: Function,
        kind: Kind,
        target: StateObject | None,
        in_ports: tuple[int, ...],
        scanned: bool,
    ) -> Access:
        call = self.path.calls[at]
        key, key_call = (None, None) if kind is Kind.SCAN else self._key(at, function, target)
        unknown = kind is not Kind.SCAN and key is None and (bool(function.key) or function.kept_key)
        if unknown:
            message = f"this call of `{function.name}` has no key"
            self._report(codes.UNEXPECTED_ARGUMENTS, call, message, "it counts as touching the whole object")
        success = self._success(call, function)
        return Access(
            path=self.path.name,
            call=at,
            function=function,
            kind=kind,
            object=target,
            whole=function.whole or kind is Kind.SCAN or target is None or unknown,
            key=key,
            value=given(call, function.value) if function.value and not scanned else None,
            result=answered(call, function.result) if function.result and not scanned else None,
            mutates=self._mutates(at, function, success),
            success=success,
            in_ports=in_ports,
            source_line=call.source_line,
            file_line=call.file_line,
            key_call=key_call,
        )

    def _key(self, at: int, function: Function, target: StateObject | None) -> tuple[Term | None, int | None]:
        address = target.address if target else 0
        if function.kept_key:
            return self._kept.get(address, (None, None))
        key = given(self.path.calls[at], function.key) if function.key else None
        if function.keeps_key and key is not None:
            self._kept[address] = key, at
        return key, None

    def _success(self, call: Call, function: Function) -> Truth | None:
        value = answered(call, RETURN) if function.success else None
        if value is None:
            return None
        pool = self.conditions.pool
        failed = pool.apply(Op.EQ, 1, (pool.const(0, value.width), value))
        if isinstance(value, Const):
            return Truth.PROVED if value.value else Truth.REFUTED
        return {Truth.PROVED: Truth.REFUTED, Truth.REFUTED: Truth.PROVED, Truth.OPEN: Truth.OPEN}[
            self.conditions.truth(failed)
        ]

    def _mutates(self, at: int, function: Function, success: Truth | None) -> bool:
        match function.mutates:
            case Mutates.NEVER:
                return self._kept_cell(at, function)
            case Mutates.ALWAYS:
                return True
            case Mutates.ON_SUCCESS:
                return success is not Truth.REFUTED
            case Mutates.ON_DIFFERENCE:
                return self._differs(at, function)

    def _kept_cell(self, at: int, function: Function) -> bool:
        """Whether the call lends a cell that is not given back: what becomes of it is not seen."""
        call = self.path.calls[at]
        cell = call.extra(function.result) if function.result else None
        if cell is None:
            return False
        for later in self.path.calls[at + 1 :]:
            other = self.library.of(later.function)
            if other.mutates is Mutates.ON_DIFFERENCE and other.type == function.type:
                argument = later.argument(other.value)
                address = argument.value if argument else None
                if isinstance(address, Const) and address.value == cell.address:
                    return False
        message = "this cell is borrowed and not given back"
        self._report(codes.KEPT_CELL, call, message, "it counts as changed; give it back on every path")
        return True

    def _differs(self, at: int, function: Function) -> bool:
        """Whether what is given back may differ from what was borrowed at that address."""
        call = self.path.calls[at]
        argument, content = call.argument(function.value), given(call, function.value)
        if argument is None or content is None or not isinstance(argument.value, Const):
            return True
        for earlier in reversed(self.path.calls[:at]):
            lender = self.library.of(earlier.function)
            cell = earlier.extra(lender.result) if lender.result else None
            if lender.type == function.type and cell is not None and cell.address == argument.value.value:
                return not self._same(earlier, lender, call, function, content)
        return True

    def _same(self, earlier: Call, lender: Function, call: Call, function: Function, content: Term) -> bool:
        """Whether all bytes are provably those borrowed, and go back where they came from."""
        borrowed = answered(earlier, lender.result)
        if borrowed is None or borrowed.width != content.width:
            return False
        pairs = [
            (pointer(earlier, lender, lender.object), pointer(call, function, function.object)),
            (given(earlier, lender.key), given(call, function.key)),
        ]
        pool = self.conditions.pool
        pairs += zip(bytes_of(borrowed, pool), bytes_of(content, pool), strict=True)
        return all(
            first is not None
            and second is not None
            and first.width == second.width
            and self.conditions.equal(first, second)
            for first, second in pairs
        )

    def _report(self, rule: Rule, call: Call, message: str, help: str) -> None:
        self.findings.append(self.places.finding(rule, self.path, call, message, help))
