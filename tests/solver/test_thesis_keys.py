"""The keys printed in the thesis, against specs of the same network functions, under `equality hash`.

Short keys are zero-extended. Tables 4.2 (policer), 4.4 (firewall), 4.5 (NAT); equations 3.21 (Woo and Park)
and 3.22 (symmetric sessions).
"""

from dataclasses import replace

import pytest
from rsstest import nf, ports, problem, session

from rss_dsl.source import NOWHERE
from rss_solver.keys import GivenKey, apply
from rss_solver.proof import Counterexample, Proof, verify

POLICER = {
    "LAN": "01200100012401420100011401900176" + "00",
    "WAN": "0000000000000001000000000000000136419596f4204fdb21f3fa0d0c4ea2f6fc3f53c8"
    "9814e0dbd141bd4f782a86ae6b1b4560",
}
FIREWALL = {
    "LAN": "2000242224222000200024222000242300",
    "WAN": "24222000200024222422200024222000",
}
NAT_LAN_AS_PRINTED = (
    "000000000000000001000000000000000001"
    "2fb9817bfcb0218a12b52f755cd3c892da7fbf1a6369d88da22c475718"
    "13c647cd47c2c9"
)
NAT = {"LAN": NAT_LAN_AS_PRINTED[2:][:104], "WAN": "0000000100"}
SYMMETRIC = [
    "6d5a6d5b6d5a6d5b" + 16 * "6d5a",
    "50045005500450055004500450045004745b9ae5c82910e6553287da6ef06afb1899645ab7683234472d93d73725aaab81449049",
]


def judge(spec, keys):
    given = [GivenKey(name, bytes.fromhex(digits), NOWHERE) for name, digits in keys.items()]
    return verify(spec, apply(spec, given, NOWHERE))


def under_hash(spec):
    return replace(spec, equality="hash")


def symmetric():
    return problem(ports("TAP") + "\nequality hash\nrequire " + session("TAP", "TAP'"))


def flipped(digits, bit):
    key = int(digits.ljust(104, "0"), 16) ^ 1 << (415 - bit)
    return f"{key:0104x}"


CASES = [
    # (spec, keys, port, a key bit in a constrained window)
    (lambda: under_hash(nf("pol")), POLICER, "WAN", 20),
    (lambda: under_hash(nf("fw")), FIREWALL, "LAN", 40),
    (lambda: under_hash(nf("fw")), FIREWALL, "WAN", 126),
    (lambda: under_hash(nf("nat")), NAT, "LAN", 0),
    (lambda: under_hash(nf("nat")), NAT, "WAN", 31),
    (symmetric, {"TAP": SYMMETRIC[0]}, "TAP", 15),
    (symmetric, {"TAP": SYMMETRIC[1]}, "TAP", 126),
]
IDS = ["4.2", "4.4 LAN", "4.4 WAN", "4.5 LAN", "4.5 WAN", "3.21", "3.22"]


@pytest.mark.parametrize(("spec", "keys", "port", "bit"), CASES, ids=IDS)
def test_published_keys_verify_and_one_bit_breaks_them(spec, keys, port, bit):
    found = judge(spec(), keys)
    assert isinstance(found, Proof)
    assert found.whole_hashes
    assert found.cross_checked == 32
    broken = judge(spec(), {**keys, port: flipped(keys[port], bit)})
    assert isinstance(broken, Counterexample)


def test_the_nat_key_is_misprinted():
    """Table 4.5 prints 54 bytes for the LAN; one of its first eight zero bytes is too many."""
    assert len(NAT_LAN_AS_PRINTED) == 2 * 54
    assert NAT_LAN_AS_PRINTED[:18] == "000000000000000001"
    as_printed = {**NAT, "LAN": NAT_LAN_AS_PRINTED[:104]}
    assert isinstance(judge(under_hash(nf("nat")), as_printed), Counterexample)
    assert int(NAT["LAN"], 16) >> (415 - 63) & 1, "bit 63 is the one that its text names"
