"""Expressions: terms, their bytes, what they are to Z3, and what a path's conditions say of them."""

from rss_callpaths.terms.term import COMPARISONS, Apply, Array, Const, Op, Pool, Read, Term

__all__ = ["COMPARISONS", "Apply", "Array", "Const", "Op", "Pool", "Read", "Term"]
