"""From conditions to what they tie: the span of the hash inputs of packets that satisfy one.

Works per pair of packet classes. `reduce` sets aside what has no say, `formula` says which bits a condition
compares there, `cases` takes it apart, `derive` makes bits equal and projects away what is not hashed,
`learn` has Z3 help with what is left.
"""

from rss_solver.tied.shapes import Shape
from rss_solver.tied.spans import always, input_set, satisfiable, span_shapes

__all__ = ["Shape", "always", "input_set", "satisfiable", "span_shapes"]
