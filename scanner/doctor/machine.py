"""The machine itself: its clock, its heat, its power, its contiguous memory."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from scanner.doctor.findings import Finding, ok, problem, warning
from scanner.errors import HardwareError, HardwareMissing
from scanner.hardware.health import Run, Throttled, read_throttled

SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
YEARS = range(2025, 2100)
HOT_C = 75.0
"""A Raspberry Pi slows itself down from 80 to 85 °C."""

POWER_HINT = "Use the power supply made for this model and a short, thick cable; power the motors from their own."
HEAT_HINT = "Give it a heat sink or a fan, and air."
CMA_HINT = (
    "In /boot/firmware/config.txt write dtoverlay=vc4-kms-v3d,cma-512 (cma-256 with 512 MB of memory) and start anew; "
    "or choose smaller pictures, or rig.camera.format = YUV420."
)
UNDERVOLTED = (Throttled.UNDERVOLTAGE, Throttled.PAST_UNDERVOLTAGE)
ORDINARY_HEAP = "system"


def check_clock(run: Run, now: datetime | None = None, marker: Path = SYNCHRONISED) -> Finding:
    """Whether the clock was set by the network. Scans only carry its time as a label: they measure with another one."""
    now = now or datetime.now(UTC)
    said = f"{now:%Y-%m-%d %H:%M} UTC"
    if now.year not in YEARS:
        hint = 'Connect the machine to the internet once, or set it: sudo date --set "2026-01-31 12:00".'
        return warning("clock", f"{said} cannot be", hint)
    if marker.exists() or _synchronised(run):
        return ok("clock", f"{said}, set by the network")
    hint = "Scans would carry a wrong date: connect the machine to the internet, or compare this time with a watch."
    return warning("clock", f"{said}, not set by the network", hint)


def _synchronised(run: Run) -> bool:
    try:
        return synchronised(run(("timedatectl", "show", "--property=NTPSynchronized")))
    except HardwareError:
        return False


def synchronised(text: str) -> bool:
    """What `timedatectl show` says of it; False for anything that cannot be read."""
    return re.search(r"^NTPSynchronized=yes\s*$", text, re.MULTILINE) is not None


def check_temperature(sys: Path = Path("/sys")) -> list[Finding]:
    """The temperature of the processor, where the machine tells it."""
    try:
        celsius = int((sys / "class/thermal/thermal_zone0/temp").read_text()) / 1000
    except (OSError, ValueError):
        return []
    said = f"{celsius:.0f} °C"
    return [ok("temperature", said) if celsius < HOT_C else warning("temperature", said, HEAT_HINT)]


def check_supply(sys: Path = Path("/sys")) -> list[Finding]:
    """Whether the supply voltage is too low now, where a Raspberry Pi tells it without vcgencmd."""
    for sensor in sorted((sys / "class/hwmon").glob("hwmon*")):
        try:
            if (sensor / "name").read_text().strip() == "rpi_volt":
                low = int((sensor / "in0_lcrit_alarm").read_text())
                return [warning("supply", Throttled.UNDERVOLTAGE, POWER_HINT) if low else ok("supply", "steady")]
        except (OSError, ValueError):
            continue
    return []


def check_throttling(run: Run, *, on_pi: bool) -> list[Finding]:
    """Undervoltage and heat, now and since the machine was started; one finding each flag."""
    try:
        flags = read_throttled(run)
    except HardwareMissing as error:
        return [warning("throttling", error.message, "sudo apt install raspi-utils")] if on_pi else []
    except HardwareError as error:
        return [warning("throttling", error.message, error.hint)]
    if not flags:
        return [ok("throttling", "none since the machine was started")]
    return [_flag(flag) for flag in flags]


def _flag(flag: Throttled) -> Finding:
    hint = POWER_HINT if flag in UNDERVOLTED else f"{POWER_HINT} {HEAT_HINT}"
    if flag in (Throttled.HOT, Throttled.PAST_HOT):
        hint = HEAT_HINT
    return warning("throttling", f"{flag} {'now' if flag.now else 'at some time since the start'}", hint)


def meminfo(text: str) -> dict[str, int]:
    """/proc/meminfo in bytes by name; lines of another form are passed over."""
    lines = (re.fullmatch(r"(\S+):\s+(\d+) kB", line.strip()) for line in text.splitlines())
    return {line[1]: int(line[2]) * 1024 for line in lines if line}


def buffers_need(width: int, height: int, buffers: int, *, rgb: bool) -> int:
    """Bytes of contiguous memory for `buffers` pictures: three bytes a pixel in RGB888, one and a half in YUV420."""
    return buffers * width * height * (6 if rgb else 3) // 2


def check_contiguous(memory: Mapping[str, int], need: int, heaps: Path = Path("/dev/dma_heap")) -> list[Finding]:
    """Whether the camera's buffers of `need` bytes fit into the contiguous memory that was free before it was opened.

    A machine without such memory, and one whose camera buffers come from ordinary memory (Pi 5), has no finding of it.
    Source: `heaps`/vidbuf_cached, from which libcamera and picamera2 take buffers, names the system heap there.
    """
    heap = heaps / "vidbuf_cached"
    total, free = memory.get("CmaTotal", 0), memory.get("CmaFree", 0)
    subject = "contiguous memory"
    if heap.exists() and heap.resolve().name == ORDINARY_HEAP:
        return [ok(subject, "not needed: this machine's camera uses ordinary memory", hardware=True)]
    if not total:
        return []
    said = f"{free / 1e6:.0f} of {total / 1e6:.0f} MB free, the camera's buffers need at least {need / 1e6:.0f} MB"
    if need > total:
        return [problem(subject, said, CMA_HINT, hardware=True)]
    if need > free:
        hint = f"Start the machine anew; if it stays so: {CMA_HINT}"
        return [warning(subject, said, hint, hardware=True)]
    return [ok(subject, said, hardware=True)]
