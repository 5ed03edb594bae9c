"""The language's operators on bit-vectors, for every module here that builds formulas through pysmt."""

from __future__ import annotations

from pysmt.fnode import FNode
from pysmt.formula import FormulaManager


def comparison(build: FormulaManager, op: str, left: FNode, right: FNode) -> FNode:
    """`== != < <= > >=`, unsigned."""
    match op:
        case "==":
            return build.Equals(left, right)
        case "!=":
            return build.Not(build.Equals(left, right))
        case "<":
            return build.BVULT(left, right)
        case "<=":
            return build.BVULE(left, right)
        case ">":
            return build.BVUGT(left, right)
        case ">=":
            return build.BVUGE(left, right)
        case _:
            raise ValueError(f"unknown comparison {op}")


def operation(build: FormulaManager, op: str, left: FNode, right: FNode) -> FNode:
    """`& | ^ + - << >>`, modular, and `min` and `max`."""
    match op:
        case "&":
            return build.BVAnd(left, right)
        case "|":
            return build.BVOr(left, right)
        case "^":
            return build.BVXor(left, right)
        case "+":
            return build.BVAdd(left, right)
        case "-":
            return build.BVSub(left, right)
        case "<<":
            return build.BVLShl(left, right)
        case ">>":
            return build.BVLShr(left, right)
        case "min":
            return build.Ite(build.BVULT(left, right), left, right)
        case "max":
            return build.Ite(build.BVULT(left, right), right, left)
        case _:
            raise ValueError(f"unknown operation {op}")
