"""Why the lines of a conflict leave no key: first what forces key bits to zero, then what carries that on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rss_dsl.assumptions import tied
from rss_dsl.problem import HashInput, Problem, Requirement
from rss_solver.choice.choose import index_sums, needed
from rss_solver.conflicts.conflict import Conflict, Reason, Search, reduced
from rss_solver.explain.assuming import statements, unassumed
from rss_solver.explain.terms import Effect, effects, joined
from rss_solver.gf2 import Elimination
from rss_solver.keyspace.groups import Group, groups, weakest
from rss_solver.keyspace.space import Inconsistent, KeySpace
from rss_solver.keyspace.statement import Statement, Window, class_pairs, state, windows_between
from rss_solver.keyspace.trace import KeyBit, Origin, Tracer
from rss_solver.tied import always
from rss_solver.tied.live import live
from rss_solver.toeplitz import key_bit


@dataclass(frozen=True, slots=True)
class Ties:
    """What a requirement says of the bits that are hashed."""

    line: int
    classes: tuple[tuple[str, str], ...]
    """The pairs of classes that matter here, on the requirement's first and second port."""
    effects: tuple[Effect, ...]
    always: bool
    """Whether all packets of one of these pairs of classes satisfy it: all of them must meet."""
    assumptions: tuple[int, ...] = ()
    """Assumptions without which it would tie other bits; indices into `Problem.assumptions`."""
    elsewhere: bool = False
    """Whether none of the classes is one that cannot be spread: they share its key bits."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A key that is given."""

    line: int
    port: int


@dataclass(frozen=True, slots=True)
class Shared:
    """A key that two ports have in common."""

    line: int
    first: int
    second: int


Step = Ties | Pinned | Shared


@dataclass(frozen=True, slots=True)
class NothingLeft:
    """Every key bit on which the index of these classes depends is constant."""

    port: int
    packet_classes: tuple[str, ...]
    assumptions: tuple[int, ...] = ()
    """Assumptions without which these classes would vary in more; indices into `Problem.assumptions`."""


@dataclass(frozen=True, slots=True)
class NotTogether:
    """Each of these classes could be spread without one of the others."""

    classes: tuple[tuple[int, str], ...]
    """(port, packet class)."""


@dataclass(frozen=True, slots=True)
class OnesWhereZero:
    """Bits that are one in a pinned key and have to be zero."""

    port: int
    bits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unequal:
    """Two bits of pinned keys that have to be equal and are not."""

    first: KeyBit
    second: KeyBit


@dataclass(frozen=True, slots=True)
class OddSum:
    """Bits of pinned keys that have to add up to zero and do not."""

    bits: tuple[KeyBit, ...]


End = NothingLeft | NotTogether | OnesWhereZero | Unequal | OddSum


@dataclass(frozen=True, slots=True)
class Reasoning:
    """From the lines of a conflict to its end."""

    steps: tuple[Step, ...]
    """One for each line, or several where a line expands; zeros before what carries them on."""
    end: End


def reasoning(problem: Problem, conflict: Conflict) -> Reasoning:
    """The reasoning behind a conflict of this problem."""
    statement = state(problem)
    whole = next(group for group in groups(problem, statement) if conflict.port in group.ports)
    return _Reasoner(problem, statement, whole, conflict).reasoning()


