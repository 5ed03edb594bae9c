"""Library calls of a decision tree in C, and what is known after them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from rss_callpaths.accesses.objects import address_of
from rss_callpaths.callpath import Call
from rss_callpaths.library.roles import answered, given
from rss_callpaths.terms import Apply, Const, Op, Pool, Term
from rss_callpaths.terms.bytewise import bytes_of
from rss_callpaths.terms.multibyte import INDEX_WIDTH, multibyte
from rss_synth.paths.expressions import Expressions, NoCodeError, bare, c_type
from rss_synth.paths.objects import CObject, KeyBytes, Names, key_bytes
from rss_synth.paths.places import Place, Run, Scope, Variable, runs, symbol_of

_NOW = "(uint64_t)now"
_TIME = 64
"""Bits of a time."""
CHECKSUM = "checksum"
"""The array of what the models say a checksum is: the runtime computes it."""


@dataclass(frozen=True, slots=True)
class Lent:
    """A chunk or cell that was borrowed: where C has it, and what it holds by now."""

    pointer: str
    content: tuple[Term, ...]
    vector: str = ""
    index: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """What is known at a place in the code."""

    scope: Scope
    lent: Mapping[int, Lent]
    """By address in the symbolic run."""
    checksum: tuple[str, str] | None = None
    """The headers whose checksums are to be made right before the packet leaves."""
    steered: bool = False
    """Whether it was asked if the NIC steers the packet by what state is found with."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of C; `only_for`: the name that makes it worth while, if the code after it has that name."""

    text: str
    only_for: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """The code of a call."""

    lines: tuple[Line, ...]
    state: State
    failed: str = ""
    """The condition under which it has failed, which makes the call."""
    call: str = ""
    """The call, where it is not among the lines."""
    result: str = ""
    """The name of its 32-bit value."""


