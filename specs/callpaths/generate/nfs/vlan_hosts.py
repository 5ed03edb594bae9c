"""Counts hosts by VLAN and address; a NIC does not hash the tag, so all VLANs of an address must meet."""

from generate.describe import NetworkFunction, Sharded
from generate.layouts import SOURCE, tie
from generate.packets import ETHER_TYPE_IPV4, ETHER_TYPE_VLAN, IPV4, VLAN, borrow, ethernet
from generate.run import Run
from generate.tables import table
from generate.words import struct

HOST = struct("host", vlan=2, addr=4)
HOSTS = table("hosts", HOST)


def process(run: Run) -> int:
    if run.device == 1:
        return run.device
    ether = ethernet(run)
    short = run.unread < VLAN.size + IPV4.size
    if run.branch(ether["ether_type"].differs(ETHER_TYPE_VLAN) | short):
        return 1
    tag = borrow(run, VLAN)
    if run.branch(tag["ether_type"].differs(ETHER_TYPE_IPV4)):
        return 1
    vlan = tag["tci"].swapped() & 0x0FFF
    HOSTS.expire(run)
    HOSTS.count(run, HOST.holds(vlan=vlan, addr=borrow(run, IPV4)["src_addr"]))
    return 1


NF = NetworkFunction("vlan-hosts", process, Sharded((tie("P0", "P0'", SOURCE),)), state=HOSTS.state)
