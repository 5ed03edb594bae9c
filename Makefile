# rssc. `make demo` runs the firewall example, `make test` everything that must hold; both set up what they need.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test fuzz lint docs paths bench plots clean

help:
	@echo "make demo    the firewall example, from spec to verdicts on several cores"
	@echo "make test    lint, types, all tests, examples and documentation"
	@echo "make fuzz    10,000 random problems by every route and by brute force"
	@echo "make lint    ruff, mypy --strict, import layers, canonical specs"
	@echo "make docs    docs/diagnostics.md from the rule pages, tables of docs/nf from the templates"
	@echo "make paths   specs/callpaths/ from the descriptions beside it"
	@echo "make bench   the tables of docs/performance.md"
	@echo "make plots   throughput of network functions on this machine: record, plots and pages"
	@echo "make clean   remove the virtual environment and caches"

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "rssc needs Python 3.11 or newer; set PYTHON=" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed: apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(STAMP)
	@sh scripts/packages.sh gcc libpcap-dev make pkg-config
	@sh examples/01-firewall/run.sh

test: $(STAMP) lint
	@sh scripts/packages.sh gcc libpcap-dev make pkg-config libdpdk-dev dpdk-dev clang shellcheck ethtool valgrind libbpf-dev iproute2 ccache
	$(BIN)/python -m pytest -n auto --dist worksteal

fuzz: $(STAMP)
	$(BIN)/python tests/fuzz/run.py --cases 10000

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/rssc fmt --check specs/*/*.rss examples/*/*.rss

docs: $(STAMP)
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/generate_nf.py

paths: $(STAMP)
	PYTHONPATH=specs/callpaths $(BIN)/python -m generate

bench: $(STAMP)
	@for script in bench/bench_*.py; do echo; echo "## $$script"; $(BIN)/python $$script || exit 1; done

plots: $(STAMP)
	$(BIN)/python bench/bench_nf.py --record
	$(BIN)/python bench/plot_nf.py
	$(BIN)/python docs/generate_nf.py

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .ccache out