class _Reasoner:
    def __init__(self, problem: Problem, statement: Statement, whole: Group, conflict: Conflict) -> None:
        self.problem, self.statement, self.whole, self.conflict = problem, statement, whole, conflict
        self.modes = whole.all(weakest(problem))
        self.group = reduced(whole, statement, conflict.lines)

    def reasoning(self) -> Reasoning:
        """The steps in order, and the end."""
        origins = self._origins()
        order = sorted(origins, key=lambda origin: (origins[origin], origin.line))
        used: dict[int, list[Origin]] = {line: [] for line in dict.fromkeys(o.line for o in order)}
        for origin in order:
            used[origin.line].append(origin)
        steps = (step for line, found in used.items() for step in self._steps(line, found))
        return Reasoning(tuple(steps), self._end())

    def _origins(self) -> Mapping[Origin, int]:
        """The equations behind the conflict, each with its distance from the zeros it starts with."""
        tracer = Tracer(self.statement, self.group, self.modes, self.conflict.lines)
        if self.conflict.reason is Reason.CONSTANT:
            found = tracer.behind(index_sums(self.group, self.conflict.port, self._stuck()))
            if found is not None:
                return found
        named = self.statement.windows
        windows = {
            Origin(next(line for line in named[w] if line in self.conflict.lines), w): len(w.terms)
            for w in self.group.windows
        }
        return windows | {Origin(self.statement.pins[i], i): 9 for i in self.group.pinned}

    def _stuck(self) -> HashInput:
        name = self.conflict.packet_classes[0]
        return next(x for x in self.problem.ports[self.conflict.port].live if x.packet_class == name)

    def _steps(self, line: int, used: list[Origin]) -> Iterator[Step]:
        pinned = [origin.source for origin in used if isinstance(origin.source, int)]
        yield from (Pinned(line, port) for port in dict.fromkeys(pinned))
        left = {origin.source for origin in used if isinstance(origin.source, Window)}
        for shared in self.problem.shared_keys:
            if shared.line == line and any(_between(w, shared.first, shared.second) for w in left):
                yield Shared(line, shared.first, shared.second)
        found: list[Effect] = []
        classes: dict[tuple[str, str], None] = {}
        total = False
        assumed: dict[int, None] = {}
        for requirement, first, second in self._pairs(line):
            windows = windows_between(self.problem, requirement, first, second) or ()
            if not left.isdisjoint(windows):
                left.difference_update(windows)
                sides = ((requirement.second, second), (requirement.first, first))
                found += [effect for window in windows for effect in effects(window, sides)]
                names = first.packet_class, second.packet_class
                classes[names] = None
                assumed |= dict.fromkeys(self._narrowing(requirement, first, second))
                total = total or always(tied(self.problem, requirement, *names), *names)
        if found:
            stuck = self.conflict.packet_classes
            elsewhere = bool(stuck) and not any(name in stuck for pair in classes for name in pair)
            yield Ties(line, tuple(classes), joined(found), total, tuple(sorted(assumed)), elsewhere)

    def _narrowing(self, requirement: Requirement, first: HashInput, second: HashInput) -> Iterator[int]:
        """The assumptions without which a requirement ties other bits of these classes."""
        found = windows_between(self.problem, requirement, first, second)
        for one in statements(self.problem, (requirement.first, requirement.second)):
            if windows_between(unassumed(self.problem, one), requirement, first, second) != found:
                yield one

    def _freezing(self) -> Iterator[int]:
        """The assumptions without which the classes of the conflict vary in more."""
        port = self.conflict.port
        layouts = [x for x in self.problem.ports[port].live if x.packet_class in self.conflict.packet_classes]
        for one in statements(self.problem, (port,)):
            more = unassumed(self.problem, one)
            if any(_directions(more, port, x) != _directions(self.problem, port, x) for x in layouts):
                yield one

    def _pairs(self, line: int) -> list[tuple[Requirement, HashInput, HashInput]]:
        """What a line says of which classes, those of the conflict first."""
        wanted = self.conflict.packet_classes[:1]
        found = [
            (requirement, first, second)
            for requirement in self.problem.requirements
            if requirement.line == line
            for first, second in class_pairs(self.problem, requirement)
        ]
        return sorted(found, key=lambda f: sum(x.packet_class not in wanted for x in f[1:]))

    def _end(self) -> End:
        match self.conflict.reason:
            case Reason.CONSTANT:
                return NothingLeft(self.conflict.port, self.conflict.packet_classes, tuple(self._freezing()))
            case Reason.JOINT:
                return NotTogether(tuple(self._together()))
            case Reason.PINNED:
                return self._clash()

    def _together(self) -> Iterator[tuple[int, str]]:
        """Classes of which all but one can be spread, whichever it is."""
        search = Search(self.statement, self.whole, self.modes)
        space = search.space(self.conflict.lines)
        if isinstance(space, Inconsistent):
            raise ValueError("a conflict of pinned keys")
        kept = {tuple(index_sums(self.group, i, x)): (i, x) for i, x in reversed(needed(self.group))}
        for name in tuple(kept):
            rest = [entry for other, entry in kept.items() if other != name]
            if not search.spreadable(space, rest):
                del kept[name]
        return ((i, layout.packet_class) for i, layout in sorted(kept.values(), key=lambda entry: entry[0]))

    def _clash(self) -> End:
        """Pinned bits that the other lines do not allow, the simplest kind there is."""
        pinned = set(self.statement.pins.values())
        space = Search(self.statement, self.whole, self.modes).space(set(self.conflict.lines) - pinned)
        if isinstance(space, Inconsistent):
            raise ValueError("requirements alone always have a solution: the zero key")
        forms = dict(self._pinned_forms(space))
        ones = [at for at, (form, value) in forms.items() if not form and value]
        if ones:
            port = ones[0][0]
            return OnesWhereZero(port, tuple(bit for i, bit in ones if i == port))
        seen: dict[int, tuple[KeyBit, int]] = {}
        for at, (form, value) in forms.items():
            other, expected = seen.setdefault(form, (at, value))
            if value != expected:
                return Unequal(other, at)
        return OddSum(_odd(forms))

    def _pinned_forms(self, space: KeySpace) -> Iterator[tuple[KeyBit, tuple[int, int]]]:
        """(form, value) of every pinned bit."""
        for i, key in self.group.pinned.items():
            for bit in range(self.group.ports[i].key_bits):
                yield (i, bit), (space.form(i, bit), key_bit(key, bit))


def _directions(problem: Problem, port: int, layout: HashInput) -> tuple[int, ...]:
    found = live(problem, port, layout)
    return found.directions if found else ()


def _between(window: Window, first: int, second: int) -> bool:
    return window.whole and {port for port, _ in window.terms} == {first, second}


def _odd(forms: Mapping[KeyBit, tuple[int, int]]) -> tuple[KeyBit, ...]:
    """Bits whose forms add up to zero and whose values to one."""
    system = Elimination()
    places = list(forms)
    for place, at in enumerate(places):
        form, value = forms[at]
        left, why = system.reduce(form & ~1 | value, 1 << place)
        if left == 1:
            return tuple(places[p] for p in range(len(places)) if why >> p & 1)
        system.add(left, why)
    raise ValueError("the pinned keys do not contradict each other")
