"""Serial ports and groups: may this user open the devices? None is opened here."""

import grp
import os
from collections.abc import Callable, Collection
from pathlib import Path

from scanner.doctor.findings import Finding, Level, ok, problem, warning

GROUPS = {"video": "the camera", "dialout": "the motion controller", "gpio": "the pins"}
"""What each group of Raspberry Pi OS may open."""


def check_motion_port(port: Path) -> Finding:
    """Whether the port of the motion controller is there and this user may open it."""
    subject = f"motion.port {port}"
    if port.is_char_device():
        return _access(port, subject, "there", Level.PROBLEM)
    message = "no serial port" if port.exists() else "not there"
    hint = "Plug in the controller (a cable that only charges shows nothing), or set rig.motion.port in the config."
    return problem(subject, message, hint, hardware=True)


def check_serial_ports(dev: Path) -> list[Finding]:
    """The serial ports in `dev`, usually /dev, and whether this user may open them."""
    ports = sorted(path for pattern in ("ttyUSB*", "ttyACM*") for path in dev.glob(pattern))
    if not ports:
        return [ok("serial ports", "none found on USB", hardware=True)]
    return [_serial_port(port, dev) for port in ports]


def _serial_port(port: Path, dev: Path) -> Finding:
    names = [link for link in sorted((dev / "serial" / "by-id").glob("*")) if link.resolve() == port.resolve()]
    message = f"stable name: {names[0]}" if names else "no stable name"
    return _access(port, str(port), message, Level.WARNING)


def _access(port: Path, subject: str, message: str, otherwise: Level) -> Finding:
    if os.access(port, os.R_OK | os.W_OK):
        return ok(subject, message, hardware=True)
    hint = "sudo usermod -aG dialout $USER, then log in again."
    return Finding(otherwise, subject, "not allowed for this user", hint, hardware=True)


def check_groups(gid_of: Callable[[str], int] | None = None, mine: Collection[int] | None = None) -> Finding:
    """Whether this user is in the groups that may open devices.

    `gid_of` a group's name raises KeyError where this machine has no such group; `mine`: the groups of this process.
    """
    gid_of = gid_of or _gid
    mine = {*os.getgroups(), os.getegid()} if mine is None else mine
    known = [name for name in GROUPS if _exists(name, gid_of)]
    missing = [name for name in known if gid_of(name) not in mine]
    if not missing or (os.geteuid() == 0 and 0 in mine):
        return ok("groups", ", ".join(known) or "this machine has none for devices", hardware=True)
    message = "; ".join(f"not in {name} ({GROUPS[name]})" for name in missing)
    hint = f"sudo usermod -aG {','.join(missing)} $USER, then log in again."
    return warning("groups", message, hint, hardware=True)


def _gid(name: str) -> int:
    return grp.getgrnam(name).gr_gid


def _exists(name: str, gid_of: Callable[[str], int]) -> bool:
    try:
        gid_of(name)
    except KeyError:
        return False
    return True
