#!/usr/bin/env bash
# Installs what building, running and testing loki needs, once, and writes the build's environment to a file
# that the Makefile reads. Safe to run again: each step looks before it acts.
#
#   deploy/setup.sh           what `make run` needs
#   deploy/setup.sh test      also what `make test` needs (Node, Chromium, PostgreSQL, Claude Code)
#   deploy/setup.sh bench     what `make bench` needs (wrk)
#   deploy/setup.sh check     also what `make check` needs (Node, clippy, rustfmt, cargo-deny, cargo-machete)
#
# Where rustup may download, the WASM target comes from rustup. Where only package registries are reachable,
# Debian's own Rust is used and its standard library is compiled for WASM here, once.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/versions.env
source "$here/versions.env"
cache=${LOKI_BUILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/loki-build}
mkdir -p "$cache/bin"
level=${1:-run}

say() { printf 'setup: %s\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; elif have sudo; then sudo "$@"; else die "needs root for: $*. Run it as root, or install these packages yourself and start again."; fi; }

updated=
apt_install() {
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return 0
  have apt-get || die "these are missing: ${missing[*]}. Install them with your system's package manager and start again."
  if [ -z "$updated" ]; then as_root apt-get update -qq || say "apt-get update failed; trying with the lists that are here"; updated=1; fi
  say "installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$cache/apt.log" 2>&1 \
    || { tail -n 20 "$cache/apt.log" >&2; die "apt-get could not install: ${missing[*]} (log: $cache/apt.log)"; }
}

have cargo || [ -x "$HOME/.cargo/bin/cargo" ] || die "no Rust found. Install it from https://rustup.rs and start again."
export PATH="$cache/bin:$HOME/.cargo/bin:$PATH"

# --- system packages ------------------------------------------------------------------------------------------
apt_install git ca-certificates gcc libc6-dev bubblewrap brotli python3

# --- Rust with the WASM target -----------------------------------------------------------------------------------
toolchain= linker_flags=
# Debian's compiler links with the old GNU linker, which takes three times as long.
lld_flags='-Clink-arg=-fuse-ld=lld -Clink-arg=-B/usr/lib/llvm-22/bin'
sysroot_has_wasm() { [ -n "$(find "$("$1" --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" -name 'libstd*.rlib' 2>/dev/null)" ]; }
new_enough() { [ "$(printf '%s\n%s\n' "$RUST_VERSION" "$("$1" --version | cut -d' ' -f2)" | sort -V | head -n1)" = "$RUST_VERSION" ]; }

setting_a() {
  new_enough rustc && sysroot_has_wasm rustc && return 0
  have rustup || return 1
  { new_enough rustc || RUSTUP_MAX_RETRIES=1 timeout 300 rustup update stable >"$cache/rustup.log" 2>&1; } \
    && new_enough rustc && RUSTUP_MAX_RETRIES=1 timeout 300 rustup target add wasm32-unknown-unknown >>"$cache/rustup.log" 2>&1
}

setting_b() {
  have apt-get || die "rustup cannot download here and this is not Debian: Rust $RUST_VERSION with wasm32-unknown-unknown is needed."
  local version
  apt_install rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web lld-22
  version=$(/usr/bin/rustc --version | cut -d' ' -f2)
  new_enough /usr/bin/rustc || die "Debian's rustc-web is $version, at least $RUST_VERSION is needed (is the security suite enabled?)"
  local lld=/usr/lib/llvm-22/bin/lld tools=/usr/lib/rustlib/x86_64-unknown-linux-gnu/bin
  as_root mkdir -p "$tools"
  [ -e "$tools/rust-lld" ] || as_root ln -s "$lld" "$tools/rust-lld"
  if ! sysroot_has_wasm /usr/bin/rustc; then
    say "compiling the standard library for WASM (once, about half a minute)"
    local work; work=$(mktemp -d); mkdir -p "$work/src"
    printf '[package]\nname="std-for-wasm"\nversion="0.0.0"\nedition="2021"\n[lib]\n' >"$work/Cargo.toml"; : >"$work/src/lib.rs"
    # With bitcode, which cargo leaves out: the browser's half is optimised as a whole, the standard library with it.
    (cd "$work" && env -u CARGO_TARGET_DIR -u RUSTUP_TOOLCHAIN RUSTFLAGS=-Cembed-bitcode=yes RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
      /usr/bin/cargo build --release \
      -Z build-std=std,panic_abort --target wasm32-unknown-unknown >"$cache/std.log" 2>&1) \
      || { tail -n 20 "$cache/std.log" >&2; die "the standard library did not compile for WASM (log: $cache/std.log)"; }
    local target=/usr/lib/rustlib/wasm32-unknown-unknown/lib
    as_root mkdir -p "$target"
    find "$work/target/wasm32-unknown-unknown/release/deps" -name '*.rlib' ! -name 'libstd_for_wasm*' -exec cp {} "$work/" \;
    as_root cp "$work"/*.rlib "$target/"
    rm -rf "$work"
  fi
  if have rustup; then rustup toolchain link debian /usr; toolchain=debian; fi
  linker_flags=$lld_flags
}

if setting_a; then say "Rust: rustup's own, with the WASM target"; else setting_b; say "Rust: Debian's rustc-web, with the WASM target built here"; fi

# The next time the standard library of setting B is there, and its compiler still needs the other linker.
if [ -z "$linker_flags" ] && [ "$(rustc --print sysroot)" = /usr ] && [ -x /usr/lib/llvm-22/bin/lld ]; then linker_flags=$lld_flags; fi

# --- environment of every build: one compiler, one set of flags ----------------------------------------------------
{
  printf 'export PATH=%q:%q:$PATH\n' "$cache/bin" "$HOME/.cargo/bin"
  [ -n "$toolchain" ] && printf 'export RUSTUP_TOOLCHAIN=%q\n' "$toolchain"
  [ -n "$linker_flags" ] && printf 'export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS=%q\n' "$linker_flags"
  printf 'export LOKI_TEST_CLAUDE=%q\n' "$cache/claude-code/bin/claude"
} >"$cache/env.sh"
# shellcheck disable=SC1091
source "$cache/env.sh"

tool() { # crate, version: a cargo-installed tool in the cache
  [ -f "$cache/.crates.toml" ] && grep -qF "\"$1 $2 " "$cache/.crates.toml" && return 0
  say "compiling $1 $2 (once, some minutes)"
  CARGO_TARGET_DIR="$cache/tool-target" CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    cargo install "$1" --version "$2" --locked --root "$cache" --force >"$cache/$1.log" 2>&1 \
    || { tail -n 20 "$cache/$1.log" >&2; die "$1 $2 did not install (log: $cache/$1.log)"; }
}
site_tool() { # deploy/site_tool, which works on what the browser loads
  local from; from=$(cat "$here"/site_tool/Cargo.{toml,lock} "$here/site_tool/src/main.rs" | sha256sum)
  [ "$from" = "$(cat "$cache/site_tool.inputs" 2>/dev/null)" ] && [ -x "$cache/bin/site_tool" ] && return 0
  say "compiling the site's tool (once, about a minute)"
  CARGO_TARGET_DIR="$cache/tool-target" cargo build --release --locked --manifest-path "$here/site_tool/Cargo.toml" >"$cache/site_tool.log" 2>&1 \
    || { tail -n 20 "$cache/site_tool.log" >&2; die "the site's tool did not compile (log: $cache/site_tool.log)"; }
  cp "$cache/tool-target/release/site_tool" "$cache/bin/"
  printf '%s\n' "$from" >"$cache/site_tool.inputs"
}
site_tool

if [ "$level" = test ] || [ "$level" = check ]; then have node || apt_install nodejs npm; fi
if [ "$level" = test ]; then
  have chromium || apt_install chromium
  have ssh-keygen || apt_install openssh-client
  [ -n "$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null)" ] || apt_install postgresql
fi
claude_code() { # Claude Code itself, for the test that drives it against a stub of its model's API
  local prefix=$cache/claude-code
  [ "$("$prefix/bin/claude" --version 2>/dev/null | cut -d' ' -f1)" = "$CLAUDE_CODE_VERSION" ] && return 0
  say "installing Claude Code $CLAUDE_CODE_VERSION for its test (no account is used)"
  # npm may block install scripts; the package's own one only links its binary, so it is run by hand then.
  npm install --global --prefix "$prefix" --no-audit --no-fund "@anthropic-ai/claude-code@$CLAUDE_CODE_VERSION" >"$cache/claude.log" 2>&1 \
    || { tail -n 5 "$cache/claude.log" >&2; die "Claude Code did not install (log: $cache/claude.log)"; }
  "$prefix/bin/claude" --version >/dev/null 2>&1 || node "$prefix/lib/node_modules/@anthropic-ai/claude-code/install.cjs" >>"$cache/claude.log" 2>&1 || true
  "$prefix/bin/claude" --version >/dev/null 2>&1 || die "Claude Code does not start (log: $cache/claude.log)"
}
if [ "$level" = test ]; then claude_code; fi
if [ "$level" = bench ]; then apt_install wrk; fi
linters() { # Debian's came with its compiler; rustup's smallest profile has none
  { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1 && return 0
  have rustup || die "cargo fmt and cargo clippy are missing: install rustfmt and clippy where Rust is from and start again."
  rustup component add rustfmt clippy >>"$cache/rustup.log" 2>&1 \
    || { tail -n 5 "$cache/rustup.log" >&2; die "rustfmt and clippy did not install (log: $cache/rustup.log)"; }
}
if [ "$level" = check ]; then
  linters
  tool cargo-deny "$CARGO_DENY_VERSION"
  tool cargo-machete "$CARGO_MACHETE_VERSION"
fi
say "ready"
