"""The compiler for NIC steering."""

__version__ = "0.1.0"
