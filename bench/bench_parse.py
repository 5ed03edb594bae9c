"""How long parsing and formatting take. Prints a table; seconds are processor time.

python bench/bench_parse.py [REQUIREMENTS…]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeVar

from rss_dsl.diagnostics import RssError
from rss_dsl.format import format_spec
from rss_dsl.parse import parse
from rss_dsl.source import Source

T = TypeVar("T")

PORTS = "".join(
    f"port {name} {{ device {device}  nic intel-x710  hash ipv4-tcp, ipv4-udp  queues 16 }}\n"
    for device, name in enumerate(("LAN", "WAN"))
)
PAIRS = [("ipv4_src", "ipv4_dst"), ("ipv4_dst", "ipv4_src"), ("l4_src", "l4_dst"), ("l4_dst", "l4_src")]
SESSION = " && ".join(f"LAN.{a} == WAN.{b}" for a, b in PAIRS)


def spec_text(requirements: int, *, one_line: bool = False) -> str:
    """Two ports and requirements of four equalities each."""
    lines = (f"require r{number}: {SESSION}\n" for number in range(requirements))
    text = PORTS + "".join(lines)
    return text.replace("\n", " ") if one_line else text


def timed(action: Callable[[], T]) -> tuple[float, T]:
    begin = time.process_time()
    found = action()
    return time.process_time() - begin, found


def failing(source: Source) -> int:
    try:
        parse(source)
    except RssError as error:
        return len(error.diagnostics)
    raise AssertionError("the spec was meant to have errors")


def row(requirements: int) -> str:
    """One line of the table."""
    text = spec_text(requirements)
    parsing, spec = timed(lambda: parse(Source("bench.rss", text)))
    one_line, _ = timed(lambda: parse(Source("bench.rss", spec_text(requirements, one_line=True))))
    errors, _ = timed(lambda: failing(Source("bench.rss", text + "require\n")))
    formatting, _ = timed(lambda: format_spec(spec))
    each = 1e6 * parsing / requirements
    seconds = f"{one_line:>11.2f} {errors:>11.2f} {formatting:>8.2f}"
    return f"{requirements:>12} {parsing:>8.2f} {each:>8.0f} {seconds}"


def main(arguments: list[str]) -> None:
    """Print the table for the given numbers of requirements."""
    parse(Source("warm-up.rss", PORTS))
    print("requirements    parse  µs each on one line with errors   format")
    for requirements in map(int, arguments or ["500", "1000", "2000", "5000"]):
        print(row(requirements))


if __name__ == "__main__":
    main(sys.argv[1:])
