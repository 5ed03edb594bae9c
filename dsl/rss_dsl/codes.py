"""Every diagnostic code. `rules/CODE.md` explains each: what it means, why it matters, an example, the fix.

Ranges: 0xx syntax and files · 1xx names and types · 2xx NIC capability · 3xx solving and proving ·
5xx keys, lock files and captures · 6xx synthesis · 9xx internal. A code is never reused.
"""

from __future__ import annotations

from functools import cache

from rss_dsl.diagnostics import Rule, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

# 0xx: syntax and files
SYNTAX = Rule("RSS001", "syntax", _E)
UNREADABLE_FILE = Rule("RSS002", "unreadable-file", _E)
IMPORT_NOT_FOUND = Rule("RSS003", "import-not-found", _E)
IMPORT_CYCLE = Rule("RSS004", "import-cycle", _E)

# 3xx: solving and proving
NOT_SUPPORTED = Rule("RSS301", "not-supported-yet", _E)
NO_KEY = Rule("RSS302", "no-key", _E)
SPLIT_UNHASHED = Rule("RSS303", "unhashed-class-splits", _E)
MAYBE_UNHASHED = Rule("RSS304", "unhashed-class-may-split", _W)
FEW_QUEUES = Rule("RSS305", "few-queues-reachable", _W)
TABLES_DISAGREE = Rule("RSS306", "tables-disagree", _E)
VACUOUS = Rule("RSS307", "vacuous-requirement", _W)

# 9xx: internal
INTERNAL = Rule("RSS901", "internal-error", _E)


@cache
def all_rules() -> dict[str, Rule]:
    """Every rule by code."""
    found = [value for value in globals().values() if isinstance(value, Rule)]
    return {rule.code: rule for rule in sorted(found, key=lambda r: r.code)}
