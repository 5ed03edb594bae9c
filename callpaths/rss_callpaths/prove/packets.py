"""Two packets before the solver: their paths' conditions, with symbols renamed apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rss_callpaths.accesses.access import PathAccesses
from rss_callpaths.packet.parts import PACKET
from rss_callpaths.prove.agreement import Agreement
from rss_callpaths.prove.arrivals import Fields, Kind, packet_of
from rss_callpaths.prove.assumed import holds
from rss_callpaths.prove.entries import Ends
from rss_callpaths.prove.keys import Relation
from rss_callpaths.prove.ties import Tied
from rss_callpaths.terms import Pool, Term
from rss_callpaths.terms.bytewise import Symbol, nodes, symbols
from rss_callpaths.terms.symbolic import Symbolic, hard
from rss_dsl.problem import Condition
from rss_solver.packets.packet import Packet
from rss_solver.smt.limits import Unknown
from rss_solver.smt.terms import Flag, Questions, Terms, Word

NAMES = ("p.", "q.")
"""Before the names of the first and the second packet's symbols."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """A question: can packets of two kinds that satisfy a relation be on different cores?

    `paths`: whose conditions they satisfy as well; None leaves those out, and with them more is asked.
    """

    relation: Relation
    kinds: tuple[Kind, Kind]
    paths: tuple[PathAccesses, PathAccesses] | None = None

    @property
    def key(self) -> object:
        """What tells questions apart."""
        names = None if self.paths is None else tuple(path.path.name for path in self.paths)
        return self.relation, self.kinds, names

    @property
    def terms(self) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
        """What each packet's side of the relation reads."""
        return tuple(one for one, _ in self.relation), tuple(other for _, other in self.relation)


