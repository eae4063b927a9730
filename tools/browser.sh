#!/bin/sh
# Find the Chromium that the browser tests drive, or install Debian's. The tests look in the same places.
set -eu

found() {
    if [ -n "${NEXWS_CHROMIUM:-}" ]; then
        command -v "$NEXWS_CHROMIUM"
    else
        command -v chromium || command -v chromium-browser || command -v google-chrome
    fi
}

installed() {
    command -v apt-get >/dev/null || return 1
    root=
    [ "$(id -u)" = 0 ] || root="sudo -n"
    echo "installing Chromium with apt-get"
    # Without a font the pages have no text.
    $root apt-get update -qq &&
        $root env DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes \
            apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core >/dev/null
}

if found >/dev/null; then
    exit
fi
if [ -z "${NEXWS_CHROMIUM:-}" ] && installed && found >/dev/null; then
    exit
fi
echo "no Chromium for the browser tests: install it and set NEXWS_CHROMIUM to the path of its program" >&2
exit 1
