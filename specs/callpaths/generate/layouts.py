"""Structs that several network functions have."""

from generate.words import Record, Struct, struct

FLOW = struct("FlowId", 16, src_port=2, dst_port=2, src_ip=4, dst_ip=4, protocol=1)
ADDRESS = struct("ip_addr", addr=4)
COUNTER = struct("int", 4)


def flow_of(ip: Record, l4: Record, layout: Struct = FLOW) -> Record:
    """The flow of a packet."""
    return layout.holds(
        src_port=l4["src_port"],
        dst_port=l4["dst_port"],
        src_ip=ip["src_addr"],
        dst_ip=ip["dst_addr"],
        protocol=ip["next_proto_id"],
    )


def reversed_flow_of(ip: Record, l4: Record, layout: Struct = FLOW) -> Record:
    """The flow whose replies look like this packet."""
    return layout.holds(
        src_port=l4["dst_port"],
        dst_port=l4["src_port"],
        src_ip=ip["dst_addr"],
        dst_ip=ip["src_addr"],
        protocol=ip["next_proto_id"],
    )


SOURCE, DESTINATION = ("ipv4_src", "ipv4_src"), ("ipv4_dst", "ipv4_dst")
SOURCE_PORT, DESTINATION_PORT = ("l4_src", "l4_src"), ("l4_dst", "l4_dst")
REVERSED = (("ipv4_src", "ipv4_dst"), ("ipv4_dst", "ipv4_src"), ("l4_src", "l4_dst"), ("l4_dst", "l4_src"))


def tie(first: str, second: str, *fields: tuple[str, str]) -> str:
    """A condition of the language: fields of one packet equal fields of another."""
    return " && ".join(f"{first}.{one} == {second}.{other}" for one, other in fields)
