"""The packet of a path: what it asks for, what those bytes are, what it changes and where it sends it."""
