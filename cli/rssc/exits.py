"""Exit codes, the same for every command."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit code says."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    NO_KEY = 3
    COUNTEREXAMPLE = 4
    UNDECIDED = 5
    INTERNAL = 70


SUMMARY = (
    "exit codes: 0 yes · 1 findings in the spec or input · 2 usage · 3 no key exists · "
    "4 counterexample · 5 undecided within the limit · 70 internal error"
)
