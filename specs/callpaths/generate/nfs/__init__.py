"""The network functions, one module each: `NF` is the description."""
