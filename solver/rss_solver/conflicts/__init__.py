"""Why no key exists."""
