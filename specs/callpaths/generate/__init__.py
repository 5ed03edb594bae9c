"""Call paths of network functions described in Python: `PYTHONPATH=specs/callpaths python -m generate`.

A description (`nfs/*.py`) names the state objects and has one function that processes a packet. It is
executed symbolically over models of libVig (`libvig/`), again for each path, into what KLEE prints.
"""
