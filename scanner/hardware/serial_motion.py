"""Axes and a lamp on a serial port. The only module that imports serial."""

import termios
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import serial
from serial.tools import list_ports

from scanner.clock import Clock
from scanner.errors import HardwareMissing, MotionError
from scanner.hardware.motion_axes import SerialAxis, SerialLight
from scanner.hardware.motion_controller import Link, MotionController
from scanner.hardware.motion_settings import MotionSettings
from scanner.hardware.protocols import Axis, Light

READ_S = 0.05
WRITE_S = 1.0

_DEAD = (serial.SerialException, OSError, termios.error)


class SerialLink:
    """One serial port, opened once and exclusively."""

    def __init__(self, port: str, baud: int) -> None:
        self.name = port
        try:
            self._port = serial.Serial(port, baud, timeout=READ_S, write_timeout=WRITE_S, exclusive=True)
        except _DEAD as error:
            raise missing_port(port, error) from error

    def read(self, timeout: float) -> bytes:
        """Bytes that are there, else what comes within READ_S (nothing is waited for when `timeout` is 0)."""
        try:
            waiting = self._port.in_waiting
            if not waiting and timeout <= 0:
                return b""
            return bytes(self._port.read(max(1, waiting)))
        except _DEAD as error:
            raise self._dead(error) from error

    def write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except _DEAD as error:
            raise self._dead(error) from error

    def close(self) -> None:
        """Calling it twice is harmless; a port that is gone is closed as well."""
        try:
            self._port.close()
        except _DEAD:
            return

    def _dead(self, error: Exception) -> MotionError:
        return MotionError(
            f"The connection to the controller at {self.name} broke: {error}.",
            "Check the USB cable and the power of the board.",
        )


def ports() -> list[str]:
    """Serial ports of this machine, by the names that stay the same where there are any."""
    stable = {str(path.resolve()): str(path) for path in sorted(Path("/dev/serial/by-id").glob("*"))}
    return [stable.get(found.device, found.device) for found in list_ports.comports()]


def missing_port(port: str, error: Exception) -> HardwareMissing:
    """Why a port cannot be opened, and what to do."""
    found = ports()
    if isinstance(error, OSError) and not Path(port).exists():
        listed = f"Ports found: {', '.join(found)}." if found else "No ports found: is the board plugged in?"
        return HardwareMissing(f"No serial port at {port}.", f"{listed} Set rig.motion.port in the config.")
    if "Permission denied" in str(error):
        hint = "Add the user of the daemon to the group dialout, then log in again."
    else:
        hint = "Only one program can use a port: end the other one, or set rig.motion.port in the config."
    return HardwareMissing(f"The serial port {port} cannot be opened: {error}.", hint)


@dataclass(frozen=True, slots=True)
class SerialMotion:
    """What a controller drives. `notes`: what a person should change in the controller, one sentence each."""

    axes: dict[str, Axis]
    light: Light
    version: str
    notes: tuple[str, ...]
    controller: MotionController

    def close(self) -> None:
        """Release the port; calling it twice is harmless."""
        self.controller.close()


def open_motion(settings: MotionSettings, clock: Clock) -> SerialMotion:
    """Open the port and greet the controller; no axis knows its position until it is homed.

    Raises HardwareMissing, MotionError.
    """
    return motion_over(SerialLink(settings.port, settings.baud), settings, clock)


def motion_over(link: Link, settings: MotionSettings, clock: Clock) -> SerialMotion:
    """The same over any link, which is closed when nobody answers."""
    with ExitStack() as on_failure:
        on_failure.callback(link.close)
        controller = MotionController(link, clock)
        controller.start()
        on_failure.pop_all()
    axes: dict[str, Axis] = {"turntable": SerialAxis("turntable", settings, controller)}
    if settings.tilt.fitted:
        axes["tilt"] = SerialAxis("tilt", settings, controller)
    return SerialMotion(
        axes=axes,
        light=SerialLight(settings.light, controller),
        version=controller.version,
        notes=tuple(_notes(controller.settings)),
        controller=controller,
    )


def _notes(own: dict[int, float]) -> list[str]:
    """Settings of the controller that spoil scans. They are told, not changed: they live in its memory, not in ours."""
    notes = []
    if own.get(1, 255) != 255:
        notes.append(
            f"The controller cuts motor current after each move ($1={own[1]:g}), so the tilt drops: send $1=255."
        )
    if own.get(13):
        notes.append("The controller reports inches ($13=1), so no move is ever believed to arrive: send $13=0.")
    if own.get(20):
        notes.append(
            "Soft limits are on ($20=1), so the turntable runs into one: send $20=0; Focusrig keeps limits itself."
        )
    return notes
