"""The dials of a DSLR: shutter, ISO, white balance, focus and where pictures go, found by what cameras call them."""

import logging
import math
import re
from collections.abc import Callable

from scanner.errors import CameraError
from scanner.hardware.gphoto2_body import Body, Dial
from scanner.hardware.protocols import Exposure
from scanner.units import Seconds

SHUTTER = ("shutterspeed", "shutterspeed2")
ISO = ("iso",)
FOCUS = ("focusmode", "autofocus", "focusmode2")
WHITE_BALANCE = ("whitebalance",)
TARGET = ("capturetarget",)
MODE = ("autoexposuremode", "expprogram")
SERIAL = ("eosserialnumber", "serialnumber")

MANUAL_FOCUS = re.compile(r"\b(manual|mf|off)\b", re.IGNORECASE)
"""DMF is none: it focuses by itself first."""
METERING = re.compile(r"p|a|s|av|tv|auto.*|program.*|.*priority", re.IGNORECASE)
"""Mode dials of Nikon, Canon and others where each picture is metered; the other dials show numbers all the same."""
DAYLIGHT = re.compile(r"daylight|sun", re.IGNORECASE)
AUTOMATIC = re.compile(r"auto|awb", re.IGNORECASE)
MEMORY = re.compile(r"\bram\b", re.IGNORECASE)

log = logging.getLogger(__name__)


def seconds_of(text: str) -> Seconds | None:
    """How cameras write times: 1/60, 10/13, 0.5, 0.0166s, 30,0000s, 2m; None for bulb, auto and the like."""
    found = re.fullmatch(r"(\d+(?:[.,]\d+)?)(?:/(\d+(?:[.,]\d+)?))?\s*(s|m|\")?", text.strip())
    if found is None:
        return None
    above, below = (float(part.replace(",", ".")) for part in (found[1], found[2] or "1"))
    time = above / below * (60 if found[3] == "m" else 1) if below else 0.0
    return time or None


def gain_of(text: str) -> float | None:
    """The gain that an ISO number stands for, ISO 100 = 1.0; None for automatic."""
    found = re.fullmatch(r"(?:iso\s*)?(\d+)", text.strip(), re.IGNORECASE)
    return (int(found[1]) / 100 or None) if found else None


def set_exposure(body: Body, exposure: Exposure) -> None:
    """Turn shutter and ISO to the choices nearest to `exposure`, by ratio; a dial that cannot is only reported."""
    _turn_nearest(body, SHUTTER, "exposure time", exposure.time_us * 1e-6, seconds_of)
    _turn_nearest(body, ISO, "ISO", exposure.gain, gain_of)


def read_exposure(body: Body) -> tuple[int | None, float | None]:
    """Exposure time in microseconds and gain as the dials stand; None for a dial that the camera does not show.

    Raises CameraError where the camera chooses by itself.
    """
    mode = body.dial(*MODE)
    if mode is not None and METERING.fullmatch(mode.value.strip()):
        raise _automatic("exposure", mode)
    seconds = _number(body.dial(*SHUTTER), "exposure time", seconds_of)
    return None if seconds is None else round(seconds * 1e6), _number(body.dial(*ISO), "ISO", gain_of)


def expected_s(body: Body) -> Seconds:
    """About how long the next exposure takes, as the shutter dial stands; 0 where that does not tell."""
    dial = body.dial(*SHUTTER)
    return 0.0 if dial is None else seconds_of(dial.value) or 0.0


def prepare(body: Body) -> None:
    """Focus by hand, a white balance that stays, pictures into the memory of the camera: where it has such dials."""
    _choose(body, FOCUS, MANUAL_FOCUS, "switch its autofocus off")
    _choose(body, TARGET, MEMORY, "keep its pictures off the card")
    balance = body.dial(*WHITE_BALANCE)
    if balance is not None and AUTOMATIC.search(balance.value):
        _choose(body, WHITE_BALANCE, DAYLIGHT, "fix its white balance")


def serial_of(body: Body) -> str:
    """The camera's serial number, "" where it tells none."""
    dial = body.dial(*SERIAL)
    return "" if dial is None or dial.value == "None" else dial.value.strip()


def _number(dial: Dial | None, what: str, read: Callable[[str], float | None]) -> float | None:
    if dial is None:
        return None
    number = read(dial.value)
    if number is None:
        raise _automatic(what, dial)
    return number


def _automatic(what: str, dial: Dial) -> CameraError:
    return CameraError(
        f"The camera chooses the {what} by itself: its dial {dial.name} says {dial.value!r}.",
        "Turn its mode dial to M, and automatic ISO off.",
    )


def _turn_nearest(
    body: Body, names: tuple[str, ...], what: str, wanted: float, read: Callable[[str], float | None]
) -> None:
    dial = body.dial(*names)
    choices = [] if dial is None or dial.fixed else [(number, text) for text in dial.choices if (number := read(text))]
    if dial is None or not choices:
        log.warning("the camera does not let its %s be set: it stays as it is", what)
        return
    nearest = min(choices, key=lambda choice: abs(math.log(choice[0] / max(wanted, 1e-9))))[1]
    if nearest != dial.value:
        body.turn(dial, nearest)


def _choose(body: Body, names: tuple[str, ...], like: re.Pattern[str], what: str) -> None:
    """Turn a dial to the first choice that reads like that; a dial that cannot is only reported."""
    dial = body.dial(*names)
    if dial is None or like.search(dial.value):
        return
    choice = next((text for text in dial.choices if like.search(text)), None)
    if choice is None or dial.fixed:
        log.warning("the camera cannot %s by itself: its dial %s says %s", what, dial.name, dial.value)
        return
    body.turn(dial, choice)
