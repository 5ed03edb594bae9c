"""Runs a network function on concrete packets, from its call paths alone.

The paths are a tree of calls. Where it forks, either what a call answers decides which way the packet goes,
or conditions whose symbols are known by then; exactly one way must be left, and at the end of it every
condition of the path whose symbols got values holds. Symbols get their values from what calls hand out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from term_values import applied

from rss_callpaths.callpath import Argument, Call, CallPath
from rss_callpaths.files.reader import read
from rss_callpaths.terms import Apply, Const, Op, Pool, Read, Term

from .models import Core, Given

HARNESS = ("loop_invariant_consume", "loop_invariant_produce")
Frame = tuple[int | None, ...]
"""Bytes of a packet; None: a checksum, which follows from the rest."""


_Symbols = dict[tuple[str, int], int]
"""Bytes of symbols that have a value, by array and index."""


def value(term: Term, symbols: _Symbols) -> int:
    """What a term is worth. A KeyError if that takes a symbol without a value."""
    return _compiled(term)(symbols)


@cache
def _compiled(term: Term) -> Callable[[_Symbols], int]:
    """`term_values.value`, with everything decided that does not depend on the symbols."""
    places = _places(term)
    if places is not None:
        return lambda symbols: int.from_bytes(bytes([symbols[place] for place in places]), "little")
    if isinstance(term, Const):
        return lambda symbols: term.value
    assert isinstance(term, Apply), "no symbolic index"
    parts = [_compiled(part) for part in term.args]
    return lambda symbols: applied(term, [part(symbols) for part in parts])


def _places(term: Term) -> tuple[tuple[str, int], ...] | None:
    """Of a number that consists of bytes of symbols: their places, the least significant first."""
    match term:
        case Read(array, Const(value=at), ()):
            return ((array.name, at),)
        case Apply(op=Op.CONCAT, args=(high, low)):
            below, above = _places(low), _places(high)
            return None if below is None or above is None else below + above
    return None


@dataclass(slots=True)
class Node:
    """Calls that paths have in common, up to `call`."""

    call: Call | None = None
    paths: tuple[CallPath, ...] = ()
    """Those that begin so. Of a leaf, they make the same calls under different conditions."""
    conditions: tuple[tuple[Term, ...], ...] = ()
    """What each path requires, but for what all paths through the parent do."""
    children: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a packet."""

    path: str
    sent: tuple[tuple[int, Frame], ...]
    """(device, packet)."""
    cells: tuple[tuple[int, bytes], ...]
    """(vector, contents) that were read, in order."""


class Machine:
    """A network function."""

    def __init__(self, paths: Iterable[CallPath]) -> None:
        self.paths = [path for path in paths if _received(path)]
        self.initial = Core()
        self.named = _names(self.paths[0])
        """Addresses of objects by the names of the variables that point to them."""
        self._set_up(self.paths[0])
        self.devices = _devices(self.paths)
        self.root = _tree([(path, _turn(path)) for path in self.paths])
        called = {call.function for path in self.paths for call in _turn(path)}
        self.interprets_indices = "dchain_is_index_allocated" in called
        """Whether packets say which index they mean: then indices are seen from outside."""
        self.changed = {
            argument.value.value & 0xFFFFFFFF
            for path in self.paths
            for call in _turn(path)
            for argument in call.arguments
            if (call.function, argument.name) in CHANGES and isinstance(argument.value, Const)
        }
        """Addresses of maps and sketches that packets change."""

    def core(self) -> Core:
        """A core whose state is as initialisation leaves it."""
        return deepcopy(self.initial)

    def process(self, core: Core, now: int, device: int, frame: bytes) -> Outcome:
        """One packet through one core's state, which it changes."""
        return _Turn(core, now, device, frame, self.devices).along(self.root)

    def _set_up(self, path: CallPath) -> None:
        turn = _Turn(self.initial)
        for call in path.calls[: _harness(path)[0]]:
            turn.do(Node(children=(Node(call, conditions=((),)),)))
        self.initial.lent.clear()


CHANGES = {
    ("map_put", "map"),
    ("map_erase", "map"),
    ("expire_items_single_map", "map"),
    ("expire_items_single_map_iteratively", "map"),
    ("sketch_touch_buckets", "sketch"),
}


@cache
def machine(folder: Path) -> Machine:
    """The network function whose call paths are in a folder."""
    paths, findings = read([folder], Pool())
    assert not findings
    return Machine(paths)


