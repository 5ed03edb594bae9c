"""The NIC catalogue: typed constants by vendor, every fact with its source."""

from __future__ import annotations

from functools import cache

from rss_dsl.nic import NicProfile
from rss_dsl.nics import cloud, generic, intel, intel_gigabit, marvell, nvidia, software, vendors

__all__ = ["any_names", "catalogue", "containing", "find"]

_MODULES = (generic, intel, intel_gigabit, marvell, nvidia, cloud, vendors, marvell, software)


@cache
def catalogue() -> dict[str, NicProfile]:
    """Every profile by name, in the order they are listed."""
    return {profile.name: profile for module in _MODULES for profile in module.PROFILES}


@cache
def _by_any_name() -> dict[str, NicProfile]:
    profiles = catalogue()
    aliases = {alias: profile for profile in profiles.values() for alias in profile.aliases}
    return aliases | profiles


def any_names() -> tuple[str, ...]:
    """Every name and alias."""
    return tuple(_by_any_name())


def containing(part: str) -> str | None:
    """The first listed profile with a part, such as `82599`, in its name or an alias."""
    if len(part) < 3:
        return None
    found = catalogue().values()
    return next((p.name for p in found if any(part.lower() in n for n in (p.name, *p.aliases))), None)


def find(name: str) -> NicProfile | None:
    """The profile of that name or alias, None if there is none."""
    return _by_any_name().get(name)
