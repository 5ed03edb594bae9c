"""Sketches, consistent hashing, prefixes, hashes and checksums."""

from __future__ import annotations

from generate.describe import Chain, Lpm, Sketch, Vector
from generate.run import Run, by_value, key_argument, pointer, untraced
from generate.words import Record, Word
from rss_callpaths.callpath import Argument

SKETCH_ROWS = 4


def sketch_compute_hashes(run: Run, state: Sketch, key: Record) -> None:
    """Choose the key that the following calls are about."""
    run.path.call("sketch_compute_hashes", _sketch(run, state), key_argument(run, "key", key, fields=False))


def sketch_refresh(run: Run, state: Sketch) -> None:
    """Make the key's counters young."""
    run.path.call("sketch_refresh", _sketch(run, state), by_value("time", run.now))


def sketch_fetch(run: Run, state: Sketch) -> bool:
    """Whether the key was counted more often than the threshold."""
    overflow = run.path.symbol("overflow", 4)
    run.path.call("sketch_fetch", _sketch(run, state), result=overflow)
    return run.branch(overflow.differs(0))


def sketch_touch_buckets(run: Run, state: Sketch) -> Word:
    """Count the key."""
    success = run.path.symbol("success", 4)
    run.path.call("sketch_touch_buckets", _sketch(run, state), by_value("time", run.now), result=success)
    return success


def sketch_expire(run: Run, state: Sketch, age: int) -> None:
    """Forget old counters, in every row."""
    for _ in range(SKETCH_ROWS):
        run.path.assume(run.path.symbol("number_of_freed_flows", 4).not_negative())
    address = run.number(run.memories[state.name].address, 64)
    run.path.call("sketch_expire", by_value("sketch", address), by_value("time", run.now - age))


def cht_fill_cht(run: Run, cht: Vector, height: int, backends: int) -> bool:
    """Fill a table for consistent hashing."""
    filled = run.branch(run.path.symbol("cht_fill_cht_successful", 4).differs(0))
    run.path.call("cht_fill_cht", *_cht(run, cht), *_shape(run, height, backends), result=int(filled))
    return filled


def cht_find_preferred_available_backend(
    run: Run, hashed: Word, cht: Vector, active: Chain, height: int, backends: int
) -> Word | None:
    """The first backend in the order of a hash that is active; None if none is."""
    found = run.branch(run.path.symbol("prefered_backend_found", 4).differs(0))
    before = after = run.number(0xABABABAB, 32)
    if found:
        after = run.path.symbol("chosen_backend", 4)
        run.path.assume(after.not_negative())
        run.path.assume(after.signed_less(backends))
    run.path.call(
        "cht_find_preferred_available_backend",
        by_value("hash", hashed.extended(64)),
        *_cht(run, cht),
        by_value("active_backends", run.number(run.memories[active.name].address, 64)),
        *_shape(run, height, backends),
        pointer(run, "chosen_backend", run.path.local(), before, after),
        result=int(found),
    )
    return after if found else None


def lpm_lookup_elem(run: Run, state: Lpm, prefix: Word) -> Word:
    """What the longest prefix of an address says, 16 bits."""
    found = run.path.symbol("lpm_lookup_reesult", 4)
    run.path.call("lpm_lookup_elem", _lpm(run, state), by_value("prefix", prefix), result=found)
    return found.truncated(16)


def lpm_update_elem(run: Run, state: Lpm, prefix: Word, length: int, value: Word) -> Word:
    """Set what a prefix says."""
    entry = (
        by_value("prefix", prefix),
        by_value("prefixlen", run.number(length, 8)),
        by_value("value", value),
    )
    updated = run.path.symbol("lpm_update_elem_result", 4)
    run.path.call("lpm_update_elem", _lpm(run, state), *entry, result=updated)
    return updated


def hash_of(run: Run, function: str, record: Record) -> Word:
    """An uninterpreted hash of a record, by the name of its C function."""
    hashed = run.path.symbol(function, 4)
    run.path.call(function, key_argument(run, "obj", record), result=hashed)
    return hashed


def nf_set_rte_ipv4_udptcp_checksum(run: Run, ip: Record, l4: Record) -> None:
    """Compute the checksum of a packet that was changed."""
    if ip.address is None or l4.address is None:
        raise ValueError("the headers are in the packet")
    headers = (untraced(run, "ip_header", ip.address), untraced(run, "l4_header", l4.address))
    run.path.call("nf_set_rte_ipv4_udptcp_checksum", *headers, untraced(run, "packet", run.packet))
    ip["hdr_checksum"] = run.path.symbol("checksum", 4).truncated(16)


def _sketch(run: Run, state: Sketch) -> Argument:
    return by_value("sketch", run.number(run.memories[state.name].address, 32))


def _lpm(run: Run, state: Lpm) -> Argument:
    return by_value("lpm", run.number(run.memories[state.name].address, 64))


def _cht(run: Run, cht: Vector) -> tuple[Argument]:
    return (by_value("cht", run.number(run.memories[cht.name].address, 64)),)


def _shape(run: Run, height: int, backends: int) -> tuple[Argument, Argument]:
    return by_value("cht_height", run.number(height, 32)), by_value(
        "backend_capacity", run.number(backends, 32)
    )