def _names(path: CallPath) -> dict[str, int]:
    invariant = path.calls[_harness(path)[0]]
    pointers = [each for each in invariant.arguments if each.pointee is not None]
    return {each.name: _after(each).value for each in pointers if isinstance(_after(each), Const)}


def _devices(paths: Iterable[CallPath]) -> list[int]:
    """Those that packets come from."""
    calls = [call for path in paths for call in path.calls if call.function == "packet_receive"]
    return sorted({call.argument("src_devices").value.value for call in calls})


def _harness(path: CallPath) -> list[int]:
    return [at for at, call in enumerate(path.calls) if call.function in HARNESS]


def _turn(path: CallPath) -> list[Call]:
    at = _harness(path)
    return list(path.calls[at[1] + 1 : at[2]])


def _received(path: CallPath) -> bool:
    return any(call.function == "packet_state_total_length" for call in path.calls)


def _tree(
    paths: list[tuple[CallPath, list[Call]]], at: int = 0, known: frozenset[Term] = frozenset()
) -> Node:
    """The node of paths that are alike in the first `at` calls; their common conditions are `known`."""
    first = paths[0][1]
    required = [frozenset(path.constraints) for path, _ in paths]
    common = frozenset.intersection(*required)
    groups: dict[Call, list[tuple[CallPath, list[Call]]]] = {}
    for path, calls in paths:
        if at < len(calls):
            groups.setdefault(calls[at], []).append((path, calls))
    return Node(
        first[at - 1] if at else None,
        tuple(path for path, _ in paths),
        tuple(tuple(each - known) for each in required),
        tuple(_tree(group, at + 1, common) for group in groups.values()),
    )


