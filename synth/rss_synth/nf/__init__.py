"""Network functions in C: templates, what a spec's `nf` block asks of one, the files that come of it."""
