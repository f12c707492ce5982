#!/usr/bin/env bash
# Asks a fresh server for everything that its OpenAPI document describes, rightly and wrongly, and holds the answers to it:
#   tests/schemathesis/fuzz.sh LOKI [SECONDS] [more arguments of schemathesis]
# LOKI is the binary; 180 seconds when nothing is said. Schemathesis comes from PyPI into a folder of its own, outside of the
# checkout. Ends with success when no answer was a server error, undeclared or of another shape than declared, and the server's
# log has no line of the level ERROR.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
loki=$(realpath "${1:?the binary of loki}")
seconds=${2:-180}
shift $(($# > 1 ? 2 : 1))
cache=${LOKI_BUILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/loki-build}
venv=$cache/schemathesis-4.32
if ! [ -x "$venv/bin/schemathesis" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet 'schemathesis==4.32.*'
fi

work=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi; rm -rf "$work"' EXIT
# No limits: it asks a hundred times a second. Nothing is installed, so that no run of the demo agent goes out.
"$loki" serve --listen 127.0.0.1:0 --data-dir "$work/data" --limits off --no-install >"$work/out" 2>"$work/log" &
server=$!
for _ in $(seq 100); do
  url=$(grep -ohE 'http://127\.0\.0\.1:[0-9]+' "$work/out" "$work/log" 2>/dev/null | head -1) || true
  [ -n "$url" ] && break
  sleep 0.1
done
[ -n "$url" ] || { cat "$work/log"; exit 1; }

# The hooks make tokens with it: a test that ends the token it asks with gets a new one.
export LOKI=$loki LOKI_FUZZ_DATA=$work/data PYTHONPATH=$here SCHEMATHESIS_HOOKS=hooks
export PYTHONDONTWRITEBYTECODE=1
cd "$work"
status=0
"$venv/bin/schemathesis" --config-file "$here/schemathesis.toml" run "$url/openapi.json" --max-time "$seconds" \
  --suppress-health-check all "$@" || status=$?
# The level stands behind the time; what a request says of itself comes later in the line.
faults() { grep -E "^[^ ]+ +($1) " "$work/log" || true; }
echo "lines of the server's log that tell of a fault: $(faults 'ERROR|WARN' | wc -l)"
faults 'ERROR|WARN' | sed -n 1,20p
# A fault that no answer shows is one all the same.
if [ "$status" -eq 0 ] && [ -n "$(faults ERROR)" ]; then
  faults ERROR | sed -n 1,20p
  status=1
fi
exit "$status"
