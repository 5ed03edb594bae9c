"""Network functions in C from the decision trees of their call paths."""
