#!/usr/bin/env bash
# Builds what the browser loads (WASM, its JavaScript, one style sheet, the static files), gives it names that carry a
# hash, compresses it, lays it into <target>/site and packs that as <target>/site.pack, which server/src/main.rs puts into the binary.
# Does nothing when the inputs are those of the last time. Why not cargo-leptos: docs/decisions/0001-site-build.md
#
#   deploy/site.sh            the smallest site: the browser's half is optimised as one whole, which takes a minute
#   deploy/site.sh quick      what changed since the last time is compiled and linked, a sixth larger on the wire
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
target=$(cd "$target" && pwd)
site=$target/site

say() { printf 'site: %s\n' "$*" >&2; }

# A first build is always whole: people who only start the server get the smallest site.
optimised=whole
if [ "${1:-}" = quick ] && [ -s "$site.pack" ]; then optimised=quick; fi

# --- are the inputs those of the last time? -------------------------------------------------------------------------
hashes() { find "$@" -type f -not -name '*.snap' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; }
code=$(
  {
    hashes app crates/protocol frontend Cargo.toml Cargo.lock deploy/site_tool deploy/site.sh deploy/stub_exports.py deploy/strip_custom.py
    rustc --version
  } | sha256sum | cut -d' ' -f1
)
inputs=$({ printf '%s\n' "$code"; hashes style public deploy/pack.py; } | sha256sum | cut -d' ' -f1)
# Whether that file tells of these inputs; what is whole serves the quick build too.
made_of() { # file, inputs
  local made; made=$(cat "$1" 2>/dev/null || true)
  [ "$made" = "whole $2" ] || { [ "$optimised" = quick ] && [ "$made" = "quick $2" ]; }
}
if [ -s "$site.pack" ] && made_of "$target/site.inputs" "$inputs"; then exit 0; fi

