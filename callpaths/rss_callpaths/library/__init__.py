"""What the functions that network functions call mean for state and for the packet."""

from rss_callpaths.library.functions import RETURN, STATE, Function, Kind, Library, Mutates, PacketRole

__all__ = ["RETURN", "STATE", "Function", "Kind", "Library", "Mutates", "PacketRole"]
