"""The language: sources, diagnostics, fields, NICs, Spec, checker, Problem, formatter."""
