"""Loads as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rss_solver.traffic import Load, PortLoad, evenness

BAR = 40
"""Columns of the longest bar."""


def show_load(load: Load) -> str:
    """Per port and over all cores: packets, what was not hashed and why, a bar per queue."""
    blocks = [_port(port) for port in load.ports]
    if len(load.ports) > 1:
        blocks.append(_counts("cores", "core", load.cores))
    return "\n\n".join("\n".join(block) for block in blocks)


def _port(port: PortLoad) -> Iterator[str]:
    yield from _counts(port.name, "queue", port.queues)
    for reason in port.reasons:
        yield f"  {reason}"
    if port.truncated:
        yield f"  {port.truncated} with a header cut short"


def _counts(title: str, unit: str, counts: Sequence[int]) -> Iterator[str]:
    total = sum(counts)
    if not total:
        yield f"{title}  no packets"
        return
    yield f"{title}  {total} packets on {len(counts)} {unit}s, max/mean {evenness(counts).max_mean:.2f}"
    digits = len(str(max(counts)))
    for number, count in enumerate(counts):
        share = f"{100 * count / total:5.1f} %"
        bar = "#" * round(BAR * count / max(counts))
        yield f"  {unit} {number:<3} {count:>{digits}} {share}  {bar}".rstrip()


def load_document(load: Load) -> dict[str, object]:
    """Design §4's document, and more."""
    return {
        "ports": [
            {
                "name": port.name,
                "packets": port.packets,
                "unhashed": port.unhashed_packets,
                "unhashed_classes": dict(port.unhashed),
                "truncated": port.truncated,
                "default_queue": port.default_queue,
                "queues": list(port.queues),
                "max_mean": evenness(port.queues).max_mean,
                "jain": evenness(port.queues).jain,
                "idle_queues": evenness(port.queues).idle,
            }
            for port in load.ports
        ],
        "cores": list(load.cores),
        "unassigned": load.unassigned,
    }
