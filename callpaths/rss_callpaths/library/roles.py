"""The roles of a call's arguments: its object, key, value, result as the library names them."""

from __future__ import annotations

from rss_callpaths.callpath import Call
from rss_callpaths.library import RETURN
from rss_callpaths.terms import Term


def given(call: Call, name: str) -> Term | None:
    """What the call was given: of a pointer, what it pointed to when the call began (or else afterwards)."""
    argument = call.argument(name)
    if argument is None:
        return None
    if argument.pointee is None:
        return None if argument.pointer else argument.value
    return argument.pointee.before or argument.pointee.after


def answered(call: Call, name: str) -> Term | None:
    """What the call handed out: its return value, an extra, or what a pointer points to afterwards."""
    if name == RETURN:
        return call.result.value
    extra = call.extra(name)
    if extra is not None:
        return extra.value.after or extra.value.before
    argument = call.argument(name)
    if argument is None or argument.pointee is None:
        return None
    return argument.pointee.after


def outputs(call: Call) -> tuple[Term, ...]:
    """Everything that the call may have handed out."""
    found = [call.result.value, call.result.pointee, *(value for _, value in call.result.fields)]
    found += [extra.value.after for extra in call.extras]
    for argument in call.arguments:
        found += [argument.pointee.after] if argument.pointee else []
        found += [part.value.after for part in argument.fields if part.value]
    return tuple(term for term in found if term is not None)


def inputs(call: Call) -> tuple[Term, ...]:
    """Everything that the call was given."""
    found: list[Term | None] = []
    for argument in call.arguments:
        found.append(argument.value)
        found += [argument.pointee.before] if argument.pointee else []
    found += [extra.value.before for extra in call.extras]
    return tuple(term for term in found if term is not None)
