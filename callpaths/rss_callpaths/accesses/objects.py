"""The data structures of a network function: found by their addresses, named as its source names them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rss_callpaths.accesses.access import StateObject
from rss_callpaths.callpath import Call, CallPath
from rss_callpaths.library import Function, Kind, Library
from rss_callpaths.terms import Const, Term

_ADDRESS = 0xFFFFFFFF
"""Models trace some pointers as 32-bit numbers: identity is what those show."""


def address_of(value: int) -> int:
    """The identity of the object at an address."""
    return value & _ADDRESS


def pointer(call: Call, function: Function, name: str) -> Term | None:
    """The pointer to an object: an argument's value; of an allocation, what it sets its argument to."""
    argument = call.argument(name)
    if argument is None:
        return None
    if function.kind is Kind.INIT and argument.pointee is not None:
        return argument.pointee.after
    return argument.value


def objects(paths: Sequence[CallPath], library: Library) -> dict[int, StateObject]:
    """Every object that some path allocates or uses under a constant address, by address, ascending."""
    types: dict[int, str] = {}
    parameters: dict[int, tuple[tuple[str, int], ...]] = {}
    names: dict[int, str] = {}
    for path in paths:
        for call in path.calls:
            function = library.of(call.function)
            if function.kind is Kind.HARNESS:
                for address, name in _named(call):
                    names.setdefault(address, name)
            for address, kind in _used(call, function):
                types.setdefault(address, kind)
                if function.kind is Kind.INIT:
                    parameters.setdefault(address, _constants(call))
    return _numbered(types, names, parameters)


def _numbered(
    types: dict[int, str], names: dict[int, str], parameters: dict[int, tuple[tuple[str, int], ...]]
) -> dict[int, StateObject]:
    taken: set[str] = set()
    found: dict[int, StateObject] = {}
    counts: dict[str, int] = {}
    for address, kind in sorted(types.items()):
        name = names.get(address)
        if name is None or name in taken:
            while True:
                counts[kind] = counts.get(kind, 0) + 1
                name = f"{kind}_{counts[kind]}"
                if name not in taken and name not in names.values():
                    break
        taken.add(name)
        found[address] = StateObject(address, name, kind, parameters.get(address, ()))
    return found


def failed(call: Call, function: Function) -> bool:
    """Whether the call is an allocation that says it failed: what its pointer holds then is no object."""
    value = call.result.value
    wanted = function.kind is Kind.INIT and function.success
    return wanted and isinstance(value, Const) and value.value == 0


def _used(call: Call, function: Function) -> Iterable[tuple[int, str]]:
    if failed(call, function):
        return
    named = [(function.object, function.type)] if function.object else []
    for name, kind in (*named, *function.touches.items()):
        value = pointer(call, function, name)
        if isinstance(value, Const) and value.value:
            yield address_of(value.value), kind


def _named(call: Call) -> Iterable[tuple[int, str]]:
    """Addresses and names: of variables that hold pointers, by value or by reference."""
    for argument in call.arguments:
        values = [argument.value]
        if argument.pointee is not None:
            values += [part for part in (argument.pointee.before, argument.pointee.after) if part is not None]
        for value in values:
            if isinstance(value, Const) and value.width >= 32 and value.value:
                yield address_of(value.value), argument.name


def _constants(call: Call) -> tuple[tuple[str, int], ...]:
    return tuple(
        (argument.name, argument.value.value)
        for argument in call.arguments
        if isinstance(argument.value, Const) and not argument.pointer and argument.function is None
    )
