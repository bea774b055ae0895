#!/bin/sh
# Says what is not as it should be after an incident, asks, and mends it. See docs/recovery.md.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
[ -x "$python" ] || python=python3
exec "$python" -m scripts.recover_state "$@"
