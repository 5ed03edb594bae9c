"""The targets by name, each loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rss_synth.target import Target

_PLACES = {
    "nf": ("rss_synth.nf.target", "NfTarget"),
    "dpdk": ("rss_synth.dpdk", "DpdkTarget"),
    "testpmd": ("rss_synth.testpmd", "TestpmdTarget"),
    "rte-flow": ("rss_synth.rte_flow", "RteFlowTarget"),
    "ethtool": ("rss_synth.ethtool", "EthtoolTarget"),
    "xdp": ("rss_synth.xdp", "XdpTarget"),
    "json": ("rss_synth.json_target", "JsonTarget"),
}


def _factory(module: str, name: str) -> Callable[[], Target]:
    def make() -> Target:
        target: Target = getattr(import_module(module), name)()
        return target

    return make


TARGETS: dict[str, Callable[[], Target]] = {name: _factory(*place) for name, place in _PLACES.items()}
"""Name → factory; importing this module loads none of them."""
