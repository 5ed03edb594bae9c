"""Keys as a packet class has them: every bit a constant, a bit of a field, or something else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from rss_callpaths.infer.bits import Bit, PacketBit
from rss_callpaths.infer.relation import Atom, Atoms, FieldBit, Is, Same, possible
from rss_callpaths.packet.parts import Reading
from rss_dsl.fields import packet_classes, width
from rss_dsl.nic import NicProfile, concrete

KeyBit = int | FieldBit | None


@dataclass(frozen=True, slots=True)
class Shape:
    """A key in packets of one class."""

    packet_class: str
    bits: tuple[KeyBit, ...]
    unplaced: bool
    """Some bits are of the packet and of no field: payload, options, headers that the class lacks."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """When two packets have the same key."""

    atoms: Atoms
    unhashed: frozenset[str]
    """Fields that would have to be equal as well, but that the NIC does not hash."""
    open: bool
    """Bits of the keys were left out that may say more."""


def shape(bits: Sequence[Bit], computed: Iterable[int], reading: Reading) -> Shape:
    """A key in the packets of a reading. `computed`: bytes of the packet that its other bits depend on."""
    found: list[KeyBit] = []
    unplaced = any(place(PacketBit(byte, 0), reading) is None for byte in computed)
    for bit in bits:
        if not isinstance(bit, PacketBit):
            found.append(bit)
            continue
        placed = place(bit, reading)
        unplaced |= placed is None
        found.append(placed)
    return Shape(reading.packet_class, tuple(found), unplaced)


def place(bit: PacketBit, reading: Reading) -> int | FieldBit | None:
    """The field bit that a bit of the packet is, or its value where the class has only one."""
    found = reading.places.get(bit.byte)
    if found is None or found.field is None or bit.bit >= found.width:
        return None
    at = found.first + found.width - 1 - bit.bit
    fixed = packet_classes()[reading.packet_class].fixed.get(found.field)
    if fixed is not None:
        return fixed >> (width(found.field) - 1 - at) & 1
    return common_name(reading.packet_class, found.field), at


def common_name(packet_class: str, name: str) -> str:
    """`l4_src` and `l4_dst` for the ports of any class."""
    names = packet_classes()[packet_class].names
    return next((common for common in ("l4_src", "l4_dst") if names.get(common) == name), name)


def meeting(first: Shape, second: Shape, nic: NicProfile) -> Meeting | None:
    """When packets with these keys have the same one; None: never."""
    atoms: set[Atom] = set()
    unhashed: set[str] = set()
    is_open = len(first.bits) != len(second.bits)
    for one, other in zip(first.bits, second.bits, strict=False):
        match one, other:
            case None, _:
                is_open = True
            case _, None:
                is_open = True
            case int(), int():
                if one != other:
                    return None
            case int(), (_, _):
                atoms.add(Is(1, other, one))
            case (_, _), int():
                atoms.add(Is(0, one, other))
            case (_, _), (_, _):
                atoms.add(Same(one, other))
    if not possible(frozenset(atoms)):
        return None
    kept = frozenset(atom for atom in atoms if _hashed(atom, first, second, nic, unhashed))
    return Meeting(kept, frozenset(unhashed), is_open)


def _hashed(atom: Atom, first: Shape, second: Shape, nic: NicProfile, unhashed: set[str]) -> bool:
    if isinstance(atom, Same):
        ends = [(first, atom.first), (second, atom.second)]
    else:
        ends = [((first, second)[atom.side], atom.bit)]
    left = [bit[0] for shape, bit in ends if bit[0] not in hashable_fields(nic, shape.packet_class)]
    unhashed.update(left)
    return not left


def hashable_fields(nic: NicProfile, packet_class: str) -> frozenset[str]:
    """The fields of a class that some field set of the NIC has; of a class that it can't hash, of any."""
    return _hashable(_Named(nic.name, nic), packet_class)


@dataclass(frozen=True, slots=True)
class _Named:
    """A profile, compared by its name: its facts are many."""

    name: str
    profile: NicProfile = field(compare=False)


@cache
def _hashable(named: _Named, packet_class: str) -> frozenset[str]:
    nic = named.profile
    sets = [one for switch in nic.switches if packet_class in switch.classes for one in switch.field_sets]
    if not sets:
        sets = [one for switch in nic.switches for one in switch.field_sets]
    names = {name for one in sets for name in concrete(one, packet_class)}
    return frozenset(common_name(packet_class, name) for name in names)
