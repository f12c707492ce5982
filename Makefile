# Everything starts here. Each target sets up what it needs first; a second time that takes a second.
# All of them build the default members together: cargo unites the features of what it builds in one go, so another selection
# would compile the database libraries anew.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.PHONY: run test check bench e2e fuzz setup setup-test setup-bench setup-check build

CACHE := $(or $(LOKI_BUILD_CACHE),$(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME)/loki-build,$(HOME)/.cache/loki-build))
ENV := source "$(CACHE)/env.sh"
TARGET := $(or $(CARGO_TARGET_DIR),target)

# Builds and starts the server: make run RUN_ARGS='--listen 127.0.0.1:8080'
run: SITE := quick
run: setup build
	exec "$(TARGET)/debug/loki" serve $(RUN_ARGS)

# Every test: unit, store, API, journeys, architecture, then the browser's.
test: setup-test build
	$(ENV)
	cargo test --no-fail-fast
	$(MAKE) --no-print-directory e2e

# The browser's tests, against the binary that is built for them. E2E='' runs those that depend on size on a phone's too.
E2E ?= --project=desktop --project=phone-layout
e2e: setup-test build
	$(ENV)
	export LOKI_BIN="$$(cd "$(TARGET)" && pwd)/debug/loki"
	cd end2end
	PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund
	npx playwright test $(E2E)

# What a change has to pass besides the tests.
check: setup-check build
	$(ENV)
	cargo fmt --all --check
	cargo clippy --workspace --exclude frontend --all-targets -- -D warnings
	cargo clippy -p frontend -p app --features app/hydrate --target wasm32-unknown-unknown -- -D warnings
	cargo deny check
	cargo machete
	cd end2end
	PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund
	npm run types

# The figures of docs/benchmarks.md, but those that build loki. BENCH=--only\ status measures one, BENCH=--only\ make-run that.
bench: setup-bench build
	$(ENV)
	cargo build --example permission_check
	tests/bench/bench.py --loki "$(TARGET)/debug/loki" $(BENCH)

# Holds the server to its OpenAPI document with wrong and right requests. FUZZ=1200 asks for twenty minutes.
FUZZ ?= 180
fuzz: setup build
	$(ENV)
	tests/schemathesis/fuzz.sh "$(TARGET)/debug/loki" $(FUZZ)

setup:
	deploy/setup.sh run

setup-test:
	deploy/setup.sh test

setup-bench:
	deploy/setup.sh bench

setup-check:
	deploy/setup.sh check

# The server and its site. Both halves are built side by side; then the binary takes the site in, which compiles its main.rs alone.
build: setup
	$(ENV)
	# In a group of its own, so that its compilers end with it; the terminal's Ctrl-C no longer reaches them there.
	setsid deploy/site.sh $(SITE) & site=$$!
	trap 'kill -- -$$site $$site 2>/dev/null || true' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	cargo build --lib
	wait $$site
	trap - EXIT INT TERM
	cargo build
