"""The parts of a call-path file: sections, query, call records, and what its values must be."""
