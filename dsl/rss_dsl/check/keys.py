"""Keys that a spec gives: pinned ones, and those that preferences name."""

from __future__ import annotations

from rss_dsl import codes
from rss_dsl.check import lints
from rss_dsl.check.items import Items, header
from rss_dsl.check.report import Report
from rss_dsl.nic import NicProfile
from rss_dsl.problem import PinnedKey
from rss_dsl.source import Span
from rss_dsl.spec import Key, PortDecl


def pinned(profile: NicProfile, item: Key, report: Report) -> PinnedKey | None:
    """The key that a port pins, zero-extended; None after reporting that it is none for this NIC."""
    length = profile.key_bytes.value
    key = key_of(item.digits, length, profile.name, item.span, report)
    if key is None:
        return None
    lints.public_key(key, item.span, report)
    return PinnedKey(key.ljust(length, b"\0"), item.span)


def key_of(digits: str, length: int, nic: str, span: Span, report: Report) -> bytes | None:
    """The bytes of a key as written; None after reporting that they are not a key for this NIC."""
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        report.add(
            codes.KEY_LENGTH,
            f"key has {len(digits)} digits, not two for every byte",
            span,
            help="write each byte with two hex digits",
        )
        return None
    if len(key) <= length:
        return key
    report.add(
        codes.KEY_LENGTH,
        f"key has {len(key)} bytes, `{nic}` takes {length}",
        span,
        help=f"give at most {length} bytes; shorter keys are extended by zeros",
    )
    return None


def settable(profile: NicProfile, declaration: PortDecl, items: Items, report: Report) -> None:
    """Warn of a key that the NIC has, nobody can set and the spec does not tell."""
    if items.key is None and profile.toeplitz.value and not profile.key_settable.value:
        report.add(
            codes.KEY_NOT_SETTABLE,
            f"the key of `{profile.name}` cannot be set, and that of `{declaration.name}` is not known",
            header(declaration) if items.nic is None else items.nic.span,
            help="pin the key that the NIC has with `key HEX`, so that it is checked and others fit it",
        )