work=$(mktemp -d "$target/site.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/out/pkg"

# --- WASM -----------------------------------------------------------------------------------------------------------
# What the browser runs, in $work/bind.
compile() {
  say "compiling the browser's half ($optimised)"
  mkdir -p "$work/bind" "$work/split"
  # The whole is optimised from bitcode, the quick site is linked from machine code: what is compiled holds both.
  local rustflags=-Cembed-bitcode=yes
  # Nobody reads file and line of a panic in the browser, and they are two hundredths of the download. The flag is not stable yet,
  # so a compiler that does not know it goes without.
  bare=-Zlocation-detail=none
  if printf 'fn main() {}' | RUSTC_BOOTSTRAP=1 rustc "$bare" --crate-type bin --emit metadata -o "$work/try" - >/dev/null 2>&1; then
    export RUSTC_BOOTSTRAP=1
    rustflags+=" $bare"
  fi
  # Relocations tell the splitter what belongs to which part; linkers leave them out otherwise.
  local flags=(-Clink-arg=--emit-relocs)
  [ "$optimised" = quick ] || flags+=(-Clto=fat)
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$rustflags \
    cargo rustc -p frontend --lib --target wasm32-unknown-unknown --profile wasm -- "${flags[@]}"
  # What pages load when they need it becomes files of its own: docs/decisions/0009-parts-of-the-site.md
  site_tool split "$target/wasm32-unknown-unknown/wasm/frontend.wasm" "$work/split" >"$work/split.log" 2>&1 ||
    { cat "$work/split.log" >&2; exit 1; }
  # wasm-opt is left out on purpose: it took 1 % off what goes over the wire, and Debian's binaryen 108 breaks the table of
  # JavaScript values that current compilers export.
  # Server functions can stream, so wasm-streams exports classes to JavaScript, which nobody uses here: the exports lead nowhere,
  # and wasm-bindgen leaves out what only they reach.
  python3 deploy/stub_exports.py "$work/split/loki.wasm" '(__wbg_)?intounderlying' >"$work/split/loki.stubbed"
  mv "$work/split/loki.stubbed" "$work/split/loki.wasm"
  site_tool bind "$work/split/loki.wasm" "$work/bind"
  cp "$work/split/__wasm_split.js" "$work/bind/"
  # wasm-bindgen takes the names of functions out of the main file alone; the parts carry theirs in custom sections.
  for part in "$work/split"/*.wasm; do
    [ "$part" = "$work/split/loki.wasm" ] || python3 deploy/strip_custom.py "$part" >"$work/bind/$(basename "$part")"
  done
}
# A style that changed does not compile anything.
compiled=$target/site.compiled
if ! made_of "$compiled/inputs" "$code"; then
  compile
  rm -rf "$compiled"
  mv "$work/bind" "$compiled"
  printf '%s %s\n' "$optimised" "$code" >"$compiled/inputs"
fi
read -r optimised _ <"$compiled/inputs"
cp -r "$compiled" "$work/bind"
rm "$work/bind/inputs"

# --- one style sheet: the imports of style/main.css in their order, without comments and indentation ---------------------
inline_css() { # file
  local line name layer
  while IFS= read -r line || [ -n "$line" ]; do
    if [[ $line =~ ^[[:space:]]*@import[[:space:]]+(url\()?[\"\']([^\"\']+)[\"\']\)?[[:space:]]*(layer\(([a-z0-9.-]+)\))?[[:space:]]*\;[[:space:]]*$ ]]; then
      name=${BASH_REMATCH[2]} layer=${BASH_REMATCH[4]}
      [ -f "$(dirname "$1")/$name" ] || { say "$1 imports $name, which is not there"; exit 1; }
      if [ -n "$layer" ]; then printf '@layer %s {\n' "$layer"; inline_css "$(dirname "$1")/$name"; printf '}\n'
      else inline_css "$(dirname "$1")/$name"; fi
    else
      printf '%s\n' "$line"
    fi
  done <"$1"
}
# Comments go first over the whole text (they span lines), then indentation, line ends and empty lines. Strings in style sheets
# here hold no comment marks and nothing that separates.
inline_css style/main.css | perl -0pe 's{/\*.*?\*/}{}gs; s/^[ \t]+|[ \t]+$//gm; s/\n{2,}/\n/g; s/^\n//; s/\s*([{};,])\s*/$1/g; s/;\}/}/g' >"$work/loki.css"

# --- names that carry a hash ----------------------------------------------------------------------------------------
# The parts of the script name each other, so they share one folder, named after all of them.
parts=pkg/$(cd "$work/bind" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
css=pkg/loki.$(sha256sum "$work/loki.css" | cut -c1-16).css
cp "$work/loki.css" "$work/out/$css"
cp -r "$work/bind" "$work/out/$parts"
js=$parts/loki.js wasm=$parts/loki_bg.wasm
# Comments for editors and indentation are a tenth of the script on the wire.
perl -i -0pe 's{/\*\*.*?\*/}{}gs; s{^\s*//.*$}{}gm; s/^[ \t]+//gm; s/\n{2,}/\n/g' "$work/out/$js"
# The classes of wasm-streams, whose exports lead nowhere.
perl -i -0pe 's/^export class IntoUnderlying\w+ \{.*?^if \(Symbol\.dispose\)[^\n]*\n//gms; s/^const IntoUnderlying\w+ = .*?;\n//gms' "$work/out/$js"
if [ -n "$(ls -A public 2>/dev/null)" ]; then
  cp -r public/. "$work/out/"
  # The scripts are as they were written, but for comments on lines of their own and indentation.
  perl -i -0pe 's{^\s*(?:/\*\*.*?\*/|//.*)$}{}gm; s/^[ \t]+//gm; s/\n{2,}/\n/g; s/^\n//' "$work"/out/*.js
fi

# --- compressed once, here, instead of at each request --------------------------------------------------------------
find "$work/out" -type f \( -name '*.wasm' -o -name '*.js' -o -name '*.css' -o -name '*.svg' -o -name '*.txt' -o -name '*.json' -o -name '*.webmanifest' \) -print0 |
  xargs -0 -n 1 -P "$(nproc)" sh -c 'brotli -q 11 -f -o "$1.br" "$1" && gzip -9 -n -k -f "$1"' compress
printf '{"js":"/%s","wasm":"/%s","css":"/%s"}\n' "$js" "$wasm" "$css" >"$work/out/manifest.json"

python3 deploy/pack.py "$work/out" >"$work/pack"
rm -rf "$site"
mv "$work/out" "$site"
mv "$work/pack" "$site.pack"
printf '%s %s\n' "$optimised" "$inputs" >"$target/site.inputs"
size() { cat "$@" | wc -c | tr -d ' '; }
say "ready ($optimised), with brotli: WASM $(size "$site/$wasm.br"), JavaScript $(size "$site/$parts"/*.js.br), CSS $(size "$site/$css.br") bytes; later: $(
  for part in "$site/$parts"/*.wasm.br; do [ "$part" = "$site/$wasm.br" ] || printf '%s %s, ' "$(basename "$part" .wasm.br)" "$(size "$part")"; done)"
