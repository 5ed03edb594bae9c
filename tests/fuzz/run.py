"""Random Problems through every route: `python tests/fuzz/run.py [--cases N] [--seed FIRST] [--jobs N]`.

Prints how many were run and what came out; each difference with its seed and the smallest Problem that still
shows it. Exit code 1 if there was one. Ctrl-C ends it with what is known so far.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from fuzzing import Outcome, try_seeds

CHUNK = 25


def main() -> int:
    parser = argparse.ArgumentParser(description="compare solver, proof and brute force on random Problems")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    begin = time.monotonic()
    counts: Counter[str] = Counter()
    last = options.seed + options.cases
    chunks = [range(first, min(first + CHUNK, last)) for first in range(options.seed, last, CHUNK)]
    with ProcessPoolExecutor(options.jobs, initializer=_leave_interrupts_to_the_parent) as pool:
        futures = [pool.submit(try_seeds, chunk) for chunk in chunks]
        try:
            for future in as_completed(futures):
                for outcome in future.result():
                    _note(counts, outcome)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
    _summary(counts, time.monotonic() - begin)
    return 1 if counts["DIFFERENT"] else 0


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _note(counts: Counter[str], outcome: Outcome) -> None:
    counts[outcome.label] += 1
    if outcome.report is not None:
        print(f"{outcome.report}\n", flush=True)


def _summary(counts: Counter[str], seconds: float) -> None:
    print(f"{counts.total()} cases in {seconds:.0f} s, {counts['DIFFERENT']} different")
    for label, count in counts.most_common():
        print(f"  {count:6} {label}")


if __name__ == "__main__":
    sys.exit(main())
