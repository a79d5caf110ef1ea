#!/bin/sh
# `make libcamera`: the camera driver on real picamera2 over real libcamera, whose virtual camera serves JPEG files.
#
# The Debian that holds them is built once and kept in $XDG_CACHE_HOME/focusrig; after that no network is needed.
# Arguments go to pytest.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
root=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/focusrig/libcamera-trixie
wanted=$(cat "$here/build.sh" "$project/constraints.txt" | sha256sum | cut -d ' ' -f 1)

if [ "$(id -u)" != 0 ]; then
    echo "libcamera: a Debian of its own is made and entered, which needs root: sudo make libcamera" >&2
    exit 1
fi
if [ "$(cat "$root.stamp" 2>/dev/null)" != "$wanted" ] || [ ! -x "$root/opt/venv/bin/python" ]; then
    rm -f "$root.stamp"
    mkdir -p "$(dirname "$root")"
    "$here/build.sh" "$root"
    echo "$wanted" >"$root.stamp"
fi

# Own mounts, own processes, no network: nothing of a run stays behind, and nothing is fetched.
exec unshare --mount --propagation private --net --pid --fork --kill-child \
    sh -eu -s "$root" "$project" "$@" <<'EOF'
root=$1 project=$2
shift 2
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir "$root/dev/shm" "$root/dev/dma_heap"
touch "$root/dev/dma_heap/linux,cma" "$root/dev/dma_heap/system"
mount -t tmpfs tmpfs "$root/dev/shm"
for folder in run tmp; do mount -t tmpfs tmpfs "$root/$folder"; done
mkdir -p "$root/project" "$root/usr/share/libcamera/pipeline/virtual"
mount --bind "$project" "$root/project"
mount -o remount,bind,ro "$root/project"
cp "$project/tests/libcamera/virtual.yaml" "$root/usr/share/libcamera/pipeline/virtual/"
exec chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/opt/venv/bin:/usr/bin:/bin \
    sh /project/tests/libcamera/inside.sh "$@" </dev/null
EOF
