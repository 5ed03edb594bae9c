"""Made two-way traffic, the same for the same seed: what a box between a LAN and a WAN sees.

Clients in the LAN open conversations with servers in the WAN, which answer with the endpoints reversed; some
conversations pause; hosts in the WAN send what nobody asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from random import Random
from typing import Literal

from rss_solver.traffic.frame_build import Flow, Segment, build

Protocol = Literal["tcp", "udp", "sctp", "icmp"]
Network = IPv4Network | IPv6Network

_SECOND = 1_000_000_000
_SERVICES = (80, 443, 53, 22, 25, 123, 993, 5060, 8080)
_PAYLOADS = (0, 0, 6, 40, 200, 512, 1400)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a conversation; for ICMP the port is the echo identifier, the same at both ends."""

    address: IPv4Address | IPv6Address
    port: int


@dataclass(frozen=True, slots=True)
class Step:
    """One datagram of a conversation."""

    time_ns: int
    reply: bool
    """From the responder to the initiator."""
    payload: int
    """Bytes behind the transport header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Datagrams between two endpoints, in time order."""

    protocol: Protocol
    initiator: Endpoint
    responder: Endpoint
    initiator_port: str
    """The port that the initiator's packets come in on."""
    responder_port: str
    steps: tuple[Step, ...]
    vlan: int | None = None
    fragmented: bool = False
    """Whether datagrams with at least 16 bytes of payload come in two fragments."""
    initiator_tunnel: str | None = None
    """The tunnel that the initiator's packets come in."""
    responder_tunnel: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One Ethernet frame as a port receives it."""

    port: str
    time_ns: int
    data: bytes


_CLIENTS, _SERVERS = IPv4Network("10.0.0.0/16"), IPv4Network("198.18.0.0/15")
_CLIENTS6, _SERVERS6 = IPv6Network("2001:db8:1::/64"), IPv6Network("2001:db8:8000::/36")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """What traffic to make. Shares are between 0 and 1, of all conversations."""

    seed: int = 0
    conversations: int = 500
    packets: int = 10_000
    """About how many datagrams all conversations have together; each has two at least."""
    lan: str = "LAN"
    wan: str = "WAN"
    lan_tunnel: str | None = None
    """The tunnel that what comes in from the LAN is in (`rss_dsl.fields.TUNNELS`); None: none."""
    wan_tunnel: str | None = None
    clients: Network = _CLIENTS
    servers: Network = _SERVERS
    clients6: Network = _CLIENTS6
    servers6: Network = _SERVERS6
    zipf: float | None = 1.1
    """Exponent of the sizes of conversations; None: all alike."""
    udp: float = 0.3
    sctp: float = 0.0
    icmp: float = 0.0
    """What is neither UDP nor SCTP nor ICMP is TCP."""
    ipv6: float = 0.0
    vlan: float = 0.0
    fragments: float = 0.0
    scans: float = 0.1
    """Conversations that a host in the WAN begins and nobody answers."""
    pauses: float = 0.1
    """Conversations that pause once for `pause_ns`."""
    pause_ns: int = 120 * _SECOND
    start_ns: int = 1_700_000_000 * _SECOND
    duration_ns: int = 60 * _SECOND
    """Conversations begin within this time."""
    gap_ns: int = 20_000_000
    """Mean time between two datagrams of a conversation."""


def generate(mix: Mix) -> list[Frame]:
    """The frames of all conversations of a mix, in time order."""
    made = [frame for conversation in conversations(mix) for frame in frames_of(conversation)]
    return sorted(made, key=lambda frame: frame.time_ns)


def conversations(mix: Mix) -> list[Conversation]:
    """The conversations of a mix. Half of the scans try the client and port of an earlier conversation."""
    rng = Random(mix.seed)
    made: list[Conversation] = []
    for size in _sizes(mix, rng):
        if rng.random() < mix.scans:
            made.append(_scan(mix, rng, made))
        else:
            made.append(_exchange(mix, rng, size))
    return made


def _sizes(mix: Mix, rng: Random) -> list[int]:
    weights = [1.0 if mix.zipf is None else (rank + 1) ** -mix.zipf for rank in range(mix.conversations)]
    rng.shuffle(weights)
    total = sum(weights)
    return [max(2, round(mix.packets * weight / total)) for weight in weights]


def _exchange(mix: Mix, rng: Random, size: int) -> Conversation:
    protocol = _protocol(mix, rng)
    ipv6 = rng.random() < mix.ipv6
    client = _host(mix.clients6 if ipv6 else mix.clients, rng)
    server = _host(mix.servers6 if ipv6 else mix.servers, rng)
    port = rng.randrange(1024, 65536)
    return Conversation(
        protocol=protocol,
        initiator=Endpoint(client, port),
        responder=Endpoint(server, port if protocol == "icmp" else rng.choice(_SERVICES)),
        initiator_port=mix.lan,
        responder_port=mix.wan,
        steps=_steps(mix, rng, size),
        vlan=rng.randrange(1, 4095) if rng.random() < mix.vlan else None,
        fragmented=rng.random() < mix.fragments,
        initiator_tunnel=mix.lan_tunnel,
        responder_tunnel=mix.wan_tunnel,
    )


def _scan(mix: Mix, rng: Random, earlier: Sequence[Conversation]) -> Conversation:
    target = rng.choice(earlier).initiator if earlier and rng.random() < 0.5 else None
    ipv6 = target.address.version == 6 if target else rng.random() < mix.ipv6
    if target is None:
        target = Endpoint(_host(mix.clients6 if ipv6 else mix.clients, rng), rng.choice(_SERVICES))
    source = Endpoint(_host(mix.servers6 if ipv6 else mix.servers, rng), rng.randrange(1024, 65536))
    opened = mix.start_ns + rng.randrange(mix.duration_ns)
    return Conversation(
        protocol="udp" if rng.random() < mix.udp else "tcp",
        initiator=source,
        responder=target,
        initiator_port=mix.wan,
        responder_port=mix.lan,
        steps=tuple(Step(opened + attempt * _SECOND, False, 0) for attempt in range(rng.randrange(1, 4))),
        initiator_tunnel=mix.wan_tunnel,
        responder_tunnel=mix.lan_tunnel,
    )


def _protocol(mix: Mix, rng: Random) -> Protocol:
    draw = rng.random()
    if draw < mix.udp:
        return "udp"
    if draw < mix.udp + mix.sctp:
        return "sctp"
    return "icmp" if draw < mix.udp + mix.sctp + mix.icmp else "tcp"


def _host(network: Network, rng: Random) -> IPv4Address | IPv6Address:
    return ip_address(network[rng.randrange(network.num_addresses)])


def _steps(mix: Mix, rng: Random, size: int) -> tuple[Step, ...]:
    """The second datagram answers the first; after that either side sends."""
    time = mix.start_ns + rng.randrange(mix.duration_ns)
    pause_at = rng.randrange(1, size) if rng.random() < mix.pauses else 0
    made: list[Step] = []
    for number in range(size):
        if number:
            time += 1 + int(rng.expovariate(1) * mix.gap_ns) + (mix.pause_ns if number == pause_at else 0)
        reply = number == 1 or (number > 1 and rng.random() < 0.5)
        made.append(Step(time, reply, rng.choice(_PAYLOADS) if number > 1 else 0))
    return tuple(made)


def frames_of(conversation: Conversation) -> Iterator[Frame]:
    """The frames of a conversation, in time order."""
    flows = _flow(conversation, reply=False), _flow(conversation, reply=True)
    ports = conversation.initiator_port, conversation.responder_port
    sent = [0, 0]
    for number, step in enumerate(conversation.steps):
        progress = sent[step.reply], sent[not step.reply]
        segment = Segment(number, *progress, step.payload, conversation.fragmented)
        for data in build(flows[step.reply], segment):
            yield Frame(ports[step.reply], step.time_ns, data)
        sent[step.reply] += step.payload + (number < 2)


def _flow(conversation: Conversation, *, reply: bool) -> Flow:
    source, target = conversation.initiator, conversation.responder
    if reply:
        source, target = target, source
    return Flow(
        protocol=conversation.protocol,
        source=source.address.packed,
        target=target.address.packed,
        source_port=source.port,
        target_port=target.port,
        vlan=conversation.vlan,
        reply=reply,
        tunnel=conversation.responder_tunnel if reply else conversation.initiator_tunnel,
    )
