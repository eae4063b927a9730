#!/bin/sh
# Create a virtual environment at $1 with $PYTHON, or with the first Python that is good enough.
set -eu

usable() {
    "$1" -c 'import sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

create() {
    if "$1" -c 'import ensurepip' 2>/dev/null; then
        "$1" -m venv --clear "$2"
    else # Debian's python3 without python3-venv: the pip outside puts one inside
        "$1" -m venv --clear --without-pip "$2"
        "$1" -m pip --python "$2/bin/python" install -q --disable-pip-version-check pip
    fi
}

for python in ${PYTHON:-python3.11 python3 python3.13 python3.12 python3.10}; do
    if usable "$python"; then
        echo "creating $1 with $("$python" -V)"
        create "$python" "$1"
        exit
    fi
done
echo "no Python 3.10 or newer found: install one, or set PYTHON to its path" >&2
exit 1
