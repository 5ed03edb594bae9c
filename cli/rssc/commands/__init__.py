"""One module per command: `add` registers its arguments, `run` does it and returns the exit code."""
