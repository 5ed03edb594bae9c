"""The only importers of pysmt and Z3. Formulas are built here and models come back as plain data.

Trusted: the encoding of conditions, pysmt's conversion, and Z3's `unsat`. A `sat` is never trusted: models
are returned for the caller to replay. Every caller has an environment of its own; limits are Z3 resource
units, so answers do not depend on the clock.
"""
