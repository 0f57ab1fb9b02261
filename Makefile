# make ablate: the main job on the simulated world.  make test: everything that CI checks.
# make kills: studies that are struck again and again, for an hour or two.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python .ci/install.py

ablate: .venv/installed
	$(BIN)/python experiments/ablate.py

test: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses auto --maxprocesses 2 --dist loadfile --no-loadscope-reorder

KILLS := $(wildcard tests/whole/test_whole_*kills.py) tests/whole/test_whole_every_write.py
kills: .venv/installed-test
	$(BIN)/python benchmarks/kills.py --kills 20
	$(BIN)/python benchmarks/kills.py --kills 12 --search
	for round in $$(seq 20); do $(BIN)/pytest -q $(KILLS) || exit 1; done

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "rpbind needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(INSTALL) .
	touch $@

.venv/installed-test: .venv/installed
	$(INSTALL) .[test]
	touch $@

# Take over what is installed now as the lock.
lock: .venv/installed-test
	@echo '# The lock: every version that `make` installs. Made by: make lock' > constraints.txt
	$(BIN)/pip freeze --exclude-editable | sed 's/+cpu$$//' >> constraints.txt

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache

.PHONY: ablate test kills lock clean
