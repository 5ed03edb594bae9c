"""Packet fields and packet classes: what a packet of each class has, bit by bit.

Bit 0 of a field is its first bit on the wire (the most significant). A *canonical* field is one that a
packet really has (`tcp_src`); a *generic* name (`l4_src`, `ip_src`) stands for whichever canonical field
the class has. A class without the field answers `None`, and every comparison on it is false.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

WIDTHS: dict[str, int] = {
    "mac_dst": 48,
    "mac_src": 48,
    "vlan": 12,
    "ether_type": 16,
    "ip_proto": 8,
    "ipv4_src": 32,
    "ipv4_dst": 32,
    "ipv6_src": 128,
    "ipv6_dst": 128,
    "tcp_src": 16,
    "tcp_dst": 16,
    "udp_src": 16,
    "udp_dst": 16,
    "sctp_src": 16,
    "sctp_dst": 16,
    "sctp_vtag": 32,
    "l4_src": 16,
    "l4_dst": 16,
    "esp_spi": 32,
    "gtpu_teid": 32,
    "vxlan_vni": 24,
    "geneve_vni": 24,
}
"""Bits of every field name that has one width, in wire order within a header stack."""

GENERIC: dict[str, tuple[str, ...]] = {
    "ip_src": ("ipv4_src", "ipv6_src"),
    "ip_dst": ("ipv4_dst", "ipv6_dst"),
    "l4_src": ("tcp_src", "udp_src", "sctp_src"),
    "l4_dst": ("tcp_dst", "udp_dst", "sctp_dst"),
}
"""Names that stand for whichever of these a class has."""

WIRE_ORDER: tuple[str, ...] = tuple(WIDTHS)
"""Hash inputs concatenate fields in this order: the Microsoft rule (source address, destination address,
source port, destination port), extended by what precedes and follows."""

INNER = "inner."

_L4 = {"tcp": 6, "udp": 17, "sctp": 132, "esp": 50}
_ETHER = {"ipv4": 0x0800, "ipv6": 0x86DD}
_IN_IP = {"ipv4": 4, "ipv6": 41}
_GRE = 47


@dataclass(frozen=True, slots=True)
class PacketClass:
    """A set of packets that have the same fields: `ipv4-tcp`, `ipv6-frag`, `l2`, `vxlan-ipv4-tcp`, …"""

    name: str
    names: dict[str, str] = field(repr=False, hash=False)
    """Every field name usable on the class → its canonical field."""
    fixed: dict[str, int] = field(default_factory=dict, repr=False, hash=False)
    """Canonical fields that have one value in the class."""
    excluded: dict[str, tuple[int, ...]] = field(default_factory=dict, repr=False, hash=False)
    """Canonical fields and the values they cannot have, since those make another class."""
    unknown: frozenset[str] = frozenset()
    """Canonical fields that exist in the flow but not in every packet (L4 fields of fragments)."""

    @property
    def version(self) -> str | None:
        """`ipv4`, `ipv6` or None; of a tunnel, its inner packet's."""
        name = self.name.removeprefix(f"{self.tunnel}-")
        return name.split("-")[0] if name.startswith("ip") else None

    @property
    def tunnel(self) -> str | None:
        """`vxlan`, `geneve`, `gtpu`, `gre`, `ipip` or None."""
        head = self.name.split("-")[0]
        return head if head in TUNNELS else None

    @property
    def outer(self) -> str:
        """The class of these packets where the tunnel is not looked into."""
        match self.tunnel:
            case None:
                return self.name
            case "gre" | "ipip":
                return "ipv4-other"
            case _:
                return "ipv4-udp"

    def canonical(self, name: str) -> str | None:
        """The field a name stands for in this class, None if its packets lack it."""
        return self.names.get(name)


TUNNELS: dict[str, tuple[str, ...]] = {
    "vxlan": ("vxlan_vni",),
    "geneve": ("geneve_vni",),
    "gtpu": ("gtpu_teid",),
    "gre": (),
    "ipip": (),
}
"""Tunnels over IPv4 and the identifiers they carry; classes are named `TUNNEL-INNERCLASS`."""

BRIDGED = frozenset({"vxlan", "geneve"})
"""Tunnels that carry Ethernet frames; the others carry IP packets, which have no Ethernet header."""


