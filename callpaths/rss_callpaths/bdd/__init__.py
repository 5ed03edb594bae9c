"""Call paths of a network function as one tree of calls and branches (thesis, algorithm 3.1)."""
