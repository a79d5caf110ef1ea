#!/bin/sh
# Builds a Debian trixie with libcamera's virtual camera and picamera2 in the folder $1, once. Needs root and the network.
#
# Mirror, proxies, certificates and pip settings are those of this machine: none is written here, and none stays behind.
# MIRROR=url overrides the mirror.
set -eu

root=$1
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
suite=trixie

say() { printf 'libcamera: %s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

command -v debootstrap >/dev/null || fail "debootstrap is missing: apt install debootstrap"
mirror=${MIRROR:-$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian" && $2 !~ /security/ { print $2; exit }')}
[ -n "$mirror" ] || fail "apt knows no Debian mirror here: give one, MIRROR=url make libcamera"

say "building $root from $mirror (minutes, 1.3 GB, once)"
rm -rf "$root.new"
mkdir -p "$root.new"
debootstrap --variant=minbase \
    --include=ca-certificates,gcc,libc6-dev,python3,python3-dev,python3-prctl,python3-venv \
    "$suite" "$root.new" "$mirror" >"$root.log" 2>&1 || { tail -n 20 "$root.log" >&2; fail "debootstrap failed: see $root.log"; }

cat >"$root.new/etc/apt/sources.list" <<EOF
deb $mirror $suite main
deb $mirror $suite-backports main
EOF

# In a mount namespace of its own: whatever is mounted here is gone when this ends, however it ends.
unshare --mount --propagation private sh -eu -s "$root.new" "$project" "$suite" >>"$root.log" 2>&1 <<'EOF' ||
root=$1 project=$2 suite=$3
lend() { [ ! -e "$1" ] || { mkdir -p "$(dirname "$2")"; touch "$2"; mount --bind "$1" "$2"; }; }
lend /etc/resolv.conf "$root/etc/resolv.conf"
lend /etc/pip.conf "$root/etc/pip.conf"
lend "${HOME:-/root}/.config/pip/pip.conf" "$root/root/.config/pip/pip.conf"
mount --bind /etc/ssl/certs "$root/etc/ssl/certs"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/mnt"
cp "$project/constraints.txt" "$root/mnt/constraints.txt"
inside() { chroot "$root" /usr/bin/env HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" </dev/null; }
inside apt-get update
DEBIAN_FRONTEND=noninteractive inside apt-get install --yes --no-install-recommends --target-release "$suite-backports" \
    python3-libcamera libcamera-ipa
inside apt-get clean
inside python3 -m venv --system-site-packages /opt/venv
inside /opt/venv/bin/pip install --no-cache-dir --constraint /mnt/constraints.txt \
    picamera2 numpy opencv-python-headless pydantic pyserial pytest simplejpeg
EOF
    { tail -n 20 "$root.log" >&2; fail "libcamera or picamera2 could not be installed: see $root.log"; }

rm -rf "$root"
mv "$root.new" "$root"
say "built"
