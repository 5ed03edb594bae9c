"""A stand-in for ethtool 6.9: keeps interfaces in the JSON file $FAKE_STATE, records what is asked of it.

FAKE_FAULT=shared-key or shared-fields: all interfaces are ports of one card that has one of them.
FAKE_REFUSE is a word that makes a command fail; FAKE_FAULT names a way in which the NIC lies.
Called as `fake_reta IFNAME QUEUE...` it writes a table.
"""

import json
import os
import sys
from pathlib import Path

STATE = Path(os.environ["FAKE_STATE"])
FAULT = os.environ.get("FAKE_FAULT", "")
NAMES = {
    "m": "L2DA",
    "v": "VLAN tag",
    "t": "L3 proto",
    "s": "IP SA",
    "d": "IP DA",
    "f": "L4 bytes 0 & 1 [TCP/UDP src port]",
    "n": "L4 bytes 2 & 3 [TCP/UDP dst port]",
}


def fresh() -> dict:
    symmetric = FAULT in ("symmetric", "ignore-xfrm")
    return {"channels": 4, "key": "00", "table": [0] * 512, "fields": {}, "symmetric": symmetric}


def share(interfaces: dict, name: str, what: str) -> None:
    for nic in interfaces.values():
        nic[what] = interfaces[name][what]


def weighted(weights: list[int], size: int) -> list[int]:
    table, queue, partial = [], -1, 0
    for entry in range(size):
        while entry >= size * partial // sum(weights):
            queue += 1
            partial += weights[queue]
        table.append(queue)
    return table


def show(nic: dict, name: str) -> None:
    table = nic["table"][:128] if FAULT == "small-table" else nic["table"]
    print(f"RX flow hash indirection table for {name} with {nic['channels']} RX ring(s):")
    for at in range(0, len(table), 8):
        print(f"{at:5}: " + " ".join(f"{queue:5}" for queue in table[at : at + 8]))
    key = "Operation not supported" if FAULT == "no-key" else nic["key"]
    print(f"RSS hash key:\n{key}\nRSS hash function:\n    toeplitz: on\n    xor: off\n    crc32: off")
    print(f"RSS input transformation:\n    symmetric-xor: {'on' if nic['symmetric'] else 'off'}")
    print("    symmetric-or-xor: off")


def spread(nic: dict, words: list[str]) -> None:
    if words[0] == "hkey" and FAULT != "ignore-key":
        nic["key"] = words[1]
    elif words[0] == "xfrm" and FAULT != "ignore-xfrm":
        nic["symmetric"] = words[1] == "symmetric-xor" and FAULT != "ignore-xfrm-on"
    elif words[0] == "equal" and FAULT != "ignore-table":
        nic["table"] = [i % int(words[1]) for i in range(512)]
    elif words[0] == "weight":
        nic["table"] = weighted([int(word) for word in words[1:]], 512)


def command(words: list[str], interfaces: dict) -> None:
    name = words[1]
    nic = interfaces.setdefault(name, fresh())
    match words:
        case ["-l", _]:
            print(f"Channel parameters for {name}:\nPre-set maximums:\nRX:\t\tn/a\nCombined:\t64")
            print(f"Current hardware settings:\nRX:\t\tn/a\nCombined:\t{nic['channels']}\n")
        case ["-L", _, "combined", count]:
            nic["channels"] = nic["channels"] if FAULT == "ignore-channels" else int(count)
        case ["-x", _]:
            show(nic, name)
        case ["-X", _, *rest]:
            spread(nic, rest)
        case ["-N", _, "rx-flow-hash", flow_type, letters]:
            extra = {"ignore-fields": "sd", "extra-field": "v" + letters}
            nic["fields"][flow_type] = extra.get(FAULT, letters)
        case ["-n", _, "rx-flow-hash", flow_type]:
            print(f"{flow_type} flows use these fields for computing Hash flow key:")
            print("\n".join(NAMES[letter] for letter in nic["fields"][flow_type]), end="\n\n")
        case _:
            sys.exit(f"fake ethtool: {words}")
    if FAULT in ("shared-key", "shared-fields") and words[0] in ("-X", "-N"):
        share(interfaces, name, FAULT.removeprefix("shared-"))


def main() -> None:
    words = sys.argv[1:]
    state = json.loads(STATE.read_text()) if STATE.exists() else {"interfaces": {}, "commands": []}
    state["commands"].append(words)
    refused = os.environ.get("FAKE_REFUSE")
    if refused in words:
        STATE.write_text(json.dumps(state))
        sys.exit(75)
    if words[0] in state["interfaces"]:
        state["interfaces"][words[0]]["table"] = [int(queue) for queue in words[1:]]
    else:
        command(words, state["interfaces"])
    STATE.write_text(json.dumps(state))


main()
