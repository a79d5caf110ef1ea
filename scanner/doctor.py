"""Is this machine fit to run the scanner? Each check is one finding, with what to do."""

import importlib
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanner.config import Settings

Importer = Callable[[str], ModuleType]

LIBRARIES = ("numpy", "cv2", "simplejpeg", "serial", "pydantic", "fastapi", "uvicorn")
DISTRIBUTIONS = {"cv2": "opencv-python-headless", "serial": "pyserial"}

NUMPY_HINT = (
    "On Raspberry Pi OS Bookworm, picamera2 from apt is built against numpy 1, and a numpy 2 from pip breaks it: "
    'pip install "numpy<2" "opencv-python-headless<4.12", or use Raspberry Pi OS Trixie.'
)
APT_HINT = (
    "sudo apt install python3-picamera2, and make the virtual environment with --system-site-packages: "
    "libcamera comes from apt only."
)
BROKEN_IMPORT = (ImportError, AttributeError, OSError, RuntimeError, ValueError)
"""What importing a compiled library raises when it is missing, or was built against another numpy."""

LOW_SPACE = 2_000_000_000


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `hint` says what to do; empty when all is well.

    `hardware`: whether it is about a device or the library for it.
    """

    level: Level
    subject: str
    message: str
    hint: str = ""
    hardware: bool = False


def check_libraries(load: Importer = importlib.import_module) -> list[Finding]:
    """Python and what is always needed. Only when this is well, settings can be read and the rest be checked."""
    return [check_python(sys.version_info[:3]), *(check_library(name, load) for name in LIBRARIES)]


def check_machine(
    settings: "Settings",
    load: Importer = importlib.import_module,
    dev: Path = Path("/dev"),
    port: int | None = None,
) -> list[Finding]:
    """Whether this machine can run `settings`, on another `port` where one is given.

    Nothing moves, and no device is opened.
    """
    on_pi = settings.rig.kind == "pi"
    return [
        check_picamera(load, needed=on_pi),
        *([check_motion_port(Path(settings.rig.motion.port))] if on_pi else []),
        *check_serial_ports(dev),
        *check_folder(settings.storage.data),
        check_port(settings.server.host, port or settings.server.port),
    ]


def worst(findings: Iterable[Finding]) -> Level:
    """The gravest level among `findings`."""
    return max((finding.level for finding in findings), key=list(Level).index, default=Level.OK)


def only_hardware_missing(findings: Iterable[Finding]) -> bool:
    """Whether there are problems, and each is a device or the library for it."""
    problems = [finding for finding in findings if finding.level == Level.PROBLEM]
    return bool(problems) and all(finding.hardware for finding in problems)


def check_python(found: tuple[int, int, int]) -> Finding:
    """Whether the interpreter is recent enough."""
    name = ".".join(map(str, found))
    if found < (3, 11, 0):
        return Finding(level=Level.PROBLEM, subject="Python", message=name, hint="Focusrig needs Python 3.11 or later.")
    return Finding(level=Level.OK, subject="Python", message=name)


def check_library(name: str, load: Importer = importlib.import_module) -> Finding:
    """Whether a library that is always needed can be imported."""
    try:
        load(name)
    except BROKEN_IMPORT as error:
        hint = NUMPY_HINT if _is_numpy_mismatch(error) else "Install Focusrig again into this environment."
        return Finding(level=Level.PROBLEM, subject=name, message=_first_line(error), hint=hint)
    return Finding(level=Level.OK, subject=name, message=_version(DISTRIBUTIONS.get(name, name)))


def check_picamera(load: Importer = importlib.import_module, *, needed: bool) -> Finding:
    """Whether picamera2 can be imported; a simulated rig does without it."""
    try:
        load("picamera2")
    except BROKEN_IMPORT as error:
        return _no_picamera(error, needed=needed)
    return Finding(level=Level.OK, subject="picamera2", message=_version("picamera2"), hardware=True)


def _no_picamera(error: Exception, *, needed: bool) -> Finding:
    if isinstance(error, ModuleNotFoundError) and error.name == "picamera2":
        level = Level.PROBLEM if needed else Level.OK
        message = "not installed" if needed else "not installed; the simulated rig does without"
        hint = APT_HINT if needed else ""
    else:
        level = Level.PROBLEM if needed else Level.WARNING
        message = _first_line(error)
        hint = NUMPY_HINT if _is_numpy_mismatch(error) else APT_HINT
    return Finding(level=level, subject="picamera2", message=message, hint=hint, hardware=True)


def check_motion_port(port: Path) -> Finding:
    """Whether the port of the motion controller is there and this user may open it. It is not opened."""
    subject = f"motion.port {port}"
    if port.is_char_device():
        return _access(port, subject, "there", Level.PROBLEM)
    message = "no serial port" if port.exists() else "not there"
    hint = "Plug in the controller (a cable that only charges shows nothing), or set rig.motion.port in the config."
    return Finding(level=Level.PROBLEM, subject=subject, message=message, hint=hint, hardware=True)


def check_serial_ports(dev: Path) -> list[Finding]:
    """The serial ports in `dev`, usually /dev, and whether this user may open them. None is opened."""
    ports = sorted(path for pattern in ("ttyUSB*", "ttyACM*") for path in dev.glob(pattern))
    if not ports:
        return [Finding(level=Level.OK, subject="serial ports", message="none found on USB", hardware=True)]
    return [_serial_port(port, dev) for port in ports]


def _serial_port(port: Path, dev: Path) -> Finding:
    names = [link for link in sorted((dev / "serial" / "by-id").glob("*")) if link.resolve() == port.resolve()]
    message = f"stable name: {names[0]}" if names else "no stable name"
    return _access(port, str(port), message, Level.WARNING)


def _access(port: Path, subject: str, message: str, otherwise: Level) -> Finding:
    if os.access(port, os.R_OK | os.W_OK):
        return Finding(level=Level.OK, subject=subject, message=message, hardware=True)
    hint = "sudo usermod -aG dialout $USER, then log in again."
    return Finding(level=otherwise, subject=subject, message="not allowed for this user", hint=hint, hardware=True)


def check_folder(folder: Path) -> list[Finding]:
    """Whether scans can be written to `folder` (or to where it would be made), and how much fits."""
    subject = "data folder"
    place = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
        hint = "Choose another with --data, or give this user the right to write there."
        return [Finding(level=Level.PROBLEM, subject=subject, message=f"{place} is not writable", hint=hint)]
    free = shutil.disk_usage(place).free
    space = f"{free / 1e9:.1f} GB free"
    hint = "" if free >= LOW_SPACE else "A scan of 12 MP slices takes several GB: delete scans or use a larger card."
    return [
        Finding(level=Level.OK, subject=subject, message=str(folder.absolute())),
        Finding(level=Level.WARNING if hint else Level.OK, subject="free space", message=space, hint=hint),
    ]


def check_port(host: str, port: int) -> Finding:
    """Whether the page's port is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            return Finding(
                level=Level.WARNING,
                subject=f"port {port}",
                message=f"{error.strerror or error}",
                hint="That is as it should be while Focusrig runs; else stop the other program, or use --port.",
            )
    return Finding(level=Level.OK, subject=f"port {port}", message="free")


def _is_numpy_mismatch(error: BaseException) -> bool:
    text = str(error)
    return "numpy" in text and any(
        sign in text for sign in ("dtype size changed", "multiarray", "compiled using NumPy 1", "_ARRAY_API")
    )


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "present"
