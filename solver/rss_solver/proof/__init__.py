"""The independent route: from the Problem to a verdict on given keys, sharing no code with the solver's."""

from rss_solver.proof.verdict import Counterexample, Proof, Undecided, Verdict
from rss_solver.proof.verify import verify

__all__ = ["Counterexample", "Proof", "Undecided", "Verdict", "verify"]
