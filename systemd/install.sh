#!/bin/sh
# Installs Focusrig as a service from this checkout, on a Raspberry Pi or any Debian. Run as root; running it again
# brings an installation up to date and keeps config and scans.
set -eu

prefix=/opt/focusrig
config=/etc/focusrig/config.toml
checkout=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

say() { printf 'focusrig: %s\n' "$*"; }
die() { say "$*" >&2; exit 1; }

[ "$(id -u)" -eq 0 ] || die "installing needs root: sudo $0"

say "libraries of the system"
apt-get update --quiet
apt-get install --yes --quiet --no-install-recommends python3 python3-venv
# libcamera comes from apt alone, and only Raspberry Pi OS has it: elsewhere the simulated rig is what there is.
if apt-cache show python3-picamera2 >/dev/null 2>&1; then
    apt-get install --yes --quiet --no-install-recommends python3-picamera2
else
    say "python3-picamera2 is not in this system's sources: only the simulated rig will work"
fi

say "user and groups"
for group in video dialout gpio; do
    getent group "$group" >/dev/null || groupadd --system "$group"
done
getent passwd focusrig >/dev/null ||
    useradd --system --user-group --home-dir /var/lib/focusrig --no-create-home --shell /usr/sbin/nologin focusrig

say "program in $prefix"
[ -x "$prefix/bin/python" ] || python3 -m venv --system-site-packages "$prefix"
"$prefix/bin/pip" install --quiet --disable-pip-version-check --constraint "$checkout/constraints.txt" --upgrade "$checkout"

say "config in $config"
install -d -m 0755 /etc/focusrig
[ -e "$config" ] || install -m 0644 "$checkout/config.example.toml" "$config"

say "service"
install -m 0644 "$checkout/systemd/focusrig.service" /etc/systemd/system/focusrig.service
systemctl daemon-reload
systemctl enable focusrig.service
systemctl restart focusrig.service

"$prefix/bin/focusrig" doctor --config "$config" || say "the doctor has found problems: see above"
say "done; the log: journalctl -u focusrig"
