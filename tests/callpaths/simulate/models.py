"""libVig's state objects as plain Python, for one core: what calls do to them and what they answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from zlib import crc32


@dataclass(slots=True)
class Map:
    entries: dict[bytes, int] = field(default_factory=dict)
    key_size: int | None = None
    """Bytes of a key that its fields cover; the rest is padding."""
    touched: set[bytes] = field(default_factory=set)
    """Keys that packets looked up, set or removed."""

    def key(self, memory: bytes) -> bytes:
        return memory[: self.key_size]


@dataclass(slots=True)
class Vector:
    size: int
    capacity: int
    cells: dict[int, bytes] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)

    def cell(self, index: int) -> bytes:
        assert 0 <= index < self.capacity
        return self.cells.get(index, bytes(self.size))


@dataclass(slots=True)
class Chain:
    capacity: int
    taken: dict[int, int] = field(default_factory=dict)
    """Index → time of its last use."""
    next: int = 0
    """What it hands out next. No index is handed out twice: what its cells held before is nobody's then."""

    def allocate(self, now: int) -> int:
        index, self.next = self.next, self.next + 1
        assert index < self.capacity
        self.taken[index] = now
        return index

    def free(self, index: int) -> int:
        return int(self.taken.pop(index, None) is not None)

    def expire(self, before: int) -> list[int]:
        """Indices last used before a time, which are free now."""
        old = [index for index, time in self.taken.items() if time < before]
        for index in old:
            self.free(index)
        return old


@dataclass(slots=True)
class Sketch:
    """Counts exactly: keys never share a counter."""

    threshold: int
    counts: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    """Key → times counted, time of the last use."""
    chosen: bytes = b""
    touched: set[bytes] = field(default_factory=set)


@dataclass(slots=True)
class Lpm:
    routes: dict[tuple[int, int], int] = field(default_factory=dict)
    """(address, prefix length) → value; addresses as a little-endian machine loads them."""

    def find(self, address: int) -> int:
        wire = int.from_bytes(address.to_bytes(4, "little"), "big")
        for length in range(32, -1, -1):
            for (route, bits), value in self.routes.items():
                prefix = int.from_bytes(route.to_bytes(4, "little"), "big")
                if bits == length and prefix >> 32 - bits == wire >> 32 - bits:
                    return value
        return 0xFFFF


Model = Map | Vector | Chain | Sketch | Lpm
OVERFLOWS = 3
"""Counted so often, a key of a sketch overflows; less than in the network functions, so that it happens."""


