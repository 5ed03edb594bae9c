"""One table of hosts, by IPv4 source where there is one, by MAC address else, which no NIC hashes (§5.11)."""

from generate.describe import NetworkFunction, Refused
from generate.packets import ethernet, ipv4
from generate.run import Run
from generate.tables import table
from generate.words import struct

HOST = struct("Host", address=6)
HOSTS = table("hosts", HOST)


def process(run: Run) -> int:
    ether = ethernet(run)
    ip = ipv4(run, ether)
    HOSTS.expire(run)
    address = ether["s_addr"] if ip is None else ip["src_addr"].extended(48)
    HOSTS.count(run, HOST.holds(address=address))
    return 1 - run.device


NF = NetworkFunction(
    "mac-and-ip",
    process,
    Refused("packets without IPv4 are counted by MAC address, which is not hashed"),
    state=HOSTS.state,
)
