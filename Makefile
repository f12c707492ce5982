# Everything starts here. Each target sets up what it needs first; a second time that takes a second.
# All of them build the default members together: cargo unites the features of what it builds in one go, so another selection
# would compile the database libraries anew.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.PHONY: run test check bench e2e fuzz setup setup-test setup-bench setup-check site

CACHE := $(or $(LOKI_BUILD_CACHE),$(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME)/loki-build,$(HOME)/.cache/loki-build))
ENV := source "$(CACHE)/env.sh"
TARGET := $(or $(CARGO_TARGET_DIR),target)

# Builds and starts the server: make run RUN_ARGS='--listen 127.0.0.1:8080'
run: setup site
	$(ENV)
	cargo build
	exec "$(TARGET)/debug/loki" serve $(RUN_ARGS)

# Every test: unit, store, API, journeys, architecture, then the browser's.
test: setup-test site
	$(ENV)
	# The tests start the real server, so it is built first.
	cargo build
	cargo test --no-fail-fast
	$(MAKE) --no-print-directory e2e

# The browser's tests against the binary that `test` or `run` built. E2E='' runs them on the phone's size too.
E2E ?= --project=desktop
e2e: setup-test site
	$(ENV)
	cargo build
	export LOKI_BIN="$$(cd "$(TARGET)" && pwd)/debug/loki"
	cd end2end
	PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund
	npx playwright test $(E2E)

# What a change has to pass besides the tests.
check: setup-check site
	$(ENV)
	cargo fmt --all --check
	cargo clippy --workspace --exclude frontend --all-targets -- -D warnings
	cargo clippy -p frontend -p app --features app/hydrate --target wasm32-unknown-unknown -- -D warnings
	cargo deny check
	cargo machete

# The figures of docs/benchmarks.md. BENCH=--only\ status measures one.
bench: setup-bench site
	$(ENV)
	cargo build
	cargo build --example permission_check
	tests/bench/bench.py --loki "$(TARGET)/debug/loki" $(BENCH)

# Holds the server to its OpenAPI document with wrong and right requests. FUZZ=1200 asks for twenty minutes.
FUZZ ?= 180
fuzz: setup site
	$(ENV)
	cargo build
	tests/schemathesis/fuzz.sh "$(TARGET)/debug/loki" $(FUZZ)

setup:
	deploy/setup.sh run

setup-test:
	deploy/setup.sh test

setup-bench:
	deploy/setup.sh bench

setup-check:
	deploy/setup.sh check

site: setup
	$(ENV)
	deploy/site.sh
