#!/usr/bin/env bash
# Builds the wheel as pip does, installs it into a fresh environment, and tests what was installed.
set -euo pipefail
cd "$(dirname "$0")"

if ! python3 -c 'import sys, venv; assert sys.version_info >= (3, 10)' 2>/dev/null; then
    if [ "${LAPBELT_REQUIRE_PYTHON:-0}" = 1 ]; then
        echo "no Python 3.10 or later with venv" >&2
        exit 1
    fi
    echo "SKIPPED: no Python 3.10 or later with venv, so the Python package is not tested"
    exit 0
fi

cargo fmt --check
cargo clippy --quiet -- -D warnings
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
# Nobody keeps this wheel; building it unoptimised shares what is built already.
"$place/venv/bin/pip" install --quiet --disable-pip-version-check \
    --config-settings 'build-args=--profile dev' '.[test]'
# What is installed is tested, not the folder beside.
cp -r tests notebooks "$place/"
cd "$place" && venv/bin/pytest -q tests
