"""Keys of a group by Z3 alone, from the quantifier-free statement as it is exported."""

from __future__ import annotations

import z3

from rss_solver.limits import LimitReachedError
from rss_solver.smt.limits import DEFAULT_LIMIT


def find_keys(text: str, sizes: dict[str, int], limit: int = DEFAULT_LIMIT) -> dict[str, int] | None:
    """Values of the bit-vectors of these names and sizes, None if the text cannot be satisfied.

    What the text asks for softly is satisfied as far as possible, by weight.
    LimitReachedError if Z3 gives up.
    """
    context = z3.Context()
    optimizer = z3.Optimize(ctx=context)
    optimizer.set("rlimit", limit)
    optimizer.from_string(text)
    answer = optimizer.check()
    if answer == z3.unknown:
        raise LimitReachedError
    if answer == z3.unsat:
        return None
    model = optimizer.model()
    found: dict[str, int] = {}
    for name, bits in sizes.items():
        value = model.eval(z3.BitVec(name, bits, context), model_completion=True)
        if not isinstance(value, z3.BitVecNumRef):
            raise ValueError(f"{name} has no value")
        found[name] = value.as_long()
    return found
