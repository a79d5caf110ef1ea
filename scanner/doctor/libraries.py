"""Python and the libraries: is all there, and does it fit together?"""

import importlib
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType

from scanner.doctor.findings import Finding, Level, ok, problem

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


def check_libraries(load: Importer = importlib.import_module) -> list[Finding]:
    """Python and what is always needed. Only when this is well, settings can be read and the rest be checked."""
    return [check_python(sys.version_info[:3]), *(check_library(name, load) for name in LIBRARIES)]


def check_python(found: tuple[int, int, int]) -> Finding:
    """Whether the interpreter is recent enough."""
    name = ".".join(map(str, found))
    if found < (3, 11, 0):
        return problem("Python", name, "Focusrig needs Python 3.11 or later.")
    return ok("Python", name)


def check_library(name: str, load: Importer = importlib.import_module) -> Finding:
    """Whether a library that is always needed can be imported."""
    try:
        load(name)
    except BROKEN_IMPORT as error:
        hint = NUMPY_HINT if _is_numpy_mismatch(error) else "Install Focusrig again into this environment."
        return problem(name, _first_line(error), hint)
    return ok(name, _version(DISTRIBUTIONS.get(name, name)))


def check_picamera(load: Importer = importlib.import_module, *, needed: bool) -> Finding:
    """Whether picamera2 can be imported; other rigs than those with a Pi camera do without it."""
    try:
        load("picamera2")
    except BROKEN_IMPORT as error:
        return _no_picamera(error, needed=needed)
    return ok("picamera2", _version("picamera2"), hardware=True)


def _no_picamera(error: Exception, *, needed: bool) -> Finding:
    if isinstance(error, ModuleNotFoundError) and error.name == "picamera2":
        if needed:
            return problem("picamera2", "not installed", APT_HINT, hardware=True)
        return ok("picamera2", "not installed; this rig does without", hardware=True)
    hint = NUMPY_HINT if _is_numpy_mismatch(error) else APT_HINT
    level = Level.PROBLEM if needed else Level.WARNING
    return Finding(level, "picamera2", _first_line(error), hint, hardware=True)


def check_gphoto2(load: Importer = importlib.import_module) -> Finding:
    """Whether the library for a DSLR can be imported."""
    try:
        load("gphoto2")
    except BROKEN_IMPORT as error:
        return problem("gphoto2", _first_line(error), 'pip install "focusrig[dslr]"', hardware=True)
    return ok("gphoto2", _version("gphoto2"), hardware=True)


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
