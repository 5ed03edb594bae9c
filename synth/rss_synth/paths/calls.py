"""Library calls of a decision tree in C, and what is known after them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

from rss_callpaths.callpath import Call
from rss_callpaths.library.roles import answered
from rss_callpaths.terms.bytewise import bytes_of
from rss_synth.paths.objects import key_bytes
from rss_synth.paths.packet import PacketCalls
from rss_synth.paths.places import Variable
from rss_synth.paths.terms import NoCodeError
from rss_synth.paths.writing import Line, Made, State

_NOW = "(uint64_t)now"


class Calls(PacketCalls):
    """Makes the code of calls."""

    @cached_property
    def _makers(self) -> dict[str, Callable[[Call, State], Made]]:
        """By function."""
        return {
            "current_time": self._clock,
            "restart_time": self._clock,
            "start_time": self._nothing,
            "packet_receive": self._nothing,
            "packet_borrow_next_chunk": self.borrow_chunk,
            "packet_return_chunk": self.return_chunk,
            "packet_insert_new_chunk": self.reshape,
            "packet_shrink_chunk": self.reshape,
            "nf_set_rte_ipv4_udptcp_checksum": self.checksum,
            "map_get": self._map_get,
            "map_put": self._map_put,
            "map_erase": self._map_erase,
            "map_size": self._map_size,
            "vector_borrow": self._vector_borrow,
            "vector_return": self._vector_return,
            "dchain_allocate_new_index": self._chain_allocate,
            "dchain_is_index_allocated": self._chain("paths_chain_holds"),
            "dchain_rejuvenate_index": self._chain("paths_chain_renew", timed=True),
            "dchain_free_index": self._chain("paths_chain_free"),
            "dchain_expire_one_index": self._chain_expire_one,
            "expire_items_single_map": self._expire,
            "expire_items_single_map_offseted": self._expire,
            "expire_items_single_map_iteratively": self._expire_range,
            "sketch_compute_hashes": self._sketch_key,
            "sketch_refresh": self._sketch("sketch_refresh", timed=True),
            "sketch_expire": self._sketch("sketch_expire", timed=True),
            "sketch_touch_buckets": self._sketch("sketch_touch_buckets", timed=True, answers=True),
            "sketch_fetch": self._sketch("sketch_fetch", answers=True),
            "cht_fill_cht": self._fill,
            "cht_find_preferred_available_backend": self._choose,
            "lpm_lookup_elem": self._prefix,
            "lpm_update_elem": self._add_prefix,
        }

    def made(self, call: Call, state: State) -> Made:
        """The code of a call. NoCodeError, UnknownSymbolError where there is none."""
        maker = self._makers.get(call.function)
        if maker is not None:
            return maker(call, state)
        if call.function.endswith("_hash") or call.function == "hash_obj":
            return self._hash(call, state)
        raise NoCodeError(
            f"the runtime has no function `{call.function}`",
            "`docs/libvig.md` lists those that it has; `--emit bdd` shows a tree to write the function from",
        )

    # --- clock and packet ---------------------------------------------------------------------------------

    def _nothing(self, call: Call, state: State) -> Made:
        return Made((), state)

    def _clock(self, call: Call, state: State) -> Made:
        return Made((), self.bound(state, Variable(_NOW, 8, True), call.result.value))

    # --- maps and vectors ---------------------------------------------------------------------------------

    def _map_get(self, call: Call, state: State) -> Made:
        lines, key, _ = self.local(call, "key", state)
        arguments = f"{self.object(call, 'map').text}, {key}, &{{variable}}"
        more, known, text = self.number(call, state, "value_out", "paths_map_get", arguments)
        return Made((*lines, *more), known, f"!{text}", text)

    def _map_put(self, call: Call, state: State) -> Made:
        """A key in a cell of a vector stays there; the map copies others."""
        map = self.object(call, "map")
        address = self.address(call, "key")
        lent = state.lent.get(address) if address is not None else None
        more, (value,) = self.words(call, state, "value")
        if address is not None and lent is not None and lent.vector:
            lines, after = self.changed(lent, bytes_of(self.given(call, "key"), self.pool), state)
            key, state = lent.pointer, replace(state, lent={**state.lent, address: after})
        else:
            lines, key, size = self.local(call, "key", state)
            if size != self.keys[map.object.address].size:
                raise NoCodeError(f"other keys of `{map.name}` have another size")
            self.copied.add(map.name)
        text = f"map_put({map.text}, {key}, {_cast('int', value)});"
        return Made((*lines, *more, Line(text)), state)

    def _map_erase(self, call: Call, state: State) -> Made:
        lines, key, _ = self.local(call, "key", state)
        return Made((*lines, Line(f"paths_map_erase({self.object(call, 'map').text}, {key});")), state)

    def _map_size(self, call: Call, state: State) -> Made:
        return self.returned(call, state, [], f"map_size({self.object(call, 'map').text})")

    def _vector_borrow(self, call: Call, state: State) -> Made:
        content = answered(call, "borrowed_cell")
        extra = call.extra("borrowed_cell")
        if content is None or extra is None:
            raise NoCodeError("the cell that it borrows was not traced")
        vector = self.object(call, "vector")
        lines, (index,) = self.words(call, state, "index")
        pointer = self.names.new(f"{vector.name}_cell")
        lines += [
            Line(f"uint8_t *{pointer} = paths_borrow({vector.text}, {index});"),
            Line(f"if (!{pointer})"),
            Line(f"    {self.give_up}"),
        ]
        return self.lend(extra.address, pointer, vector.text, content, lines, state)

    def _vector_return(self, call: Call, state: State) -> Made:
        address = self.address(call, "value")
        lent = state.lent.get(address) if address is not None else None
        if address is None or lent is None:
            raise NoCodeError("it returns a cell that was not borrowed")
        lines, after = self.changed(lent, bytes_of(self.given(call, "value"), self.pool), state)
        more, (index,) = self.words(call, state, "index")
        text = f"paths_return({self.object(call, 'vector').text}, {index}, {lent.pointer});"
        return Made((*lines, *more, Line(text)), replace(state, lent={**state.lent, address: after}))

    # --- chains -------------------------------------------------------------------------------------------

    def _chain_allocate(self, call: Call, state: State) -> Made:
        lines, (time,) = self.words(call, state, "time")
        arguments = f"{self.object(call, 'chain').text}, &{{variable}}, {_time(time)}"
        more, known, text = self.number(call, state, "index_out", "paths_chain_allocate", arguments)
        return Made((*lines, *more), known, f"!{text}", text)

    def _chain_expire_one(self, call: Call, state: State) -> Made:
        lines, (time,) = self.words(call, state, "time")
        arguments = f"{self.object(call, 'chain').text}, &{{variable}}, {_time(time)}"
        more, known, text = self.number(call, state, "index_out", "paths_chain_expire_one", arguments)
        return Made((*lines, *more), known, f"!{text}", text)

    def _chain(self, function: str, *, timed: bool = False) -> Callable[[Call, State], Made]:
        def made(call: Call, state: State) -> Made:
            names = ("index", "time") if timed else ("index",)
            lines, texts = self.words(call, state, *names)
            time = f", {_time(texts[1])}" if timed else ""
            text = f"{function}({self.object(call, 'chain').text}, {texts[0]}{time})"
            return self.returned(call, state, lines, text)

        return made

    def _expire(self, call: Call, state: State) -> Made:
        has_offset = call.argument("offset") is not None
        lines, texts = self.words(call, state, *(("time", "offset") if has_offset else ("time",)))
        chain, vector, map = (self.object(call, name).text for name in ("chain", "vector", "map"))
        offset = texts[1] if has_offset else "0"
        text = f"paths_expire({chain}, {vector}, {map}, {_time(texts[0])}, {offset})"
        return self.returned(call, state, lines, text)

    def _expire_range(self, call: Call, state: State) -> Made:
        lines, (start, count) = self.words(call, state, "start", "n_elems")
        vector, map = (self.object(call, name).text for name in ("vector", "map"))
        return self.returned(call, state, lines, f"paths_expire_range({vector}, {map}, {start}, {count})")

    # --- the rest -----------------------------------------------------------------------------------------

    def _sketch_key(self, call: Call, state: State) -> Made:
        lines, key, _ = self.local(call, "key", state)
        return Made(
            (*lines, Line(f"sketch_compute_hashes({self.object(call, 'sketch').text}, {key});")), state
        )

    def _sketch(
        self, function: str, *, timed: bool = False, answers: bool = False
    ) -> Callable[[Call, State], Made]:
        def made(call: Call, state: State) -> Made:
            lines, texts = self.words(call, state, *(("time",) if timed else ()))
            time = f", {_time(texts[0])}" if timed else ""
            text = f"{function}({self.object(call, 'sketch').text}{time})"
            if not answers:
                return Made((*lines, Line(f"{text};")), state)
            return self.returned(call, state, lines, text)

        return made

    def _fill(self, call: Call, state: State) -> Made:
        lines, (height, capacity) = self.words(call, state, "cht_height", "backend_capacity")
        text = f"cht_fill_cht({self.object(call, 'cht').text}, {height}, {capacity})"
        return self.returned(call, state, lines, text)

    def _choose(self, call: Call, state: State) -> Made:
        lines, (hash, height, capacity) = self.words(call, state, "hash", "cht_height", "backend_capacity")
        cht, active = (self.object(call, name).text for name in ("cht", "active_backends"))
        arguments = f"{hash}, {cht}, {active}, {height}, {capacity}, &{{variable}}"
        more, known, text = self.number(call, state, "chosen_backend", "paths_choose_backend", arguments)
        return Made((*lines, *more), known, f"!{text}", text)

    def _prefix(self, call: Call, state: State) -> Made:
        lines, (prefix,) = self.words(call, state, "prefix")
        text = f"lpm_lookup_elem({self.object(call, 'lpm').text}, {prefix})"
        return self.returned(call, state, lines, text)

    def _add_prefix(self, call: Call, state: State) -> Made:
        lines, texts = self.words(call, state, "prefix", "prefixlen", "value")
        arguments = f"{texts[0]}, (uint8_t)({texts[1]}), (uint16_t)({texts[2]})"
        text = f"lpm_update_elem({self.object(call, 'lpm').text}, {arguments})"
        return self.returned(call, state, lines, text)

    def _hash(self, call: Call, state: State) -> Made:
        """A hash function that is only named: what it gives for a key is the runtime's choice."""
        argument = call.argument("obj") or next((each for each in call.arguments if each.pointee), None)
        if argument is None or call.result.value is None:
            raise NoCodeError("what it hashes was not traced")
        lines, key, _ = self.local(call, argument.name, state)
        text = "0"
        for at, count in key_bytes(argument, self.pool).spans:
            text = f"bits_hash({text}, 0, {key}{f' + {at}' if at else ''}, {count})"
        return self.returned(call, state, lines, f"(uint32_t){text}")


def _time(text: str) -> str:
    return "now" if text == _NOW else _cast("int64_t", text)


def _cast(type: str, text: str) -> str:
    return f"({type}){text}" if text.isidentifier() else f"({type})({text})"
