"""The Problem: a checked spec. Whoever holds one may rely on it.

Names are resolved, relations and port groups expanded, widths agree, the NIC can hash what is hashed.
Conditions stay declarative and are still about any classes: `ip_src` and `l4_src` are resolved per class
pair by whoever reads them (the solver and the verifier each in their own way).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rss_dsl.fields import width, wire_rank
from rss_dsl.nic import Function, NicProfile, Switch
from rss_dsl.source import NOWHERE, Span
from rss_dsl.spec import Nf, Spec

# --- conditions -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Slice:
    """Bits `[start, stop)` of a field of packet `side` (0 or 1). `stop` None: to the field's end."""

    side: int
    field: str
    start: int = 0
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class Const:
    """A value of `width` bits; `width` None takes the other operand's width."""

    value: int
    width: int | None = None


@dataclass(frozen=True, slots=True)
class Arith:
    """`& | ^ + - << >>`, unsigned and modular, over equal widths."""

    op: str
    left: Term
    right: Term


Term = Slice | Const | Arith


@dataclass(frozen=True, slots=True)
class Compare:
    """`== != < <= > >=`. False where either side reads a field that the packet lacks, also for `!=`."""

    op: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class AllOf:
    """Conjunction."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Disjunction."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """`!C`; of a comparison that is false for want of a field: true."""

    part: Condition


Condition = Compare | AllOf | AnyOf | Negation


# --- ports ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HashInput:
    """What is hashed for one class: canonical fields in wire order, packed from bit 0.

    `function` says what becomes of the selected bits before the Toeplitz hash; `bits` counts what it reads,
    `selected_bits` what is selected.
    """

    packet_class: str
    fields: tuple[str, ...]
    zeroed: tuple[str, ...] = ()
    """Fields that keep their places and read as zero, on NICs that don't move the others together."""
    function: Function = Function.TOEPLITZ

    @property
    def places(self) -> tuple[tuple[str, int], ...]:
        """Every hashed field with its first bit among the selected bits, in wire order."""
        found, at = [], 0
        for name in sorted((*self.fields, *self.zeroed), key=wire_rank):
            if name in self.fields:
                found.append((name, at))
            at += width(name)
        return tuple(found)

    @property
    def selected_bits(self) -> int:
        """Width of what is selected, places that read as zero included."""
        return sum(width(name) for name in (*self.fields, *self.zeroed))

    @property
    def bits(self) -> int:
        """Width of what the Toeplitz hash reads."""
        return 32 if self.function is Function.SIMPLE_XOR else self.selected_bits

    def offset(self, canonical: str) -> int | None:
        """First bit of a field among the selected bits, None if it is not hashed."""
        return next((at for name, at in self.places if name == canonical), None)


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """`key HEX`, zero-extended to the NIC's length."""

    key: bytes
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One port, complete."""

    name: str
    device: int
    nic: NicProfile
    queues: int
    table_size: int
    """A power of two where the NIC's index function is the low bits."""
    inputs: tuple[HashInput, ...]
    """Every class the chosen switches hash, asked for or not, in the catalogue's class order."""
    switches: tuple[tuple[Switch, int], ...]
    """The switches to turn on and which of its field sets each uses."""
    auto: bool = False
    """`hash auto`, written or by default: inputs and switches are still open (and empty)."""
    traffic: tuple[str, ...] | None = None
    """The classes that matter; None: the hashed ones."""
    adapter: str | None = None
    pinned: PinnedKey | None = None
    function: Function = Function.TOEPLITZ
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def key_bits(self) -> int:
        """Key length in bits."""
        return 8 * self.nic.key_bytes.value

    def input_of(self, packet_class: str) -> HashInput | None:
        """The hash input of a class, None if it is not hashed."""
        return next((i for i in self.inputs if i.packet_class == packet_class), None)

    @property
    def live(self) -> tuple[HashInput, ...]:
        """The hashed classes that matter: keys must spread each of them."""
        return tuple(i for i in self.inputs if self.traffic is None or i.packet_class in self.traffic)


@dataclass(frozen=True, slots=True)
class Only:
    """Restricts a requirement to some classes on each side (`fragments same-as-flow`)."""

    first: frozenset[str]
    second: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A packet on port `first` and another on port `second` that satisfy `condition` must meet.

    `first` and `second` index `Problem.ports` and may be equal: two packets of one port.
    """

    line: int
    """Which requirement of the spec: an index into `Problem.lines`. Expanding groups keeps it."""
    first: int
    second: int
    condition: Condition
    only: Only | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of the spec that constrains keys: a `require`, a pinned key, an adapter, a fragments item."""

    label: str
    """`session`, or `requirement 3` where it has no name, or `key of LAN`."""
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class SharedKey:
    """Two ports whose NIC gives them one key."""

    line: int
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Assumption:
    """`assume`: only packets of the port that satisfy it matter. Its condition names side 0 only."""

    port: int
    condition: Condition
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class KeyWish:
    """Key bits `[start, start + width)` of a port as `value`, the first bit most significant."""

    port: int
    start: int
    width: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """`prefer`: key bits that are wished for."""

    wishes: tuple[KeyWish, ...]
    weight: int = 1
    """Shared equally by the bits."""
    over_rank: bool = False
    """Whether it counts before spread."""
    random: bool = False
    """Whether the values are to be drawn from the seed."""
    label: str
    """As the formatter writes what is wished for."""
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A checked spec."""

    spec: Spec
    ports: tuple[Port, ...]
    lines: tuple[Line, ...]
    requirements: tuple[Requirement, ...]
    shared_keys: tuple[SharedKey, ...] = ()
    pinned_lines: tuple[tuple[int, int], ...] = ()
    """(line, port) of every pinned key."""
    assumptions: tuple[Assumption, ...] = ()
    preferences: tuple[Preference, ...] = ()
    equality: str = "auto"
    seed: int = 0
    nf: Nf | None = None

    def port(self, name: str) -> Port | None:
        """The port of that name, None if there is none."""
        return next((p for p in self.ports if p.name == name), None)
