"""From accesses to a spec that is sound: which packets must meet, or why steering cannot do it."""

from rss_callpaths.infer.infer import infer
from rss_callpaths.infer.results import Ignored, Inferred, Refusal, Requirement
from rss_callpaths.infer.spec import Options

__all__ = ["Ignored", "Inferred", "Options", "Refusal", "Requirement", "infer"]
