"""The call-path front end: what symbolic execution says of a network function, and what follows of it."""