def width(canonical: str) -> int:
    """Bits of a canonical field (an `inner.` prefix does not matter)."""
    return WIDTHS[canonical.removeprefix(INNER)]


def wire_rank(canonical: str) -> tuple[int, int]:
    """Sort key of a canonical field: outer before inner, then wire order."""
    bare = canonical.removeprefix(INNER)
    return int(canonical != bare), WIRE_ORDER.index(bare)


def all_field_names() -> tuple[str, ...]:
    """Every field name a spec can use, for spelling suggestions and documentation."""
    plain = (*WIDTHS, "ip_src", "ip_dst")
    return (*plain, *(INNER + name for name in plain if name not in {"mac_src", "mac_dst"}))


def _ethernet() -> dict[str, str]:
    return {name: name for name in ("mac_dst", "mac_src", "vlan", "ether_type")}


def _ip(version: str, l4: str) -> PacketClass:
    names = _ethernet() | {"ip_proto": "ip_proto"}
    for end in ("src", "dst"):
        names[f"{version}_{end}"] = names[f"ip_{end}"] = f"{version}_{end}"
    fixed = {"ether_type": _ETHER[version]}
    excluded: dict[str, tuple[int, ...]] = {}
    unknown: frozenset[str] = frozenset()
    if l4 in ("tcp", "udp", "sctp"):
        for end in ("src", "dst"):
            names[f"{l4}_{end}"] = names[f"l4_{end}"] = f"{l4}_{end}"
        fixed["ip_proto"] = _L4[l4]
        if l4 == "sctp":
            names["sctp_vtag"] = "sctp_vtag"
    elif l4 == "esp":
        names["esp_spi"] = "esp_spi"
        fixed["ip_proto"] = _L4["esp"]
    elif l4 == "frag":
        # The ports are the datagram's: only its first fragment shows them, and no NIC hashes them. One free
        # 16-bit field stands for all three protocols' ports: the fragment belongs to a flow of any of them.
        for end in ("src", "dst"):
            names |= {f"{proto}_{end}": f"l4_{end}" for proto in ("tcp", "udp", "sctp", "l4")}
        names |= {"sctp_vtag": "sctp_vtag", "esp_spi": "esp_spi"}
        unknown = frozenset({"l4_src", "l4_dst", "sctp_vtag", "esp_spi"})
    else:
        excluded["ip_proto"] = tuple(_L4.values())
    return PacketClass(f"{version}-{l4}", names, fixed, excluded, unknown)


def _tunnel(kind: str, inner: PacketClass) -> PacketClass:
    outer = _carrier(kind, inner)
    carried = inner.names.items() if kind in BRIDGED else inner.names.items() - _ethernet().items()
    names = dict(outer.names) | {name: name for name in TUNNELS[kind]}
    names |= {INNER + name: INNER + canonical for name, canonical in sorted(carried)}
    within = set(names.values())
    fixed = dict(outer.fixed) | {
        INNER + name: value for name, value in inner.fixed.items() if INNER + name in within
    }
    excluded = {INNER + name: values for name, values in inner.excluded.items()}
    unknown = frozenset(INNER + name for name in inner.unknown)
    return PacketClass(f"{kind}-{inner.name}", names, fixed, excluded, unknown)


def _carrier(kind: str, inner: PacketClass) -> PacketClass:
    """The outer packet, without what its protocol number excludes."""
    if kind not in ("gre", "ipip"):
        return _ip("ipv4", "udp")
    plain = _ip("ipv4", "other")
    number = _GRE if kind == "gre" else _IN_IP[inner.name.split("-")[0]]
    return PacketClass(plain.name, plain.names, plain.fixed | {"ip_proto": number})


@cache
def packet_classes() -> dict[str, PacketClass]:
    """Every packet class by name."""
    l2 = PacketClass("l2", _ethernet(), {}, {"ether_type": tuple(_ETHER.values())})
    ip = [_ip(version, l4) for version in _ETHER for l4 in ("tcp", "udp", "sctp", "frag", "other", "esp")]
    tunnels = [_tunnel(kind, inner) for kind in TUNNELS for inner in ip]
    return {c.name: c for c in (*ip, l2, *tunnels)}
