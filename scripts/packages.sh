#!/bin/sh
# Make sure that Debian packages are installed: `packages.sh NAME…`. Installs as root, otherwise says what to run.
set -eu

missing=""
for package in "$@"; do
    case $package in
        gcc | clang | make | pkg-config | shellcheck | ethtool | valgrind | ccache) command -v "$package" >/dev/null 2>&1 || missing="$missing $package" ;;
        libpcap-dev) echo '#include <pcap/pcap.h>' | cc -E - >/dev/null 2>&1 || missing="$missing $package" ;;
        libdpdk-dev) pkg-config --exists libdpdk 2>/dev/null || missing="$missing $package" ;;
        libbpf-dev) pkg-config --exists libbpf 2>/dev/null || missing="$missing $package" ;;
        iproute2) command -v ip >/dev/null 2>&1 || missing="$missing $package" ;;
        dpdk-dev) command -v dpdk-testpmd >/dev/null 2>&1 || missing="$missing $package" ;;
        *) echo "packages.sh: no check for $package" >&2; exit 2 ;;
    esac
done
[ -n "$missing" ] || exit 0

install="apt-get install --yes --no-install-recommends$missing"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "missing:$missing (Debian names). Install them with your package manager; tests that need them skip." >&2
elif [ "$(id -u)" != 0 ]; then
    echo "missing:$missing. Run: sudo $install" >&2
else
    # The lists of a new machine are old or empty, so they come first.
    echo "installing$missing" >&2
    { apt-get update && DEBIAN_FRONTEND=noninteractive $install; } >/dev/null && exit 0
    echo "could not install$missing" >&2
fi
# Without them tests skip, which is for people to decide and not for CI.
[ -z "${CI:-}" ]
