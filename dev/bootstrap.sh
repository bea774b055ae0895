#!/bin/sh
# Makes .venv hold exactly what dev/requirements.txt locks, from nothing but a Python 3.12 or later.
# `bootstrap.sh uv` prints the path of a uv instead.
set -eu
cd "$(dirname "$0")/.."

LOCK=dev/requirements.txt
# A copy of the lock that .venv was last made from: nothing to do while it is the same.
STAMP=.venv/.made-from
UV_VERSION=0.13.9

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

find_python() {
    for candidate in "${PYTHON:-}" python3.12 python3 python3.13 python3.14 python; do
        [ -n "$candidate" ] || continue
        # A shim may be on PATH without a Python behind it: ask.
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "Python 3.12 or later is needed and none is on PATH. Install it:
  apt-get install python3 python3-venv    (Debian 13, Ubuntu 24.04 or later)
  brew install python@3.12                (macOS)
  https://www.python.org/downloads/
or say where it is: make PYTHON=/path/to/python3.12"
}

find_uv() {
    command -v uv && return
    if ! [ -x .tools/bin/uv ]; then
        python=$(find_python)
        echo 'installing uv into .tools' >&2
        "$python" -m venv .tools >/dev/null 2>&1 || fail \
            "$python cannot make a virtual environment. Install what it lacks: apt-get install python3-venv"
        .tools/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" >&2 || fail \
            'uv could not be installed: pip cannot reach its index. Is there a network or a proxy setting?'
    fi
    echo "$PWD/.tools/bin/uv"
}

if [ "${1:-}" = uv ]; then
    find_uv
    exit
fi

cmp -s "$LOCK" "$STAMP" && exit

python=$(find_python)
uv=$(find_uv)
[ -x .venv/bin/python ] || "$uv" venv --quiet --python "$python" .venv
echo "installing what $LOCK locks into .venv" >&2
"$uv" pip sync --quiet --require-hashes --python .venv/bin/python "$LOCK" ||
    fail 'The packages could not be installed; the reason is above.'
cp "$LOCK" "$STAMP"