@dataclass(slots=True)
class Answer:
    """What a call hands out. Pointees that are not here keep what they held."""

    result: int | None = None
    pointees: dict[str, int] = field(default_factory=dict)
    extras: dict[str, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class Given:
    """What a call gets: numbers, memory that its pointers point to, and sizes of keys that have fields."""

    numbers: dict[str, int]
    memory: dict[str, bytes]
    addresses: dict[str, int] = field(default_factory=dict)
    """What `…_out` pointers point to afterwards: where the objects are that are allocated."""
    covered: int | None = None


@dataclass(slots=True)
class Core:
    """The objects of one core, by address."""

    objects: dict[int, Model] = field(default_factory=dict)
    now: int = 0
    lent: list[tuple[int, int, bytes]] = field(default_factory=list)
    """(vector, index, contents) that the packet borrowed."""

    def call(self, function: str, given: Given) -> Answer:
        """Do what a function of the library does."""
        return FUNCTIONS[function](self, given)

    def map(self, given: Given, name: str = "map") -> Map:
        found = self.objects[given.numbers[name] & 0xFFFFFFFF]
        assert isinstance(found, Map)
        return found

    def vector(self, given: Given) -> Vector:
        found = self.objects[given.numbers["vector"]]
        assert isinstance(found, Vector)
        return found

    def chain(self, given: Given, name: str = "chain") -> Chain:
        found = self.objects[given.numbers[name]]
        assert isinstance(found, Chain)
        return found

    def sketch(self, given: Given) -> Sketch:
        found = self.objects[given.numbers["sketch"]]
        assert isinstance(found, Sketch)
        return found

    def lpm(self, given: Given) -> Lpm:
        found = self.objects[given.numbers["lpm"]]
        assert isinstance(found, Lpm)
        return found


FUNCTIONS: dict[str, Callable[[Core, Given], Answer]] = {}


def _function(implementation: Callable[[Core, Given], Answer]) -> Callable[[Core, Given], Answer]:
    FUNCTIONS[implementation.__name__] = implementation
    return implementation


def _signed(number: int, bits: int = 32) -> int:
    return number - (1 << bits) if number >> bits - 1 else number


@_function
def map_allocate(core, given):
    core.objects[given.addresses["map_out"]] = Map()
    return Answer(1)


@_function
def vector_allocate(core, given):
    made = Vector(given.numbers["elem_size"], given.numbers["capacity"])
    core.objects[given.addresses["vector_out"]] = made
    return Answer(1)


@_function
def dchain_allocate(core, given):
    core.objects[given.addresses["chain_out"]] = Chain(given.numbers["index_range"])
    return Answer(1)


@_function
def sketch_allocate(core, given):
    core.objects[given.addresses["sketch_out"]] = Sketch(OVERFLOWS)
    return Answer(1)


@_function
def lpm_allocate(core, given):
    core.objects[given.addresses["lpm_out"]] = Lpm()
    return Answer(1)


def _key(core: Core, given: Given) -> tuple[Map, bytes]:
    found = core.map(given)
    if given.covered is not None:
        assert found.key_size in (None, given.covered)
        found.key_size = given.covered
    key = found.key(given.memory["key"])
    found.touched.add(key)
    return found, key


@_function
def map_get(core, given):
    found, key = _key(core, given)
    if key not in found.entries:
        return Answer(0)
    return Answer(1, {"value_out": found.entries[key]})


@_function
def map_put(core, given):
    found, key = _key(core, given)
    found.entries[key] = given.numbers["value"]
    return Answer()


@_function
def map_erase(core, given):
    found, key = _key(core, given)
    found.entries.pop(key, None)
    return Answer()


@_function
def map_size(core, given):
    return Answer(len(core.map(given).entries))


@_function
def vector_borrow(core, given):
    index = _signed(given.numbers["index"])
    vector = core.vector(given)
    vector.touched.add(index)
    contents = vector.cell(index)
    core.lent.append((given.numbers["vector"], index, contents))
    return Answer(extras={"borrowed_cell": contents})


@_function
def vector_return(core, given):
    index = _signed(given.numbers["index"])
    vector = core.vector(given)
    vector.cell(index)
    vector.cells[index] = given.memory["value"][: vector.size].ljust(vector.size, b"\xab")
    return Answer()


@_function
def dchain_allocate_new_index(core, given):
    return Answer(1, {"index_out": core.chain(given).allocate(core.now)})


@_function
def dchain_rejuvenate_index(core, given):
    chain, index = core.chain(given), _signed(given.numbers["index"])
    assert index in chain.taken
    chain.taken[index] = core.now
    return Answer(1)


@_function
def dchain_is_index_allocated(core, given):
    return Answer(int(_signed(given.numbers["index"]) in core.chain(given).taken))


@_function
def dchain_free_index(core, given):
    return Answer(core.chain(given).free(_signed(given.numbers["index"])))


@_function
def expire_items_single_map(core, given):
    entries, keys = core.map(given), core.vector(given)
    old = core.chain(given).expire(_signed(given.numbers["time"], 64))
    for index in old:
        entries.entries.pop(entries.key(keys.cell(index)), None)
    return Answer(len(old))


@_function
def expire_items_single_map_iteratively(core, given):
    entries, keys = core.map(given), core.vector(given)
    start, freed = _signed(given.numbers["start"]), 0
    for index in range(start, start + given.numbers["n_elems"]):
        freed += entries.entries.pop(entries.key(keys.cell(index)), None) is not None
    return Answer(freed)


@_function
def sketch_compute_hashes(core, given):
    sketch = core.sketch(given)
    sketch.chosen = given.memory["key"]
    sketch.touched.add(sketch.chosen)
    return Answer()


@_function
def sketch_refresh(core, given):
    sketch = core.sketch(given)
    if sketch.chosen in sketch.counts:
        sketch.counts[sketch.chosen] = (sketch.counts[sketch.chosen][0], core.now)
    return Answer()


@_function
def sketch_touch_buckets(core, given):
    sketch = core.sketch(given)
    sketch.counts[sketch.chosen] = (sketch.counts.get(sketch.chosen, (0, 0))[0] + 1, core.now)
    return Answer(1)


@_function
def sketch_fetch(core, given):
    sketch = core.sketch(given)
    return Answer(int(sketch.counts.get(sketch.chosen, (0, 0))[0] >= sketch.threshold))


@_function
def sketch_expire(core, given):
    sketch, before = core.sketch(given), _signed(given.numbers["time"], 64)
    sketch.counts = {key: each for key, each in sketch.counts.items() if each[1] >= before}
    return Answer()


@_function
def cht_fill_cht(core, given):
    return Answer(1)


@_function
def cht_find_preferred_available_backend(core, given):
    """The order of the table is any that follows from the hash."""
    start, count = given.numbers["hash"], given.numbers["backend_capacity"]
    active = core.chain(given, "active_backends").taken
    order = ((start + step) % count for step in range(count))
    chosen = next((backend for backend in order if backend in active), None)
    return Answer(0) if chosen is None else Answer(1, {"chosen_backend": chosen})


@_function
def lpm_update_elem(core, given):
    lpm = core.lpm(given)
    lpm.routes[given.numbers["prefix"], given.numbers["prefixlen"]] = given.numbers["value"]
    return Answer(1)


@_function
def lpm_lookup_elem(core, given):
    return Answer(core.lpm(given).find(given.numbers["prefix"]))


@_function
def hash_obj(core, given):
    return Answer(crc32(given.memory["obj"]))


FUNCTIONS["LoadBalancedFlow_hash"] = hash_obj


@_function
def nf_set_rte_ipv4_udptcp_checksum(core, given):
    return Answer()


@_function
def start_time(core, given):
    return Answer(0)


@_function
def current_time(core, given):
    return Answer(core.now)
