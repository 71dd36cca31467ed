# Two commands do everything: `make editions` and `make test`. See README.md.
.PHONY: editions test test-all check lint validate pictures handbook canary gallery lock bench bench-press wheel clean help

PYTHON = .venv/bin/python

help:  ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile | expand -t 18

editions:  ## install what is missing and build all editions into dist/
	@scripts/setup.sh run
	$(PYTHON) build.py build

PYTEST = $(PYTHON) -m pytest -n auto --dist loadscope --no-loadscope-reorder

test:  ## install what is missing and run the tests
	@scripts/setup.sh test
	$(PYTEST)

# As a shell's own variable, so that the validators find what the tests have built.
BOOKS = MILLESIME_BOOKS=$${MILLESIME_BOOKS:-$(CURDIR)/dist/books}

test-all:  ## run everything: all tests on new random examples, all books, all validators, each defence taken out
	@scripts/setup.sh validate
	$(BOOKS) $(PYTEST) --all
	$(PYTHON) -m tests.validation install
	$(PYTHON) -m pytest -n 2 tests/validation/test_drivers.py
	$(BOOKS) $(PYTHON) -m tests.validation --all
	$(PYTHON) -m tests.defences

check:  ## list every problem an editor can fix
	@scripts/setup.sh run
	$(PYTHON) build.py check

lint:  ## check how the code is written
	@scripts/setup.sh test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

validate:  ## run validators of others and our own over what is published (the real books: MILLESIME_CORPORA)
	@scripts/setup.sh validate
	$(PYTHON) -m tests.validation install
	$(PYTHON) -m pytest -n 2 tests/validation/test_drivers.py
	$(PYTHON) -m tests.validation

pictures:  ## make the pictures of README and handbook from imports and the demonstration
	@scripts/setup.sh validate
	$(PYTHON) scripts/rooms.py
	$(PYTHON) scripts/pictures.py

handbook:  ## build the handbook, docs/, as a report of its own, into dist/handbook/
	@scripts/setup.sh run
	$(PYTHON) build.py check --strict --root docs
	$(PYTHON) build.py build --root docs --out dist/handbook

gallery:  ## make docs/gallery.md from the golden cases of the redline
	@scripts/setup.sh test
	$(PYTHON) tests/redline/gallery.py

lock:  ## renew requirements.lock from pyproject.toml
	@scripts/setup.sh run
	$(PYTHON) -m pip install --quiet --disable-pip-version-check pip-tools
	.venv/bin/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --extra test \
	  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links -o requirements.lock pyproject.toml

canary:  ## try the newest WeasyPrint and pydyf that pip finds, and say whether they may be named
	@scripts/setup.sh validate
	$(PYTHON) scripts/canary.py

bench:  ## measure our redline against its peers (installs them; the books: MILLESIME_CORPORA)
	@scripts/setup.sh run
	$(PYTHON) -m bench.redline

bench-press:  ## measure our PDF against plain WeasyPrint, Typst and Chromium (installs them; MILLESIME_CORPORA)
	@scripts/setup.sh run
	$(PYTHON) -m bench.press

wheel:  ## build the installable package (pyproject-build: `python -m build` would run our build.py)
	@scripts/setup.sh run
	$(PYTHON) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist/wheel .

clean:  ## remove what was built and installed here
	rm -rf dist .venv
