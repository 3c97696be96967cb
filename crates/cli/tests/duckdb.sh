#!/usr/bin/env bash
# Runs the queries of docs/research.md with DuckDB over a table that lapbelt wrote, and compares what
# they count with what lapbelt says itself.
set -euo pipefail
cd "$(dirname "$0")/../../.."

if ! python3 -c 'import sys, venv; assert sys.version_info >= (3, 10)' 2>/dev/null; then
    if [ "${LAPBELT_REQUIRE_PYTHON:-0}" = 1 ]; then
        echo "no Python 3.10 or later with venv" >&2
        exit 1
    fi
    echo "SKIPPED: no Python 3.10 or later with venv, so nothing is asked with DuckDB"
    exit 0
fi

place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: 'duckdb>=1.1,<2'
# What the tests have built, if they were run.
lapbelt="${CARGO_TARGET_DIR:-target}/debug/lapbelt"
[ -x "$lapbelt" ] || cargo build --quiet --locked --bin lapbelt
# One with a value that has no name, among those that we ship.
echo '(version 1)(deny default)(allow network-outbound (socket-type 300))' >"$place/own.sb"
"$lapbelt" --quiet --json lab inventory profiles profiles/families/* "$place/own.sb" \
    --parquet "$place/nodes.parquet" >"$place/inventory.json"
"$place/venv/bin/python" crates/cli/tests/duckdb_check.py "$place" docs/research.md