class Packets:
    """Asks questions about two packets."""

    def __init__(self, pool: Pool, limit: int) -> None:
        """`limit`: Z3 resource units for each question."""
        self.pool, self.limit = pool, limit
        self.terms = Terms()
        self.questions = Questions(self.terms, limit)
        self.rough = self._symbolic(rough=True)
        self.exact = self._symbolic(rough=False)
        self._tied = Tied(self.terms, self.questions, self.rough)
        self._symbols: dict[Term, frozenset[Symbol]] = {}
        self._hard: dict[Term, bool] = {}

    def _symbolic(self, *, rough: bool) -> tuple[Symbolic, Symbolic]:
        first, second = (Symbolic(self.terms, name, rough=rough) for name in NAMES)
        return first, second

    # --- two packets on different cores -----------------------------------------------------------------

    def parted(
        self, meeting: Meeting, restrictions: tuple[Sequence[Condition], Sequence[Condition]]
    ) -> tuple[Packet, Packet] | Unknown | None:
        """Two such packets on different cores. None: there are none.

        `restrictions`: what the spec assumes of packets of each kind.
        """
        if self._tied.agree(meeting.relation, Ends(meeting.kinds)):
            return None
        found = self._parted(meeting, restrictions, self.rough)
        if found is None or meeting.paths is None or not self._rough_matters(meeting):
            return found
        return self._parted(meeting, restrictions, self.exact)

    def _parted(
        self,
        meeting: Meeting,
        restrictions: tuple[Sequence[Condition], Sequence[Condition]],
        symbolic: tuple[Symbolic, Symbolic],
    ) -> tuple[Packet, Packet] | Unknown | None:
        terms = self.terms
        fields = [
            Fields(terms, side, name, kind)
            for side, name, kind in zip(symbolic, NAMES, meeting.kinds, strict=True)
        ]
        flags = [terms.equal(symbolic[0].word(a), symbolic[1].word(b)) for a, b in meeting.relation]
        for number, kind in enumerate(meeting.kinds):
            wanted = [*kind.condition, *self._conditions(meeting, number)]
            flags += [symbolic[number].flag(condition) for condition in wanted]
            flags += [holds(condition, fields[number], terms) for condition in restrictions[number]]
        words = fields[0].prepared(), fields[1].prepared()
        with self.questions.scope(*flags):
            found = Agreement(terms, self.questions, Ends(meeting.kinds), words).parted()
            if not isinstance(found, tuple):
                return found
            return self._packets(meeting, fields, words, found)

    def _packets(
        self,
        meeting: Meeting,
        fields: Sequence[Fields],
        inputs: tuple[Word | None, Word | None],
        data: tuple[int, int],
    ) -> tuple[Packet, Packet] | Unknown:
        """The packets that have these hash inputs."""
        flags = [
            self.terms.equal(word, self.terms.number(value, word.size()))
            for word, value in zip(inputs, data, strict=True)
            if word is not None
        ]
        names = [each.known(self._read(meeting, side)) for side, each in enumerate(fields)]
        words = [each.word(name) for each, known in zip(fields, names, strict=True) for name in known]
        found = self.questions.find(words, *flags) if words else ()
        if not isinstance(found, tuple):
            return Unknown()
        split = len(names[0])
        return (
            packet_of(fields[0].kind, names[0], found[:split]),
            packet_of(fields[1].kind, names[1], found[split:]),
        )

    def _read(self, meeting: Meeting, side: int) -> frozenset[int]:
        """The packet's bytes that matter."""
        terms = (*meeting.terms[side], *meeting.kinds[side].condition, *self._conditions(meeting, side))
        return frozenset(at for term in terms for array, at in self.symbols(term) if array.name == PACKET)

    def _conditions(self, meeting: Meeting, side: int) -> tuple[Term, ...]:
        """The conditions of a packet's path that bear on what is asked, directly or through others."""
        if meeting.paths is None:
            return ()
        kind = meeting.kinds[side]
        start = {symbol for term in meeting.terms[side] for symbol in self.symbols(term)}
        start |= {symbol for term in kind.condition for symbol in self.symbols(term)}
        read = {byte for byte, _, _, _ in kind.places}
        return self.about(meeting.paths[side], start, read)

    def about(
        self, path: PathAccesses, start: Iterable[Symbol], packet_bytes: Iterable[int] = ()
    ) -> tuple[Term, ...]:
        """The conditions of a path that share symbols with these, directly or through others."""
        from_packet = frozenset(packet_bytes)
        seen = set(start)
        left = list(dict.fromkeys(path.path.constraints))
        found: list[Term] = []
        while True:
            near = [
                term
                for term in left
                if any(
                    symbol in seen or (symbol[0].name == PACKET and symbol[1] in from_packet)
                    for symbol in self.symbols(term)
                )
            ]
            if not near:
                return tuple(found)
            found += near
            taken = set(near)
            left = [term for term in left if term not in taken]
            seen |= {symbol for term in near for symbol in self.symbols(term)}

    def _rough_matters(self, meeting: Meeting) -> bool:
        asked = [*self._conditions(meeting, 0), *self._conditions(meeting, 1)]
        asked += [*meeting.terms[0], *meeting.terms[1]]
        return any(self._is_hard(term) for term in asked)

    def _is_hard(self, term: Term) -> bool:
        if term not in self._hard:
            self._hard[term] = any(hard(node) for node in nodes(term))
        return self._hard[term]

    # --- terms of two paths -----------------------------------------------------------------------------

    def impossible(
        self,
        first: PathAccesses,
        second: PathAccesses,
        flags: Sequence[Flag],
        about: Sequence[Term],
    ) -> bool:
        """Whether flags can hold together on no two turns of the paths. `about`: the terms in them."""
        start = {symbol for term in about for symbol in self.symbols(term)}
        given = [
            side.flag(condition)
            for side, path in zip(self.rough, (first, second), strict=True)
            for condition in self.about(path, start)
        ]
        with self.questions.scope(*given, *flags):
            return self.questions.possible() is False

    def symbols(self, term: Term) -> frozenset[Symbol]:
        """`bytewise.symbols`, kept."""
        found = self._symbols.get(term)
        if found is None:
            self._symbols[term] = found = symbols(term)
        return found

    def word(self, side: int, term: Term) -> Word:
        """A term of one of the paths."""
        return self.rough[side].word(term)

    def equal(self, first: Term, second: Term) -> Flag:
        """A number of the first path is one of the second's."""
        return self.terms.equal(*self._wide((0, first), (1, second)))

    def negated(self, flag: Flag) -> Flag:
        """Not."""
        return self.terms.negation(flag)

    def below(self, side: int, term: Term, size: int) -> Flag:
        """An index is in range."""
        return self.terms.compare("ult", self.word(side, term), self.terms.number(size, term.width))

    def less(self, first: tuple[int, Term], second: tuple[int, Term]) -> Flag:
        """One unsigned number is less than another; each with the side that it is of."""
        return self.terms.compare("ult", *self._wide(first, second))

    def at_most(self, first: tuple[int, Term], second: tuple[int, Term]) -> Flag:
        """One unsigned number is at most another."""
        return self.terms.compare("ule", *self._wide(first, second))

    def _wide(self, first: tuple[int, Term], second: tuple[int, Term]) -> tuple[Word, Word]:
        width = max(first[1].width, second[1].width)
        one, other = (self.terms.zero_extend(self.word(*each), width) for each in (first, second))
        return one, other
