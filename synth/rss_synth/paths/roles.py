"""What ports are to a network function from call paths."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rss_callpaths.infer import Options
from rss_synth.nf.names import TAKEN_ROLES, can_be_item

_TAKEN = TAKEN_ROLES | {"capacity"}


def roles(devices: Sequence[int], options: Options) -> dict[int, str]:
    """By device: the port's name in small letters."""
    found: dict[int, str] = {}
    for device in devices:
        name = re.sub(r"[^a-z0-9_]", "_", options.name(device).lower()).lstrip("_0123456789") or f"p{device}"
        while name in found.values() or name in _TAKEN or not can_be_item(name):
            name += "_port"
        found[device] = name
    return found
