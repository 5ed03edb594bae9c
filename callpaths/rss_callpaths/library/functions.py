"""What the functions that network functions call mean for state: a table, one entry for each function.

`libvig.toml` has Vigor's library. Users add entries in files of the same form (`docs/callpaths.md`); an entry
replaces the one of the same name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

RETURN = "return"
"""The role name of the return value."""


class Kind(StrEnum):
    """What a function does, in the thesis's words where it has them."""

    INIT = "INIT"
    """Allocates an object."""
    READ = "READ"
    WRITE = "WRITE"
    CREATE = "CREATE"
    """Takes a new index."""
    UPDATE = "UPDATE"
    """Refreshes an age."""
    VERIFY = "VERIFY"
    """Asks whether an index is taken."""
    DESTROY = "DESTROY"
    SCAN = "SCAN"
    """Goes through whole objects: expiry, sizes."""
    PURE = "PURE"
    """A function of its arguments."""
    PACKET = "PACKET"
    CLOCK = "CLOCK"
    HARNESS = "HARNESS"
    """Symbolic execution's own."""
    UNKNOWN = "UNKNOWN"
    """Not in the library: may do anything."""


STATE = frozenset(
    {
        Kind.INIT,
        Kind.READ,
        Kind.WRITE,
        Kind.CREATE,
        Kind.UPDATE,
        Kind.VERIFY,
        Kind.DESTROY,
        Kind.SCAN,
        Kind.UNKNOWN,
    }
)
"""The kinds that touch state."""


class Mutates(StrEnum):
    """When a call changes what other packets can see."""

    NEVER = "never"
    ALWAYS = "always"
    ON_SUCCESS = "on-success"
    """Unless it provably failed."""
    ON_DIFFERENCE = "on-difference"
    """Unless the value provably is what was borrowed (`vector_return`)."""


class PacketRole(StrEnum):
    """What a function does with the packet. Its arguments have Vigor's names."""

    NONE = "none"
    RECEIVE = "receive"
    SEND = "send"
    FLOOD = "flood"
    BORROW = "borrow"
    RETURN = "return"
    RESHAPE = "reshape"
    """Inserts or removes bytes."""
    CHECKSUM = "checksum"
    """Makes the checksums right for what was changed."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function of a library. Roles are names of arguments, of extras, or `return`; empty: has none."""

    name: str
    kind: Kind
    arguments: tuple[str, ...] = ()
    """Names, as they are traced."""
    type: str = ""
    """Of the object: `map`, `vector`, `chain`, …"""
    object: str = ""
    """The object; of an allocation, the pointer that is set to it."""
    key: str = ""
    """What picks the cell."""
    value: str = ""
    """What is stored."""
    result: str = ""
    """What is handed out."""
    index: str = ""
    """Which of `key`, `value` and `result` is an index that objects of a group share."""
    mutates: Mutates = Mutates.NEVER
    success: bool = False
    """The return value is zero exactly if the call failed."""
    whole: bool = False
    """Touches, or answers depending on, more of the object than the cell of the key."""
    touches: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Further arguments that are objects, touched as a whole, and their types: they share indices."""
    older: str = ""
    """Of what expires: the time before which entries are too old."""
    offset: str = ""
    """Of what expires: what is added to an index for the cell that holds its key."""
    start: str = ""
    """Of a range of cells: the first."""
    count: str = ""
    """Of a range of cells: how many."""
    keeps_key: bool = False
    """The key is the one of the following calls on the object that have `kept_key`."""
    kept_key: bool = False
    packet: PacketRole = PacketRole.NONE


@dataclass(frozen=True, slots=True)
class Library:
    """Functions by name."""

    functions: Mapping[str, Function]

    def of(self, name: str) -> Function:
        """The entry of a function; of a stranger, one that says that it may do anything."""
        found = self.functions.get(name)
        return found or Function(name, Kind.UNKNOWN, mutates=Mutates.ALWAYS, whole=True)