class _Turn:
    """One turn of the packet loop."""

    def __init__(
        self, core: Core, now: int = 0, device: int = 0, frame: bytes = b"", devices: Sequence[int] = ()
    ) -> None:
        self.core, self.device, self.devices = core, device, devices
        core.now = now
        core.lent.clear()
        self.frame: list[int | None] = list(frame)
        self.length, self.offset = len(frame), 0
        self.chunks: dict[int, int] = {}
        self.sent: list[tuple[int, Frame]] = []
        self.symbols: _Symbols = {}
        self.decided: dict[Term, bool] = {}
        self._bind(self.symbols, "VIGOR_DEVICE", device.to_bytes(4, "little"))

    def along(self, node: Node) -> Outcome:
        """The way of the packet from a node to its leaf."""
        while node.children:
            node = self.do(node)
        (path,) = (path for path in node.paths if self._satisfied(path.constraints))
        cells = tuple((at, held) for at, _, held in self.core.lent)
        return Outcome(path.name, tuple(self.sent), cells)

    def do(self, node: Node) -> Node:
        """Make the call that comes next; where that leads."""
        ways = [way for way in node.children if any(map(self._satisfied, way.conditions))]
        calls = [way.call for way in ways if way.call is not None]
        assert len({call.function for call in calls}) == 1, [call.function for call in calls]
        given = self._given(calls[0])
        assert all(self._given(call) == given for call in calls[1:] if call.function not in ALLOCATES)
        answer = self._answer(calls[0], given)
        left = []
        for way, call in zip(ways, calls, strict=True):
            found = self._unified(call, *answer)
            if found is not None:
                left.append((way, found))
        assert len(left) == 1, f"{len(left)} ways from {calls[0].function} in line {calls[0].source_line}"
        way, self.symbols = left[0]
        return way

    def holds(self, condition: Term) -> bool | None:
        """None if some of its symbols have no value."""
        if condition not in self.decided:
            try:
                self.decided[condition] = bool(value(condition, self.symbols))
            except KeyError:
                return None
        return self.decided[condition]

    def _satisfied(self, conditions: Iterable[Term]) -> bool:
        return all(self.holds(condition) is not False for condition in conditions)

    def _given(self, call: Call) -> Given:
        numbers, memory, addresses = {}, {}, {}
        covered = None
        is_packet = call.function.startswith("packet_")
        for argument in call.arguments:
            if not argument.pointer or is_packet:
                numbers[argument.name] = value(argument.value, self.symbols)
            elif argument.pointee is not None and argument.pointee.before is not None:
                memory[argument.name] = self._bytes(argument.pointee.before)
            if argument.name.endswith("_out") and isinstance(_after(argument), Const):
                addresses[argument.name] = _after(argument).value
            if argument.name == "key" and argument.fields:
                covered = sum(each.value.before.width for each in argument.fields) // 8
        return Given(numbers, memory, addresses if call.function in ALLOCATES else {}, covered)

    def _bytes(self, term: Term) -> bytes:
        return value(term, self.symbols).to_bytes(term.width // 8, "little")

    def _answer(self, call: Call, given: Given) -> tuple[int | None, dict[str, int], dict[str, bytes]]:
        match call.function:
            case "packet_receive":
                return 1, {"len": self.length}, {}
            case "packet_get_unread_length":
                return self.length - self.offset, {}, {}
            case "packet_borrow_next_chunk":
                (extra,) = call.extras
                start, self.offset = self.offset, self.offset + given.numbers["length"]
                self.chunks[extra.address] = start
                size = extra.value.after.width // 8
                return None, {}, {"the_chunk": bytes(self.frame[start : start + size])}
            case "packet_return_chunk":
                self._rewrite(self.chunks[given.numbers["the_chunk"]], call)
            case "packet_send":
                self.sent.append((given.numbers["dst_device"], tuple(self.frame)))
            case "packet_broadcast":
                others = [device for device in self.devices if device != given.numbers["src_device"]]
                self.sent += [(device, tuple(self.frame)) for device in others]
            case "packet_get_chunk_length" | "packet_insert_new_chunk" | "packet_shrink_chunk":
                pass  # What packets become is compared, and a function of the packet alone here.
            case "packet_state_total_length" | "packet_free":
                pass
            case _:
                answer = self.core.call(call.function, given)
                return answer.result, answer.pointees, answer.extras
        return None, {}, {}

    def _rewrite(self, start: int, call: Call) -> None:
        contents = call.argument("the_chunk").pointee.before
        size = contents.width // 8
        try:
            written: list[int | None] = list(self._bytes(contents))
        except KeyError:
            written = [self._one(contents, at) for at in range(size)]
        self.frame[start : start + size] = written

    def _one(self, contents: Term, at: int) -> int | None:
        """A byte of memory some of which has no value."""
        while isinstance(contents, Apply) and contents.op is Op.CONCAT:
            high, low = contents.args
            contents, at = (low, at) if 8 * at < low.width else (high, at - low.width // 8)
        try:
            return value(contents, self.symbols) >> 8 * at & 0xFF
        except KeyError:
            assert contents.array.name.startswith("checksum")
            return None

    def _unified(
        self, call: Call, result: int | None, pointees: dict[str, int], extras: dict[str, bytes]
    ) -> _Symbols | None:
        """Symbols with what a call handed out; None if the call on this way handed out something else."""
        symbols = dict(self.symbols)
        wanted: list[tuple[Term, int]] = []
        if call.result.value is not None and result is not None:
            wanted.append((call.result.value, result))
        for name, number in pointees.items():
            wanted.append((_after(call.argument(name)), number))
        for name, contents in extras.items():
            term = call.extra(name).value.after
            wanted.append((term, int.from_bytes(contents[: term.width // 8], "little")))
        return symbols if all(self._unify(symbols, *each) for each in wanted) else None

    def _unify(self, symbols: _Symbols, term: Term, number: int) -> bool:
        try:
            return value(term, symbols) == number & (1 << term.width) - 1
        except KeyError:
            pass
        match term:
            case Read(index=Const(value=at), updates=()):
                symbols[term.array.name, at] = number & 0xFF
                return True
            case Apply(op=Op.CONCAT, args=(high, low)):
                below = number & (1 << low.width) - 1
                return self._unify(symbols, low, below) and self._unify(symbols, high, number >> low.width)
            case Apply(op=Op.ZEXT, args=(inner,)):
                return number >> inner.width == 0 and self._unify(symbols, inner, number)
            case Apply(op=Op.ADD, args=(Const(value=less), inner)):
                return self._unify(symbols, inner, number - less & (1 << term.width) - 1)
        raise AssertionError(term)

    @staticmethod
    def _bind(symbols: _Symbols, name: str, contents: bytes) -> None:
        symbols.update({(name, at): byte for at, byte in enumerate(contents)})


ALLOCATES = {f"{kind}_allocate" for kind in ("map", "vector", "dchain", "sketch", "lpm")}


def _after(argument: Argument) -> Term | None:
    return None if argument.pointee is None else argument.pointee.after
