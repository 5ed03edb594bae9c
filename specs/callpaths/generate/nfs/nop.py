"""Forwards every packet from either port to the other."""

from generate.describe import NetworkFunction, Sharded
from generate.run import Run


def process(run: Run) -> int:
    return 1 - run.device


NF = NetworkFunction("nop", process, Sharded())