class Calls:
    """Makes the code of calls."""

    def __init__(
        self,
        expressions: Expressions,
        objects: Mapping[int, CObject],
        keys: Mapping[int, KeyBytes],
        names: Names,
        give_up: str,
    ) -> None:
        """`give_up`: the statement for what is in no call path, such as a packet that ends early."""
        self.expressions, self.objects, self.keys, self.names = expressions, objects, keys, names
        self.pool: Pool = expressions.pool
        self.give_up = give_up
        self._makers: dict[str, Callable[[Call, State], Made]] = {
            "current_time": self._clock,
            "restart_time": self._clock,
            "start_time": self._nothing,
            "packet_receive": self._nothing,
            "packet_borrow_next_chunk": self._borrow_chunk,
            "packet_return_chunk": self._return_chunk,
            "nf_set_rte_ipv4_udptcp_checksum": self._checksum,
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
        raise NoCodeError(f"the runtime has no function `{call.function}`")

    # --- arguments ----------------------------------------------------------------------------------------

    def _given(self, call: Call, name: str) -> Term:
        found = given(call, name)
        if found is None:
            raise NoCodeError(f"its argument `{name}` was not traced")
        return found

    def _words(self, call: Call, state: State, *names: str) -> tuple[list[Line], list[str]]:
        terms = [self._given(call, name) for name in names]
        terms = [
            self._whole(term) if name == "time" else term for name, term in zip(names, terms, strict=True)
        ]
        lines, texts = self.expressions.together(terms, state.scope)
        return [Line(line) for line in lines], [bare(text) for text in texts]

    def _whole(self, time: Term) -> Term:
        """A time of which the models trace the lower half only."""
        if isinstance(time, Apply) and time.op is Op.EXTRACT and time.width < time.args[0].width == _TIME:
            return time.args[0]
        symbols = [symbol_of(part) for part in bytes_of(time, self.pool)]
        array = symbols[0][0] if symbols[0] else None
        if (
            array is None
            or array.size != _TIME // 8
            or symbols != [(array, at) for at in range(len(symbols))]
        ):
            return time
        return multibyte(self.pool, array, self.pool.const(0, INDEX_WIDTH), _TIME // 8)

    def _object(self, call: Call, name: str) -> CObject:
        argument = call.argument(name)
        value = argument.value if argument else None
        found = self.objects.get(address_of(value.value)) if isinstance(value, Const) else None
        if found is None:
            raise NoCodeError(f"its argument `{name}` is no object that was allocated before")
        return found

    def _address(self, call: Call, name: str) -> int | None:
        argument = call.argument(name)
        return argument.value.value if argument and isinstance(argument.value, Const) else None

    def _bound(self, state: State, variable: Variable, value: Term | None) -> State:
        """With the symbols that a variable holds now."""
        scope = dict(state.scope)
        for at, byte in enumerate(bytes_of(value, self.pool) if value is not None else ()):
            symbol = symbol_of(byte)
            if symbol is not None and symbol not in scope and at < variable.size:
                scope[symbol] = Place(variable, at)
        return replace(state, scope=scope)

    def _name(self, value: Term | None, otherwise: str) -> str:
        """A name after the first symbol of a value."""
        for byte in bytes_of(value, self.pool) if value is not None else ():
            symbol = symbol_of(byte)
            if symbol is not None:
                return self.names.new(symbol[0].name)
        return self.names.new(otherwise)

    def _number(
        self, call: Call, state: State, name: str, function: str, arguments: str
    ) -> tuple[list[Line], State, str]:
        """A call that sets a 32-bit number through a pointer, and returns whether it did."""
        value = answered(call, name)
        variable = self._name(value, name)
        text = f"{function}({arguments.format(variable=variable)})"
        return [Line(f"uint32_t {variable};")], self._bound(state, Variable(variable, 4, True), value), text

    def _returned(self, call: Call, state: State, lines: list[Line], text: str) -> Made:
        """A call whose value may be asked for."""
        value = call.result.value
        name = self._name(value, call.function)
        known = self._bound(state, Variable(name, 4, True), value)
        return Made(tuple(lines), known, f"!{text}", text, name)

    # --- bytes in memory ----------------------------------------------------------------------------------

    def _store(self, parts: tuple[Term, ...], to: str, at: int, state: State) -> list[Line]:
        """Writes bytes to `to + at`."""
        lines = []
        for run in runs(parts, state.scope):
            lines += [Line(text) for text in self._store_run(run, to, at + run.at, state)]
        return lines

    def _store_run(self, run: Run, to: str, at: int, state: State) -> list[str]:
        where = f"{to} + {at}" if at else to
        source = run.source
        if isinstance(source, Variable) and not source.is_number and run.step == 1 and run.count > 1:
            return [f"memcpy({where}, {source.name}{f' + {run.first}' if run.first else ''}, {run.count});"]
        if run.count > 8:
            half = [replace(run, count=8), _rest(run)]
            return [line for part in half for line in self._store_run(part, to, at + part.at - run.at, state)]
        text = self.expressions.run(run, state.scope)
        if run.count == 1:
            return [f"{to}[{at}] = {_byte(bare(text))};"]
        return [f"bits_store({where}, {bare(text)}, {run.count});"]

    def _local(self, call: Call, name: str, state: State) -> tuple[list[Line], str, int]:
        """The bytes that a pointer is given to, in an array of their own."""
        parts = bytes_of(self._given(call, name), self.pool)
        key = self.names.new("key")
        lines = [Line(f"uint8_t {key}[{len(parts)}];"), *self._store(parts, key, 0, state)]
        return lines, key, len(parts)

    def _changed(self, lent: Lent, content: tuple[Term, ...], state: State) -> tuple[list[Line], Lent]:
        """Writes what has changed in a chunk or cell."""
        lines: list[Line] = []
        at = 0
        pairs = list(zip(lent.content, content, strict=False))
        while at < len(pairs):
            end = at
            while (
                end < len(pairs)
                and pairs[end][0] is not pairs[end][1]
                and not self._computed(content[end], state)
            ):
                end += 1
            if end > at:
                lines += self._store(content[at:end], lent.pointer, at, state)
            at = max(end, at + 1)
        return lines, replace(lent, content=(*content, *lent.content[len(content) :]))

    @staticmethod
    def _computed(byte: Term, state: State) -> bool:
        """Whether a byte is of a checksum, which is computed when all changes have been made."""
        symbol = symbol_of(byte)
        return symbol is not None and symbol[0].name.startswith(CHECKSUM) and symbol not in state.scope

    # --- clock and packet ---------------------------------------------------------------------------------

    def _nothing(self, call: Call, state: State) -> Made:
        return Made((), state)

    def _clock(self, call: Call, state: State) -> Made:
        return Made((), self._bound(state, Variable(_NOW, 8, True), call.result.value))

    def _borrow_chunk(self, call: Call, state: State) -> Made:
        content = answered(call, "the_chunk")
        extra = call.extra("the_chunk")
        if content is None or extra is None:
            raise NoCodeError("the chunk that it borrows was not traced")
        lines, (length,) = self._words(call, state, "length")
        pointer = self.names.new("chunk")
        size = content.width // 8
        lines += [
            Line(f"uint8_t *{pointer} = paths_borrow_chunk({length}, {size});"),
            Line(f"if (!{pointer})"),
            Line(f"    {self.give_up}"),
        ]
        return self._lend(extra.address, Lent(pointer, bytes_of(content, self.pool)), content, lines, state)

    def _lend(self, address: int, lent: Lent, content: Term, lines: list[Line], state: State) -> Made:
        """With a copy of what was borrowed, as it was: the conditions that follow are about that."""
        copy, size = self.names.new(f"{lent.pointer}_was"), len(lent.content)
        lines += [
            Line(f"uint8_t {copy}[{size}];", copy),
            Line(f"memcpy({copy}, {lent.pointer}, {size});", copy),
        ]
        known = self._bound(state, Variable(copy, size, False), content)
        return Made(tuple(lines), replace(known, lent={**state.lent, address: lent}))

    def _return_chunk(self, call: Call, state: State) -> Made:
        address = self._address(call, "the_chunk")
        lent = state.lent.get(address) if address is not None else None
        if address is None or lent is None:
            raise NoCodeError("it returns a chunk that was not borrowed")
        lines, after = self._changed(lent, bytes_of(self._given(call, "the_chunk"), self.pool), state)
        return Made(tuple(lines), replace(state, lent={**state.lent, address: after}))

    def _checksum(self, call: Call, state: State) -> Made:
        headers = [state.lent.get(self._address(call, name) or 0) for name in ("ip_header", "l4_header")]
        if headers[0] is None or headers[1] is None:
            raise NoCodeError("its headers are no chunks of the packet")
        return Made((), replace(state, checksum=(headers[0].pointer, headers[1].pointer)))

    # --- maps and vectors ---------------------------------------------------------------------------------

    def _map_get(self, call: Call, state: State) -> Made:
        lines, key, _ = self._local(call, "key", state)
        arguments = f"{self._object(call, 'map').text}, {key}, &{{variable}}"
        more, known, text = self._number(call, state, "value_out", "paths_map_get", arguments)
        return Made((*lines, *more), known, f"!{text}", text)

    def _map_put(self, call: Call, state: State) -> Made:
        address = self._address(call, "key")
        lent = state.lent.get(address) if address is not None else None
        if address is None or lent is None:
            raise NoCodeError(
                "its key is in no cell of a vector, so it would not stay where the map looks for it"
            )
        lines, after = self._changed(lent, bytes_of(self._given(call, "key"), self.pool), state)
        more, (value,) = self._words(call, state, "value")
        text = f"map_put({self._object(call, 'map').text}, {lent.pointer}, {_cast('int', value)});"
        return Made((*lines, *more, Line(text)), replace(state, lent={**state.lent, address: after}))

    def _map_erase(self, call: Call, state: State) -> Made:
        lines, key, _ = self._local(call, "key", state)
        return Made((*lines, Line(f"paths_map_erase({self._object(call, 'map').text}, {key});")), state)

    def _map_size(self, call: Call, state: State) -> Made:
        return self._returned(call, state, [], f"map_size({self._object(call, 'map').text})")

    def _vector_borrow(self, call: Call, state: State) -> Made:
        content = answered(call, "borrowed_cell")
        extra = call.extra("borrowed_cell")
        if content is None or extra is None:
            raise NoCodeError("the cell that it borrows was not traced")
        vector = self._object(call, "vector")
        lines, (index,) = self._words(call, state, "index")
        pointer = self.names.new(f"{vector.name}_cell")
        lines += [
            Line(f"uint8_t *{pointer} = paths_borrow({vector.text}, {index});"),
            Line(f"if (!{pointer})"),
            Line(f"    {self.give_up}"),
        ]
        lent = Lent(pointer, bytes_of(content, self.pool), vector.text, index)
        return self._lend(extra.address, lent, content, lines, state)

    def _vector_return(self, call: Call, state: State) -> Made:
        address = self._address(call, "value")
        lent = state.lent.get(address) if address is not None else None
        if address is None or lent is None:
            raise NoCodeError("it returns a cell that was not borrowed")
        lines, after = self._changed(lent, bytes_of(self._given(call, "value"), self.pool), state)
        more, (index,) = self._words(call, state, "index")
        text = f"paths_return({self._object(call, 'vector').text}, {index}, {lent.pointer});"
        return Made((*lines, *more, Line(text)), replace(state, lent={**state.lent, address: after}))

    # --- chains -------------------------------------------------------------------------------------------

    def _chain_allocate(self, call: Call, state: State) -> Made:
        lines, (time,) = self._words(call, state, "time")
        arguments = f"{self._object(call, 'chain').text}, &{{variable}}, {_time(time)}"
        more, known, text = self._number(call, state, "index_out", "paths_chain_allocate", arguments)
        return Made((*lines, *more), known, f"!{text}", text)

    def _chain_expire_one(self, call: Call, state: State) -> Made:
        lines, (time,) = self._words(call, state, "time")
        arguments = f"{self._object(call, 'chain').text}, &{{variable}}, {_time(time)}"
        more, known, text = self._number(call, state, "index_out", "paths_chain_expire_one", arguments)
        return Made((*lines, *more), known, f"!{text}", text)

    def _chain(self, function: str, *, timed: bool = False) -> Callable[[Call, State], Made]:
        def made(call: Call, state: State) -> Made:
            names = ("index", "time") if timed else ("index",)
            lines, texts = self._words(call, state, *names)
            time = f", {_time(texts[1])}" if timed else ""
            text = f"{function}({self._object(call, 'chain').text}, {texts[0]}{time})"
            return self._returned(call, state, lines, text)

        return made

    def _expire(self, call: Call, state: State) -> Made:
        has_offset = call.argument("offset") is not None
        lines, texts = self._words(call, state, *(("time", "offset") if has_offset else ("time",)))
        chain, vector, map = (self._object(call, name).text for name in ("chain", "vector", "map"))
        offset = texts[1] if has_offset else "0"
        text = f"paths_expire({chain}, {vector}, {map}, {_time(texts[0])}, {offset})"
        return self._returned(call, state, lines, text)

    def _expire_range(self, call: Call, state: State) -> Made:
        lines, (start, count) = self._words(call, state, "start", "n_elems")
        vector, map = (self._object(call, name).text for name in ("vector", "map"))
        return self._returned(call, state, lines, f"paths_expire_range({vector}, {map}, {start}, {count})")

    # --- the rest -----------------------------------------------------------------------------------------

    def _sketch_key(self, call: Call, state: State) -> Made:
        lines, key, _ = self._local(call, "key", state)
        return Made(
            (*lines, Line(f"sketch_compute_hashes({self._object(call, 'sketch').text}, {key});")), state
        )

    def _sketch(
        self, function: str, *, timed: bool = False, answers: bool = False
    ) -> Callable[[Call, State], Made]:
        def made(call: Call, state: State) -> Made:
            lines, texts = self._words(call, state, *(("time",) if timed else ()))
            time = f", {_time(texts[0])}" if timed else ""
            text = f"{function}({self._object(call, 'sketch').text}{time})"
            if not answers:
                return Made((*lines, Line(f"{text};")), state)
            return self._returned(call, state, lines, text)

        return made

    def _fill(self, call: Call, state: State) -> Made:
        lines, (height, capacity) = self._words(call, state, "cht_height", "backend_capacity")
        text = f"cht_fill_cht({self._object(call, 'cht').text}, {height}, {capacity})"
        return self._returned(call, state, lines, text)

    def _choose(self, call: Call, state: State) -> Made:
        lines, (hash, height, capacity) = self._words(call, state, "hash", "cht_height", "backend_capacity")
        cht, active = (self._object(call, name).text for name in ("cht", "active_backends"))
        arguments = f"{hash}, {cht}, {active}, {height}, {capacity}, &{{variable}}"
        more, known, text = self._number(call, state, "chosen_backend", "paths_choose_backend", arguments)
        return Made((*lines, *more), known, f"!{text}", text)

    def _prefix(self, call: Call, state: State) -> Made:
        lines, (prefix,) = self._words(call, state, "prefix")
        text = f"lpm_lookup_elem({self._object(call, 'lpm').text}, {prefix})"
        return self._returned(call, state, lines, text)

    def _add_prefix(self, call: Call, state: State) -> Made:
        lines, texts = self._words(call, state, "prefix", "prefixlen", "value")
        arguments = f"{texts[0]}, (uint8_t)({texts[1]}), (uint16_t)({texts[2]})"
        text = f"lpm_update_elem({self._object(call, 'lpm').text}, {arguments})"
        return self._returned(call, state, lines, text)

    def _hash(self, call: Call, state: State) -> Made:
        """A hash function that is only named: what it gives for a key is the runtime's choice."""
        argument = call.argument("obj") or next((each for each in call.arguments if each.pointee), None)
        if argument is None or call.result.value is None:
            raise NoCodeError("what it hashes was not traced")
        lines, key, _ = self._local(call, argument.name, state)
        text = "0"
        for at, count in key_bytes(argument, self.pool).spans:
            text = f"bits_hash({text}, 0, {key}{f' + {at}' if at else ''}, {count})"
        return self._returned(call, state, lines, f"(uint32_t){text}")


def _rest(run: Run) -> Run:
    source = run.source >> 64 if isinstance(run.source, int) else run.source
    return replace(run, source=source, first=run.first + 8 * run.step, count=run.count - 8, at=run.at + 8)


def _time(text: str) -> str:
    return "now" if text == _NOW else _cast("int64_t", text)


def _cast(type: str, text: str) -> str:
    return f"({type}){text}" if text.isidentifier() else f"({type})({text})"


def _byte(text: str) -> str:
    return text if text.endswith("]") else f"(uint8_t)({text})" if " " in text else text


__all__ = ["Calls", "Lent", "Line", "Made", "State", "c_type"]
