"""Terms as a person would write them: conditions without the words that compilers make of them.

`(Eq 0 (Or w32 (ZExt w32 a) (ZExt w32 b)))` is `!a && !b`. What comes out has the same value.
"""

from __future__ import annotations

from rss_callpaths.terms import Apply, Const, Op, Pool, Read, Term
from rss_callpaths.terms.deep import Deep, deeply

_NEGATED = {
    Op.EQ: Op.NE,
    Op.NE: Op.EQ,
    Op.ULT: Op.UGE,
    Op.ULE: Op.UGT,
    Op.UGT: Op.ULE,
    Op.UGE: Op.ULT,
    Op.SLT: Op.SGE,
    Op.SLE: Op.SGT,
    Op.SGT: Op.SLE,
    Op.SGE: Op.SLT,
}
_TURNED = {
    Op.EQ: Op.EQ,
    Op.NE: Op.NE,
    Op.ULT: Op.UGT,
    Op.ULE: Op.UGE,
    Op.UGT: Op.ULT,
    Op.UGE: Op.ULE,
    Op.SLT: Op.SGT,
    Op.SLE: Op.SGE,
    Op.SGT: Op.SLT,
    Op.SGE: Op.SLE,
}

_UNSIGNED = {Op.SLT: Op.ULT, Op.SLE: Op.ULE, Op.SGT: Op.UGT, Op.SGE: Op.UGE}


class Plain:
    """Simplifies terms of one pool, each once."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._known: dict[Term, Term] = {}
        self._opposites: dict[Term, Term] = {}

    def __call__(self, term: Term) -> Term:
        """A term of the same value and width."""
        waiting = [term]
        while waiting:
            node = waiting[-1]
            inner = [part for part in node.args if part not in self._known] if isinstance(node, Apply) else []
            if inner and node not in self._known:
                waiting += inner
                continue
            waiting.pop()
            if node not in self._known:
                self._known[node] = self._made(node)
        return self._known[term]

    def negated(self, term: Term) -> Term:
        """The opposite of a simplified condition."""
        return deeply(self._negated(term))

    def _negated(self, term: Term) -> Deep[Term]:
        if isinstance(term, Const):
            return self.pool.const(1 - term.value, 1)
        if isinstance(term, Apply):
            if term.op is Op.NOT:
                return term.args[0]
            if term.op in _NEGATED and term.args[0].width > 1:
                return self.pool.apply(_NEGATED[term.op], 1, term.args)
            if term.op in (Op.AND, Op.OR):
                if term not in self._opposites:
                    parts = []
                    for part in term.args:
                        parts.append((yield self._negated(part)))
                    other = Op.OR if term.op is Op.AND else Op.AND
                    self._opposites[term] = self.pool.apply(other, 1, parts)
                return self._opposites[term]
        return self.pool.apply(Op.NOT, 1, (term,))

    def _made(self, term: Term) -> Term:
        if isinstance(term, Const | Read):
            return term
        args = tuple(self._known[part] for part in term.args)
        if term.op is Op.NOT_OPTIMIZED:
            return args[0]
        if term.op is Op.NOT and term.width == 1:
            return self.negated(args[0])
        if term.op in _TURNED:
            return self._comparison(term.op, *args)
        if term.op is Op.ZEXT and isinstance(args[0], Apply) and args[0].op is Op.ZEXT:
            args = args[0].args
        if term.op in (Op.AND, Op.OR) and term.width == 1:
            return self._both(term.op, *args)
        return self.pool.apply(term.op, term.width, args, term.offset)

    def _both(self, op: Op, first: Term, second: Term) -> Term:
        neutral = 1 if op is Op.AND else 0
        for one, other in ((first, second), (second, first)):
            if isinstance(one, Const):
                return other if one.value == neutral else one
        return first if first is second else self.pool.apply(op, 1, (first, second))

    def _comparison(self, op: Op, first: Term, second: Term) -> Term:
        if isinstance(first, Const) and not isinstance(second, Const):
            op, first, second = _TURNED[op], second, first
        narrow = _extended(first)
        if narrow is not None and isinstance(second, Const) and second.value >> narrow.width == 0:
            op, first, second = _UNSIGNED.get(op, op), narrow, self.pool.const(second.value, narrow.width)
        if op in (Op.EQ, Op.NE) and isinstance(second, Const):
            found = deeply(self._is(first, second.value))
            if found is not None:
                return found if op is Op.EQ else self.negated(found)
        return self.pool.apply(op, 1, (first, second))

    def _is(self, word: Term, value: int) -> Deep[Term | None]:
        """That a word has a value, where the word is made of conditions."""
        if word.width == 1:
            return word if value else self.negated(word)
        if not isinstance(word, Apply):
            return None
        if word.op is Op.ZEXT and word.args[0].width == 1:
            return (yield self._is(word.args[0], value)) if value < 2 else self.pool.const(0, 1)
        if word.op is Op.OR and value == 0:
            parts = []
            for part in word.args:
                parts.append((yield self._is(part, 0)) or self._plainly_zero(part))
            return self._both(Op.AND, *parts)
        if word.op is Op.AND and value == 0:
            flags = [self._flag(part) for part in word.args]
            if flags[0] is not None and flags[1] is not None:
                return self.negated(self._both(Op.AND, flags[0], flags[1]))
        return None

    def _plainly_zero(self, word: Term) -> Term:
        return self.pool.apply(Op.EQ, 1, (word, self.pool.const(0, word.width)))

    def _flag(self, word: Term) -> Term | None:
        """The condition that a word of 0 or 1 is."""
        if isinstance(word, Apply) and word.op is Op.ZEXT and word.args[0].width == 1:
            return word.args[0]
        return None


def _extended(word: Term) -> Term | None:
    """The narrower one, of more than one bit, that a word is; such a word is not negative."""
    if isinstance(word, Apply) and word.op is Op.ZEXT and 1 < word.args[0].width < word.width:
        return word.args[0]
    return None
