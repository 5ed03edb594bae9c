"""What of a condition has a say in the bits that are hashed.

Parts of a conjunction that neither read what is hashed nor share a field with parts that do only have to be
satisfiable: whatever the other fields are, packets can have these for them. Requirements that differ in such
parts only (the Ethernet address of a customer) have one span.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rss_dsl.fields import packet_classes
from rss_dsl.problem import AllOf, Condition, HashInput
from rss_dsl.reads import slices

Field = tuple[int, str]
"""(side, canonical name)."""


def parted(condition: Condition, inputs: Sequence[HashInput]) -> tuple[Condition, Condition | None]:
    """What has a say in these hash inputs, and the rest, which reads nothing that it reads."""
    kept: list[Condition] = []
    left = [(part, _read(part, inputs)) for part in _conjuncts(condition)]
    fields = {(side, name) for side, layout in enumerate(inputs) for name in layout.fields}
    while found := [entry for entry in left if not fields.isdisjoint(entry[1])]:
        left = [entry for entry in left if fields.isdisjoint(entry[1])]
        kept += (part for part, _ in found)
        fields.update(field for _, read in found for field in read)
    return (AllOf(tuple(kept)), AllOf(tuple(part for part, _ in left))) if left else (condition, None)


def _conjuncts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from _conjuncts(part)
    else:
        yield condition


def _read(part: Condition, inputs: Sequence[HashInput]) -> frozenset[Field]:
    """The fields that a condition reads; those that a class lacks make comparisons false and tie nothing."""
    classes = packet_classes()
    found = ((s.side, classes[inputs[s.side].packet_class].canonical(s.field)) for s in slices(part))
    return frozenset((side, name) for side, name in found if name is not None)
