"""Adds two numbers that follow the Ethernet header, whatever its type says, and writes their sum behind."""

from generate.describe import NetworkFunction, Sharded
from generate.packets import borrow, ethernet
from generate.run import Run
from generate.words import struct

NUMBERS = struct("adder_hdr", first=2, second=2, sum=2)


def process(run: Run) -> int:
    ethernet(run)
    if run.branch(run.unread < NUMBERS.size):
        return run.device
    numbers = borrow(run, NUMBERS)
    numbers["sum"] = (numbers["first"].swapped() + numbers["second"].swapped()).swapped()
    return 1 - run.device


NF = NetworkFunction("adder", process, Sharded())
