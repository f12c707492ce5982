#!/usr/bin/env bash
# Builds what the browser loads (WASM, its JavaScript, one style sheet, the static files), gives it names that carry a
# hash, compresses it, and lays it into <target>/site, from where server/build.rs puts it into the binary.
# Does nothing when the inputs are those of the last time. Why not cargo-leptos: docs/decisions/0001-site-build.md
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
target=$(cd "$target" && pwd)
site=$target/site

say() { printf 'site: %s\n' "$*" >&2; }

# --- are the inputs those of the last time? -------------------------------------------------------------------------
inputs=$(
  {
    find app crates/protocol frontend style public -type f -not -name '*.snap' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    sha256sum Cargo.toml Cargo.lock deploy/versions.env deploy/site.sh
    rustc --version
    wasm-bindgen --version
  } | sha256sum | cut -d' ' -f1
)
if [ -f "$site/manifest.json" ] && [ "$(cat "$target/site.inputs" 2>/dev/null || true)" = "$inputs" ]; then exit 0; fi

work=$(mktemp -d "$target/site.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/out/pkg" "$work/bind"

# --- WASM -----------------------------------------------------------------------------------------------------------
say "compiling the browser's half"
cargo build -p frontend --lib --target wasm32-unknown-unknown --profile wasm
# wasm-opt is left out on purpose: it took 1 % off what goes over the wire, and Debian's binaryen 108 breaks the table of
# JavaScript values that current compilers export.
wasm-bindgen --target web --no-typescript --remove-name-section --remove-producers-section \
  --out-name loki --out-dir "$work/bind" "$target/wasm32-unknown-unknown/wasm/frontend.wasm"

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
# Comments go first over the whole text (they span lines), then indentation and empty lines. Strings in style sheets
# here hold no comment marks.
inline_css style/main.css | perl -0pe 's{/\*.*?\*/}{}gs; s/^[ \t]+|[ \t]+$//gm; s/\n{2,}/\n/g; s/^\n//' >"$work/loki.css"

# --- names that carry a hash ----------------------------------------------------------------------------------------
hash_of() { sha256sum "$1" | cut -c1-16; }
wasm=pkg/loki.$(hash_of "$work/bind/loki_bg.wasm").wasm
css=pkg/loki.$(hash_of "$work/loki.css").css
cp "$work/bind/loki_bg.wasm" "$work/out/$wasm"
cp "$work/loki.css" "$work/out/$css"
# The script's own default name of the WASM file follows, so that it can be loaded without an argument too.
sed "s|loki_bg\\.wasm|$(basename "$wasm")|g" "$work/bind/loki.js" >"$work/loki.js"
js=pkg/loki.$(hash_of "$work/loki.js").js
cp "$work/loki.js" "$work/out/$js"
if [ -d "$work/bind/snippets" ]; then cp -r "$work/bind/snippets" "$work/out/pkg/snippets"; fi
if [ -n "$(ls -A public 2>/dev/null)" ]; then cp -r public/. "$work/out/"; fi

# --- compressed once, here, instead of at each request --------------------------------------------------------------
find "$work/out" -type f \( -name '*.wasm' -o -name '*.js' -o -name '*.css' -o -name '*.svg' -o -name '*.txt' -o -name '*.json' -o -name '*.webmanifest' \) -print0 |
  while IFS= read -r -d '' file; do
    brotli -q 11 -f -o "$file.br" "$file"
    gzip -9 -n -k -f "$file"
  done
printf '{"js":"/%s","wasm":"/%s","css":"/%s"}\n' "$js" "$wasm" "$css" >"$work/out/manifest.json"

rm -rf "$site"
mv "$work/out" "$site"
printf '%s\n' "$inputs" >"$target/site.inputs"
size() { wc -c <"$site/$1.br" | tr -d ' '; }
say "ready, with brotli: WASM $(size "$wasm"), JavaScript $(size "$js"), CSS $(size "$css") bytes"
