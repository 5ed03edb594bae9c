"""Findings for users: what cannot be solved, what no NIC hashes, what is worth a warning."""
