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
    """What one check found. `hint` says what to do; empty when all is well."""

    level: Level
    subject: str
    message: str
    hint: str = ""


def check_libraries(load: Importer = importlib.import_module) -> list[Finding]:
    """Python and what is always needed. Only when this is well, settings can be read and the rest be checked."""
    return [check_python(sys.version_info[:3]), *(check_library(name, load) for name in LIBRARIES)]


def check_machine(
    settings: "Settings", load: Importer = importlib.import_module, dev: Path = Path("/dev")
) -> list[Finding]:
    """Whether this machine can run `settings`. Nothing moves, and no device is opened."""
    on_pi = settings.rig.kind == "pi"
    return [
        check_picamera(load, needed=on_pi),
        *check_serial_ports(dev, needed=on_pi),
        *check_folder(settings.storage.data),
        check_port(settings.server.host, settings.server.port),
    ]


def worst(findings: Iterable[Finding]) -> Level:
    """The gravest level among `findings`."""
    return max((finding.level for finding in findings), key=list(Level).index, default=Level.OK)


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
        level = Level.PROBLEM if needed else Level.OK
        if isinstance(error, ModuleNotFoundError) and error.name == "picamera2":
            message = "not installed" if needed else "not installed; the simulated rig does without"
            return Finding(level=level, subject="picamera2", message=message, hint=APT_HINT if needed else "")
        hint = NUMPY_HINT if _is_numpy_mismatch(error) else APT_HINT
        return Finding(
            level=Level.PROBLEM if needed else Level.WARNING,
            subject="picamera2",
            message=_first_line(error),
            hint=hint,
        )
    return Finding(level=Level.OK, subject="picamera2", message=_version("picamera2"))


def check_serial_ports(dev: Path, *, needed: bool) -> list[Finding]:
    """The serial ports in `dev`, usually /dev, and whether this user may open them. None is opened."""
    ports = sorted(path for pattern in ("ttyUSB*", "ttyACM*") for path in dev.glob(pattern))
    if not ports:
        level = Level.PROBLEM if needed else Level.OK
        hint = "Plug in the controller; a cable that only charges shows nothing." if needed else ""
        return [Finding(level=level, subject="serial ports", message="none found", hint=hint)]
    return [_serial_port(port, dev) for port in ports]


def _serial_port(port: Path, dev: Path) -> Finding:
    names = [link for link in sorted((dev / "serial" / "by-id").glob("*")) if link.resolve() == port.resolve()]
    message = f"stable name: {names[0]}" if names else "no stable name"
    if not os.access(port, os.R_OK | os.W_OK):
        hint = "sudo usermod -aG dialout $USER, then log in again."
        return Finding(level=Level.PROBLEM, subject=str(port), message="not allowed for this user", hint=hint)
    return Finding(level=Level.OK, subject=str(port), message=message)


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
