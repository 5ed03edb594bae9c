"""Concrete packets: their text, and what conditions say of them."""
