"""A NIC that is none in particular: the smallest key and table in common use."""

from __future__ import annotations

from dataclasses import replace

from rss_dsl.nic import DefaultQueue, Evidence, FieldSet, NicProfile, Switch, Unselected, Via
from rss_dsl.nics.facts import BASE, doc, inferred, quirk
from rss_dsl.nics.switches import EVERY, L4, VERSIONS, addresses, l4_switch, nonfrag, pair_switch

_RSSC = "rssc: a convention, no device"


def _version(version: str) -> tuple[Switch, ...]:
    pair = FieldSet(addresses(version), Via.FLOW, (f"RTE_ETH_RSS_{version.upper()}",), instead=True)
    l4 = [l4_switch(version, kind, (pair,)) for kind in L4]
    frag = pair_switch(f"RTE_ETH_RSS_FRAG_{version.upper()}", version, ("frag",))
    other = pair_switch(nonfrag(version, "other"), version, ("other", "esp"))
    return (*l4, frag, other, pair_switch(f"RTE_ETH_RSS_{version.upper()}", version, EVERY))


GENERIC = replace(
    BASE,
    name="generic",
    title="any RSS NIC with a 40-byte key and 128 entries",
    driver="any",
    key_settable=doc(True, _RSSC),
    default_queue=doc(DefaultQueue.QUEUE_0, _RSSC),
    unselected=doc(Unselected.PACKED, _RSSC),
    algorithm_settable=doc(False, _RSSC),
    readable=inferred(True, "most drivers implement rss_hash_conf_get"),
    switches=tuple(switch for version in VERSIONS for switch in _version(version)),
    switches_source=doc("one type per class, 4-tuples and address pairs", _RSSC),
    quirks=(
        quirk(
            "stands for no device: name the real NIC before configuring one", _RSSC, Evidence.DOCUMENTATION
        ),
    ),
)

PROFILES: tuple[NicProfile, ...] = (GENERIC,)
