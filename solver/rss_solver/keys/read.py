"""Which kind of key file a text is, and the readers of the two kinds that people type or paste."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rss_dsl.codes import KEY_FORMAT, KEY_MISSING, NOT_TOEPLITZ_NOW
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.lexical import quote
from rss_dsl.source import Source, Span
from rss_solver.keys.given import GivenKey, misnamed
from rss_solver.keys.hexkey import fault, parse_hex
from rss_solver.keys.lock import read_lock

_ASSIGNMENT = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*(?:(?:#|//).*)?")
_DEVICE = re.compile(r"RX flow hash indirection table for (\S+) with (\d{1,6}) RX ring")
_TABLE_ROW = re.compile(r"\s*(\d{1,6}):((?:\s+\d{1,6})+)\s*")
_KEY_ROW = re.compile(r"\s*[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2})+\s*")
_FUNCTION = re.compile(r"\s+(\w+):\s+(on|off)\s*")

MAX_FINDINGS = 20
"""Of one file: enough to see what is wrong with it."""


def read_keys(source: Source, ports: tuple[str, ...], port: str | None = None) -> tuple[GivenKey, ...]:
    """The keys in a lock file, in `PORT=HEX` lines, or in the output of `ethtool -x`.

    `ethtool` names interfaces, not ports: its output is for the port `port`, or for the port named like the
    interface, or for the only port in `ports`. So is a bare key. Of the keys for several ports, `port` picks
    its own. RssError if the text is none of these.
    """
    if source.text.lstrip().startswith("{"):
        return _picked(read_lock(source), source, port)
    if "RSS hash key" in source.text or _DEVICE.search(source.text):
        return tuple(_ethtool(source, ports, port))
    only = port or (ports[0] if len(ports) == 1 else None)
    bare = only and _bare(source, only)
    return (bare,) if bare else _picked(_lines(source, ports), source, port)


def _picked(found: tuple[GivenKey, ...], source: Source, port: str | None) -> tuple[GivenKey, ...]:
    """What is for a port, where one is asked for."""
    if port is None:
        return found
    own = tuple(entry for entry in found if entry.port == port)
    if not own:
        names = ", ".join(quote(entry.port) for entry in found[:8])
        message = f"no key for `{port}` in `{source.path}`"
        span = found[0].span if found else Span(source, 0, 0)
        help_ = f"it has keys for {names}" if found else "it has no keys at all"
        raise RssError([Diagnostic(rule=KEY_MISSING, message=message, span=span, help=help_)])
    return own


def _bare(source: Source, port: str) -> GivenKey | None:
    """The key if the text is nothing else, comments aside."""
    rows = [span for text, span in _rows(source) if not _idle(text)]
    key = parse_hex(" ".join(span.text for span in rows))
    return GivenKey(port, key, Span(source, rows[0].start, rows[-1].end)) if key else None


def _idle(row: str) -> bool:
    return not row.strip() or row.lstrip().startswith(("#", "//"))


def _lines(source: Source, ports: tuple[str, ...]) -> tuple[GivenKey, ...]:
    found, findings = [], []
    for text, span in _rows(source):
        if _idle(text):
            continue
        match = _ASSIGNMENT.fullmatch(text)
        key = parse_hex(match[2]) if match else None
        if match and key is not None:
            found.append(GivenKey(match[1], key, span))
        elif match:
            at = Span(source, span.start + match.start(2), span.start + match.end(2))
            findings.append(_unreadable(at, fault(match[2]) or "not a key"))
        else:
            findings.append(_unreadable(span, "expected `PORT=HEX`"))
    if not found and not findings:
        findings.append(_unreadable(Span(source, 0, 0), "the file holds no key"))
    if findings:
        findings += misnamed(found, ports)
        raise RssError(sorted(findings, key=lambda d: d.span.start)[:MAX_FINDINGS])
    return tuple(found)


def _rows(source: Source) -> Iterator[tuple[str, Span]]:
    start = 0
    for text in source.text.splitlines(keepends=True):
        row = text.rstrip("\r\n")
        yield row, Span(source, start, start + len(row))
        start += len(text)


def _unreadable(span: Span, what: str) -> Diagnostic:
    return Diagnostic(
        rule=KEY_FORMAT,
        message=what,
        span=span,
        help="give a lock file, lines `PORT=HEX`, or the output of `ethtool -x`",
    )


def _ethtool(source: Source, ports: tuple[str, ...], port: str | None) -> Iterator[GivenKey]:
    """One or more outputs of `ethtool -x`, one after the other."""
    sections: list[list[tuple[str, Span]]] = []
    for text, span in _rows(source):
        if _DEVICE.match(text) or not sections:
            sections.append([])
        sections[-1].append((text, span))
    for section in sections:
        yield _section(section, ports, port)


def _section(rows: list[tuple[str, Span]], ports: tuple[str, ...], port: str | None) -> GivenKey:
    device = next((match for text, _ in rows if (match := _DEVICE.match(text))), None)
    key_row = next(((text, span) for text, span in rows if _KEY_ROW.fullmatch(text)), None)
    if key_row is None:
        raise RssError([_unreadable(rows[0][1], "the output of `ethtool -x` shows no key")])
    functions = {match[1]: match[2] for text, _ in rows if (match := _FUNCTION.fullmatch(text))}
    if functions.get("toeplitz", "on") != "on":
        on = next((name for name, state in functions.items() if state == "on"), "another function")
        raise RssError(
            [
                Diagnostic(
                    rule=NOT_TOEPLITZ_NOW,
                    message=f"the NIC hashes with `{on}`, the key has no effect",
                    span=key_row[1],
                    help="switch with `ethtool -X DEV hfunc toeplitz`",
                )
            ]
        )
    name = port or _named(device[1] if device else None, ports, key_row[1])
    key = parse_hex(key_row[0])
    first = next((span for text, span in rows if _TABLE_ROW.fullmatch(text)), None)
    return GivenKey(name, key or b"", key_row[1], _table(rows), first)


def _named(device: str | None, ports: tuple[str, ...], span: Span) -> str:
    if device in ports:
        return str(device)
    if len(ports) == 1:
        return ports[0]
    what = f"which port `{device}` is" if device else "which port this output is for"
    finding = _unreadable(span, f"the output of `ethtool -x` does not say {what}")
    raise RssError([Diagnostic(rule=finding.rule, message=finding.message, span=span, help=_SAY_WHICH)])


_SAY_WHICH = "say which with `--keys PORT=FILE`"


def _table(rows: list[tuple[str, Span]]) -> tuple[int, ...] | None:
    entries: list[int] = []
    for text, span in rows:
        if match := _TABLE_ROW.fullmatch(text):
            if int(match[1]) != len(entries):
                raise RssError([_unreadable(span, f"the table goes from entry {len(entries)} to {match[1]}")])
            entries += [int(queue) for queue in match[2].split()]
    return tuple(entries) or None
