"""KQuery, the text form of expressions: typed reading, and printing as KLEE does."""
