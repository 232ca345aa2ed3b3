# Two commands do everything on a machine with Python 3.11 to 3.13, git and make:
#   make demo [SEED=n]   plays the whole story, checks every value, tells about it
#   make test            runs all tests
# Neither needs root, Docker or a running service, and neither writes outside this folder.

SHELL := /bin/sh
SEED ?= 1
PEOPLE ?= 2000
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed

# Everything temporary stays below var/; pip and uv keep their caches there too.
export TMPDIR := $(CURDIR)/var/tmp
export PIP_CACHE_DIR := $(CURDIR)/var/cache/pip
export UV_CACHE_DIR := $(CURDIR)/var/cache/uv
export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Compiled at installation: Airflow's first start would take half a minute longer.
export UV_COMPILE_BYTECODE := 1

# What runs keeps its caches and settings below var/ as well; the installation still reads the user's pip and uv settings.
RUN = env XDG_CACHE_HOME='$(CURDIR)/var/home/.cache' XDG_CONFIG_HOME='$(CURDIR)/var/home/.config' \
      XDG_DATA_HOME='$(CURDIR)/var/home/.local/share' XDG_STATE_HOME='$(CURDIR)/var/home/.local/state' \
      AIRFLOW_HOME='$(CURDIR)' GX_ANALYTICS_ENABLED=false HYPOTHESIS_STORAGE_DIRECTORY='$(CURDIR)/var/hypothesis'

# Both cores of a small machine, the tests of a file in one process; those of the real servers share two running hubs and
# have the machine for themselves.
IN_PARALLEL := -n 2 --dist loadfile

.PHONY: help demo up test check bench format clean install

help:
	@sed -n '2,4s/^# \{0,1\}//p' Makefile
	@echo '  make up [SEED=n]     the same as demo, and stays; Ctrl-C stops it'
	@echo '  make install         the environment in .venv alone, with the command .venv/bin/hub'
	@echo '  make format          formats, and mends what lint can mend'
	@echo '  make check           format, lint, types, import rules, mappings'
	@echo '  make bench           measures, one JSON line each'
	@echo '  make clean           removes all that the others made'

install: $(STAMP)

# The newest Python that this project knows and that can make a virtual environment. PYTHON=… names another one.
define find_python
for each in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
  command -v "$$each" >/dev/null 2>&1 || continue; \
  "$$each" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || continue; \
  found="$$each"; \
  "$$each" -c 'import ensurepip, ssl, venv' 2>/dev/null && { python="$$each"; break; }; \
done; \
if [ -z "$$python" ] && [ -n "$$found" ]; then \
  echo "$$found cannot make virtual environments: install its venv package (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; \
elif [ -z "$$python" ]; then \
  echo "Python 3.11, 3.12 or 3.13 is needed and none was found; name one with PYTHON=/path/to/python3" >&2; exit 1; \
fi
endef

# $(1): folder, $(2): lock file. uv itself comes by pip, with its hash checked, and stands apart from what it installs.
define environment
mkdir -p "$(TMPDIR)"; \
if ! [ -x $(1)/uv/bin/uv ] || ! cmp -s requirements-uv.lock $(1)/uv.lock || ! $(1)/bin/python -c '' 2>/dev/null; then \
  $(find_python); \
  rm -rf $(1); \
  "$$python" -m venv $(1) && \
  $(1)/bin/python -m pip install -q --require-hashes --target $(1)/uv -r requirements-uv.lock && \
  cp requirements-uv.lock $(1)/uv.lock || exit 1; \
fi; \
$(1)/uv/bin/uv pip sync -q --python $(1)/bin/python --require-hashes $(2) && \
$(1)/uv/bin/uv pip install -q --python $(1)/bin/python --no-deps --no-build-isolation -e .
endef

$(STAMP): requirements.lock requirements-uv.lock pyproject.toml
	@echo 'installing what requirements.lock names into $(VENV) …'
	@$(call environment,$(VENV),requirements.lock)
	@touch $@

demo: $(STAMP)
	@mkdir -p '$(TMPDIR)'
	@$(RUN) $(BIN)/hub demo --seed $(SEED) --people $(PEOPLE)

up: $(STAMP)
	@mkdir -p '$(TMPDIR)'
	@$(RUN) $(BIN)/hub demo --seed $(SEED) --people $(PEOPLE) --stay

test: $(STAMP)
	@mkdir -p '$(TMPDIR)'
ifdef TESTS
	@$(RUN) $(BIN)/pytest $(TESTS)
else
	@$(RUN) $(BIN)/pytest $(IN_PARALLEL) -m 'not servers'
	@$(RUN) $(BIN)/pytest -m servers
endif

check: $(STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/hub mapping lint
	@$(BIN)/hub mapping test

format: $(STAMP)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# dlt is only there to be compared with, so it stands in an environment of its own.
var/bench/installed: requirements-bench.lock requirements-uv.lock pyproject.toml
	@echo 'installing what requirements-bench.lock names into var/bench …'
	@$(call environment,var/bench,requirements-bench.lock)
	@touch $@

bench: var/bench/installed
	@for each in bench/*.py; do $(RUN) var/bench/bin/python "$$each" || exit 1; done

clean:
	@if [ -s var/launcher.lock ] && kill -0 "$$(cat var/launcher.lock)" 2>/dev/null && [ -e var/servers.json ]; then \
	  echo "the hub is running (process $$(cat var/launcher.lock)): stop it with Ctrl-C or kill first" >&2; exit 1; fi
	@rm -rf $(VENV) var build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
