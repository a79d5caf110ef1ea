"""The checks that open no device and move nothing."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.doctor.disk import check_folder
from scanner.doctor.findings import Finding
from scanner.doctor.libraries import Importer, check_gphoto2, check_picamera
from scanner.doctor.machine import check_clock, check_supply, check_temperature
from scanner.doctor.network import check_mdns, check_port
from scanner.doctor.ports import check_groups, check_motion_port, check_serial_ports
from scanner.hardware.health import Run, run

if TYPE_CHECKING:
    from scanner.config import Settings
    from scanner.hardware.settings import RigSettings


def check_machine(
    settings: "Settings",
    load: Importer = importlib.import_module,
    dev: Path = Path("/dev"),
    port: int | None = None,
    command: Run = run,
) -> list[Finding]:
    """Whether this machine can run `settings`, on another `port` where one is given.

    Nothing moves, and no device is opened.
    """
    return [
        *_drivers(settings.rig, load),
        *check_serial_ports(dev),
        *check_folder(settings.storage.data),
        check_clock(command),
        *check_temperature(),
        *check_supply(),
        check_port(settings.server.host, port or settings.server.port),
        *([] if _only_here(settings.server.host) else [check_mdns(command)]),
    ]


def _drivers(rig: "RigSettings", load: Importer) -> list[Finding]:
    on_pi = rig.kind == "pi"
    dslr = on_pi and rig.camera.driver == "gphoto2"
    return [
        check_picamera(load, needed=on_pi and not dslr),
        *([check_gphoto2(load)] if dslr else []),
        *([check_motion_port(Path(rig.motion.port)), check_groups()] if on_pi else []),
    ]


def _only_here(host: str) -> bool:
    """Whether the page is served to this machine alone."""
    return host.startswith("127.") or host in ("::1", "localhost")
