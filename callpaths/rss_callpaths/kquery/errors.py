"""What is wrong with an expression or a record, at which token; `places.py` makes a diagnostic of it."""

from __future__ import annotations

from rss_callpaths.kquery.tokens import END
from rss_dsl import codes
from rss_dsl.diagnostics import Rule
from rss_dsl.lexical import quote


class KqueryError(Exception):
    """Text that is not what the format allows. `at` is the index of a token."""

    def __init__(self, rule: Rule, message: str, at: int, help_: str | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.at = at
        self.help = help_


def expected(what: str, tokens: list[str], at: int) -> KqueryError:
    """Something else stands where `what` should; at the end of the text, that it was cut off."""
    if at >= len(tokens) - 1 or tokens[at] == END:
        message = f"the text ends where {what} should follow"
        help_ = "the file was cut off: run the symbolic execution again, or copy the file again"
        return KqueryError(codes.CUT_CALL_PATH, message, len(tokens) - 1, help_)
    message = f"{quote(tokens[at], 40)} stands where {what} should"
    return KqueryError(codes.CALL_PATH_SYNTAX, message, at)
