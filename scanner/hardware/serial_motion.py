"""Axes and a lamp on a serial port. The only module that imports serial."""

import termios
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import serial
from serial.tools import list_ports

from scanner.clock import Clock
from scanner.errors import ConfigError, HardwareMissing, MotionError
from scanner.hardware.motion_axes import SerialAxis, SerialLight
from scanner.hardware.motion_controller import MotionController
from scanner.hardware.motion_drives import Drive, drives
from scanner.hardware.motion_line import Link, OpenLink, only
from scanner.hardware.motion_settings import MotionSettings
from scanner.hardware.protocols import Axis, AxisName, Light
from scanner.hardware.wire.dialect import Dialect
from scanner.hardware.wire.grbl import Grbl
from scanner.hardware.wire.marlin import Marlin
from scanner.hardware.wire.templated import Templated

READ_S = 0.05
WRITE_S = 1.0

_DEAD = (serial.SerialException, OSError, termios.error)


class SerialLink:
    """One serial port, opened once and exclusively. `open_port`: what opens it, with the parameters of pyserial."""

    def __init__(self, port: str, baud: int, open_port: Callable[..., serial.Serial] = serial.Serial) -> None:
        self.name = port
        try:
            self._port = open_port(port, baud, timeout=READ_S, write_timeout=WRITE_S, exclusive=True)
        except _DEAD as error:
            raise missing_port(port, error) from error

    def read(self, timeout: float) -> bytes:
        """Bytes that are there, else what comes within READ_S (nothing is waited for when `timeout` is 0)."""
        self._refuse_closed()
        try:
            waiting = self._port.in_waiting
            if not waiting and timeout <= 0:
                return b""
            return bytes(self._port.read(max(1, waiting)))
        except _DEAD as error:
            raise self._dead(error) from error

    def write(self, data: bytes) -> None:
        self._refuse_closed()
        try:
            self._port.write(data)
        except _DEAD as error:
            raise self._dead(error) from error

    def close(self) -> None:
        """Calling it twice is harmless; a port that is gone is closed as well.

        What was not sent by then is thrown away: the system would wait up to half a minute for it.
        """
        with suppress(*_DEAD):
            if self._port.is_open:
                self._port.reset_output_buffer()
        with suppress(*_DEAD):
            self._port.close()

    def _refuse_closed(self) -> None:
        """A closed port is no longer asked: pyserial knows no error for that."""
        if not self._port.is_open:
            raise self._dead(serial.PortNotOpenError())

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


class SerialMotion:
    """What a controller drives. `axes`: turntable, and tilt and focus where the rig has them. `light`: None without.

    Only one thread may use it, but for `stop`.
    """

    def __init__(self, controller: MotionController, axes: dict[AxisName, Axis], light: Light | None) -> None:
        self.axes = axes
        self.light = light
        self._controller = controller

    @property
    def version(self) -> str:
        """What the controller calls itself."""
        return self._controller.version

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should change in the controller, one sentence each."""
        return tuple(self._controller.dialect.notes(self._controller.own))

    @property
    def alive(self) -> bool:
        """False once the connection was found broken; then `mend` is called until it no longer raises."""
        return self._controller.alive

    def hold(self) -> None:
        """Power the motors for a scan. Raises MotionError for a controller that drops them between moves."""
        self._controller.hold()

    def release(self) -> None:
        """Cut the current of the motors, where the controller can: every axis then has to be homed or zeroed."""
        self._controller.release()

    def mend(self) -> None:
        """Open a broken connection again, once, and greet the controller: positions are then unknown.

        Does nothing to one that is whole. Raises HardwareMissing, MotionError while the controller is not there.
        """
        self._controller.mend()

    def stop(self) -> None:
        """Stop any movement at once; from any thread. The call under way raises MotionError."""
        self._controller.stop()

    def close(self) -> None:
        """Release the port; calling it twice is harmless."""
        self._controller.close()


def open_motion(settings: MotionSettings, clock: Clock, *, rail: bool = False) -> SerialMotion:
    """Open the port and greet the controller; no axis knows its position until it is homed or zeroed.

    `rail`: there is a focus axis. Raises ConfigError, HardwareMissing, MotionError.
    """
    return motion_over(lambda: SerialLink(settings.port, settings.baud), settings, clock, rail=rail)


def motion_over(link: Link | OpenLink, settings: MotionSettings, clock: Clock, *, rail: bool = False) -> SerialMotion:
    """The same over any link, or over what opens one; it is closed when nobody answers."""
    dialect = dialect_of(settings)
    motors = drives(settings, rail)
    _refuse_what_no_line_can(settings, dialect, motors)
    open_link = link if callable(link) else only(link)
    with ExitStack() as on_failure:
        controller = MotionController(open_link, dialect, clock, {motor.letter: motor.steps for motor in motors})
        on_failure.callback(controller.close)
        controller.start()
        on_failure.pop_all()
    axes: dict[AxisName, Axis] = {motor.name: SerialAxis(motor, controller) for motor in motors}
    lit = dialect.light(0.0, {}) is not None
    return SerialMotion(controller, axes, SerialLight(controller) if lit else None)


def dialect_of(settings: MotionSettings) -> Dialect:
    """The language that the config names. Raises ConfigError for a template that cannot be used."""
    if settings.dialect == "templated":
        return Templated(settings.template, lamp=settings.light != "none")
    if settings.dialect == "marlin":
        return Marlin(lamp="none" if settings.light == "none" else "M106")
    return Grbl(lamp="none" if settings.light == "M106" else settings.light, home_one=settings.home_one_axis)


def _refuse_what_no_line_can(settings: MotionSettings, dialect: Dialect, motors: list[Drive]) -> None:
    """Two motors behind a line that names none, a switch without a line that homes."""
    if settings.dialect == "templated" and len(motors) > 1 and "{axis" not in settings.template.move:
        raise ConfigError(
            "rig.motion.template.move has no {axis}, so it cannot tell one axis from another.",
            "Put {axis} into it, or set rig.motion.tilt.fitted = false where there is only the turntable.",
        )
    for motor in motors:
        if motor.homing and not dialect.home(motor.letter):
            raise ConfigError(
                f"{motor.key}.homing is set, but rig.motion.template.home is empty.",
                "Give the line that homes, or set homing = false.",
            )
