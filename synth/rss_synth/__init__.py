"""Artifacts: targets, templates, NF code, reports."""
