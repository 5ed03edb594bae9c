"""Recursion as deep as memory allows: functions that `yield` their inner calls, and get the results back."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import TypeVar

_T = TypeVar("_T")

Deep = Generator["Deep[_T]", _T, _T]
"""A function under way: `inner = yield f(part)` calls `f`."""


def deeply(outer: Deep[_T]) -> _T:
    """What the outermost call returns."""
    waiting: list[Deep[_T]] = []
    call = outer
    go_on: Callable[[], Deep[_T]] = call.__next__
    while True:
        try:
            inner = go_on()
        except StopIteration as end:
            found: _T = end.value
            if not waiting:
                return found
            call = waiting.pop()
            go_on = partial(call.send, found)
        else:
            waiting.append(call)
            call, go_on = inner, inner.__next__
