"""Keys from outside: lock files, `PORT=HEX` lines, `ethtool -x` output; and keys written as lock files."""

from rss_solver.keys.given import GivenKey, apply, apply_one, unknown_port
from rss_solver.keys.lock import (
    SpecIdentity,
    document,
    lock_text,
    port_document,
    preferences_document,
    read_lock,
)
from rss_solver.keys.read import read_keys

__all__ = [
    "GivenKey",
    "SpecIdentity",
    "apply",
    "apply_one",
    "document",
    "lock_text",
    "port_document",
    "preferences_document",
    "read_keys",
    "read_lock",
    "unknown_port",
]
