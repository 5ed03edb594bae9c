"""The NIC catalogue: typed constants by vendor, every fact with its source."""

from __future__ import annotations

from functools import cache

from rss_dsl.nic import NicProfile
from rss_dsl.nics import cloud, generic, intel, intel_gigabit, nvidia, software, vendors

__all__ = ["catalogue", "find"]

_MODULES = (generic, intel, intel_gigabit, nvidia, cloud, vendors, software)


@cache
def catalogue() -> dict[str, NicProfile]:
    """Every profile by name, in the order they are listed."""
    return {profile.name: profile for module in _MODULES for profile in module.PROFILES}


@cache
def _by_any_name() -> dict[str, NicProfile]:
    profiles = catalogue()
    aliases = {alias: profile for profile in profiles.values() for alias in profile.aliases}
    return aliases | profiles


def find(name: str) -> NicProfile | None:
    """The profile of that name or alias, None if there is none."""
    return _by_any_name().get(name)
