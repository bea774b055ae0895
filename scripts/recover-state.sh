#!/bin/sh
# Says what is not as it should be after an incident, asks, and mends it. See docs/recovery.md.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-$root/.venv/bin/python}
[ -x "$python" ] || python=python3
# Not from another folder: paths among the arguments are meant from where the caller stands.
PYTHONSAFEPATH=1 PYTHONPATH=$root exec "$python" -m scripts.recover_state "$@"
