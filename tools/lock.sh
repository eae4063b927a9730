#!/bin/sh
# Regenerate requirements-dev.lock and package-lock.json; arguments (such as --upgrade) go to uv.
set -eu

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
PYTHON=${PYTHON:-} tools/venv.sh "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check uv
"$scratch/venv/bin/uv" pip compile --quiet --no-config --universal --python-version 3.10 --extra dev \
    --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
    --custom-compile-command "make lock" --output-file requirements-dev.lock "$@" pyproject.toml
npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --loglevel=error

if grep -nE '://|resolved' requirements-dev.lock package-lock.json; then
    echo "a lock file names a host: remove it before you commit" >&2
    exit 1
fi
