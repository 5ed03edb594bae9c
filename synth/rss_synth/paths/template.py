"""The template of a network function from its call paths: `nf.toml`, and `nf.c.j2` with C from its tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from rss_callpaths.accesses.access import Accesses
from rss_callpaths.accesses.objects import address_of
from rss_callpaths.accesses.places import Places
from rss_callpaths.bdd.phrases import Phrases
from rss_callpaths.bdd.tree import Decisions, Leaf, nodes
from rss_callpaths.callpath import Call, CallPath
from rss_callpaths.infer import Inferred
from rss_callpaths.library import Kind
from rss_callpaths.packet.parts import DEVICE, LENGTHS
from rss_callpaths.terms import Const, Pool
from rss_callpaths.terms.bytewise import Symbol
from rss_dsl.source import Span
from rss_synth.paths import facts
from rss_synth.paths.body import Body, no_code
from rss_synth.paths.calls import Calls
from rss_synth.paths.expressions import Expressions
from rss_synth.paths.layout import with_unused, wrapped
from rss_synth.paths.objects import CObject, KeyBytes, Names, c_objects, keys, largest_chain
from rss_synth.paths.places import Place, Variable
from rss_synth.paths.terms import NoCodeError
from rss_synth.paths.writing import State
from rss_synth.render import render
from rss_synth.target import Artifact

_TAKEN = """
packet_bytes value memcpy map_put map_size to_port to_device is_steered
cht_fill_cht lpm_lookup_elem lpm_update_elem nf_set_rte_ipv4_udptcp_checksum
sketch_compute_hashes sketch_refresh sketch_expire sketch_touch_buckets sketch_fetch
"""
"""What generated code calls."""
_GIVEN = ("objects", "device", "packet_bytes", "now")
"""What `process` is given."""


@dataclass(frozen=True, slots=True)
class _Key:
    """Functions for the keys of an object."""

    name: str
    original: str
    size: int
    spans: tuple[tuple[int, int], ...]


def nf_template(
    name: str,
    accesses: Accesses,
    decisions: Decisions,
    inferred: Inferred,
    roles: Mapping[int, str],
    pool: Pool,
    places: Places,
    command: str,
) -> tuple[Artifact, ...]:
    """The files of the template. RssError (RSS451) where something of the paths has no code."""
    return _Template(name, accesses, decisions, inferred, roles, pool, places, command).files()


class _Template:
    def __init__(
        self,
        name: str,
        accesses: Accesses,
        decisions: Decisions,
        inferred: Inferred,
        roles: Mapping[int, str],
        pool: Pool,
        places: Places,
        command: str,
    ) -> None:
        self.name, self.accesses, self.decisions, self.inferred = name, accesses, decisions, inferred
        self.roles, self.pool, self.places, self.command = roles, pool, places, command
        self.phrases = Phrases(accesses, pool, {device: role.upper() for device, role in roles.items()})
        self.objects = c_objects(accesses)
        self.keys = keys(accesses, pool)
        self.flows = largest_chain(accesses)
        self.steers = not inferred.refusals and bool(inferred.requirements)
        self._lines = {id(call): path.path for path in accesses.paths for call in path.path.calls}

    def files(self) -> tuple[Artifact, ...]:
        """Both."""
        context = {
            "name": self.name,
            "command": self.command,
            "count": len(self.accesses.paths),
            "refused": bool(self.inferred.refusals),
            "roles": [(role, f"NF_{role.upper()}", device) for device, role in self.roles.items()],
            "classes": facts.classes(self.inferred),
            "needs": facts.needs(self.inferred, self.roles),
            "capacity": self.flows,
            "steers": self.steers,
            "objects": list(self.objects.values()),
            "keys": list(self._keys()),
            **self._code(),
            "forwards": any(True for _ in self._forwarding()),
            "moves": any(not isinstance(leaf.port, Const) for leaf in self._forwarding()),
            "expiry": facts.expiry(self.accesses),
            "names": [
                self.roles[d] for d in sorted(facts.names_source_port(self.accesses)) if d in self.roles
            ],
            "any_protocol": facts.names_any_protocol(self.accesses),
            "leaves_checksums": facts.leaves_checksums(self.accesses),
            "estimates": facts.estimates(self.accesses),
        }
        about = render("paths/nf.toml.j2", **context)
        code = render("paths/nf.c.j2", **context)
        return Artifact("nf.c.j2", _escaped(code)), Artifact("nf.toml", about)

    def _forwarding(self) -> Iterator[Leaf]:
        return (
            node for node in nodes(self.decisions.turn) if isinstance(node, Leaf) and node.port is not None
        )

    def _place(self, call: Call | None) -> Span:
        path: CallPath = self.accesses.paths[0].path if call is None else self._lines[id(call)]
        return self.places.span(path, call)

    def _state(self, scope: Mapping[str, str]) -> State:
        """What is known before a packet's first call: its port and length."""
        known: dict[Symbol, Place] = {}
        for path in self.accesses.paths:
            for array in path.path.arrays:
                if array.name in scope:
                    variable = Variable(scope[array.name], 4, True, 2 if array.name == DEVICE else 4)
                    known |= {(array, at): Place(variable, at) for at in range(min(array.size or 4, 4))}
        return State(known, {})

    def _code(self) -> dict[str, list[str]]:
        """The statements of the set-up and of a packet's processing."""
        setup, turn = self._calls("return false;"), self._calls("return NF_DROP;")
        named = {device: f"NF_{role.upper()}" for device, role in self.roles.items()}
        body = Body(turn, self.accesses.library, named, self._place, self.steers)
        sizes = dict.fromkeys(LENGTHS, "packet_bytes")
        lines = body.lines(self.decisions.turn, self._state({DEVICE: "device", **sizes}))
        filled = Body(setup, self.accesses.library, {}, self._place, steers=False)
        fills = filled.setup(self._fills(), State({}, {}))
        made = list(self._allocated(setup.copied | turn.copied))
        return {
            "setup": [wrapped(line) for line in with_unused(("objects",), [*made, *fills])],
            "body": [wrapped(line) for line in with_unused(_GIVEN, lines)],
        }

    def _calls(self, give_up: str) -> Calls:
        return Calls(Expressions(self.pool), self.objects, self.keys, self._names(), self.phrases, give_up)

    def _names(self) -> Names:
        names = Names()
        for each in _TAKEN.split():
            names.new(each)
        return names

    def _fills(self) -> list[Call]:
        """What the set-up does besides allocating."""
        return [
            call
            for call in self.decisions.setup
            if not _allocates(call) and self.accesses.library.of(call.function).kind is not Kind.CLOCK
        ]

    def _allocated(self, copied: Set[str]) -> Iterator[str]:
        """The statements that allocate; `copied`: the maps that copy their keys."""
        for call in filter(_allocates, self.decisions.setup):
            found = self._made_object(call)
            yield from (f"if (!{self._allocation(call, found)})", "    return false;")
            if found.name in copied:
                size = self.keys[found.object.address].size
                yield from (f"if (!map_keep_keys({found.text}, {size}))", "    return false;")

    def _allocation(self, call: Call, found: CObject) -> str:
        numbers = {a.name: a.value.value for a in call.arguments if isinstance(a.value, Const)}
        cells = {name: f"paths_cells({value}, {self.flows})" for name, value in numbers.items()}
        name, to = found.name, f"&objects->{found.name}"
        match found.object.type:
            case "map":
                return f"map_allocate({name}_same_keys, {name}_hash_key, {cells['capacity']}, {to})"
            case "vector":
                return f"vector_allocate({numbers['elem_size']}, {cells['capacity']}, NULL, {to})"
            case "chain":
                return f"paths_make_chain({cells['index_range']}, {to})"
            case "sketch":
                return f"sketch_allocate({name}_hash_key, {cells['capacity']}, {numbers['threshold']}, {to})"
            case _:
                return f"lpm_allocate({to})"

    def _made_object(self, call: Call) -> CObject:
        function = self.accesses.library.of(call.function)
        argument = call.argument(function.object)
        value = argument.pointee.after if argument is not None and argument.pointee else None
        if not isinstance(value, Const) or address_of(value.value) not in self.objects:
            why = NoCodeError("what it allocates has no counterpart in the runtime")
            raise no_code(call, why, self._place(call))
        return self.objects[address_of(value.value)]

    def _keys(self) -> Iterator[_Key]:
        for call in self.decisions.setup:
            hash = call.argument("khash")
            if _allocates(call) and hash is not None:
                found = self._made_object(call)
                key = self.keys.get(found.object.address, KeyBytes(0, ()))
                yield _Key(found.name, hash.function or "a function without a name", key.size, key.spans)


def _allocates(call: Call) -> bool:
    return call.function.endswith("_allocate")


def _escaped(text: str) -> str:
    """C as a template of itself: only its first line is the template engine's."""
    head, body = text.split("\n", 1)
    return f"{head}\n{{% raw %}}\n{body.replace('{% endraw %}', '')}{{% endraw %}}\n"
