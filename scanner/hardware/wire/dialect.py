"""What the driver asks of a dialect, and the events that all dialects share. Pure encode and decode: no I/O, no clock.

Decoding is lenient: noise is an event, never an exception. Encoding is strict: only lines of printable ASCII are made.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from scanner.units import Seconds

REPLY_LIMIT = 256

Place: TypeAlias = Mapping[str, float]
"""Where axes are: a position by letter, in the controller's units."""


@dataclass(frozen=True, slots=True)
class Ok:
    """The line was taken, or done. `at`: position of the axis that moved, `within`: how exactly that is told.

    `text`: what it calls itself, where that was the answer.
    """

    at: float | None = None
    within: float = 0.0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The line was refused; `code` 0 where the firmware gives words instead of a number."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """The controller stopped and locked itself. `text` says what happened, `hint` what to do."""

    text: str
    hint: str
    code: int = 0


@dataclass(frozen=True, slots=True)
class Banner:
    """The greeting after every start: whoever did not ask for it has lost the position."""

    version: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The answer to a query. `state`: the firmware's word for it. `at`: None where this report does not tell.

    `still`: it rests and obeys. `within`: how exactly positions are told, in units. `moves`: an axis moves.
    `locked`: an alarm wants to be ended. `asleep`: it takes no lines and holds no motor.
    """

    state: str
    at: Place | None
    still: bool
    within: float = 0.0
    moves: bool = False
    locked: bool = False
    asleep: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """One of the controller's own settings, by the name it gives."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Busy:
    """It is at work and will answer later."""


@dataclass(frozen=True, slots=True)
class Version:
    """What it calls itself."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """Words for people: a message, options, chatter after the start."""

    text: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Noise, echo, or a line of a firmware that says more than its dialect."""

    raw: bytes


Event: TypeAlias = Ok | Refused | Alarm | Banner | Report | Setting | Busy | Version | Note | Unknown


@dataclass(frozen=True, slots=True)
class Move:
    """One straight movement of one axis from `start` to `target`, in the controller's units, at `speed` units a second.

    `steps`, `way`: the target and the way to it, in microsteps. `seconds`: how long it should take. `tolerance`: how
    near is there, in units.
    """

    letter: str
    start: float
    target: float
    steps: int
    way: int
    speed: float
    seconds: Seconds
    tolerance: float

    @property
    def patience_s(self) -> Seconds:
        """How long to wait before giving up."""
        return 1.5 * self.seconds + 2.0


@dataclass(frozen=True, slots=True)
class Orders:
    """A movement in lines. Each of `lines` is answered at once, each of `fence` when all movement before has ended."""

    lines: tuple[str, ...]
    fence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lamp:
    """The line that sets the lamp, and the level that it then has: an output that only switches is 0 or 1."""

    line: str
    level: float


@dataclass(frozen=True, slots=True)
class Own:
    """What the controller says of one axis: steps a unit, units a second, units a second². None where it does not.

    `reach`: how many units from its zero `steps` still names each step, where it is told rounded.
    """

    steps: float | None = None
    speed: float | None = None
    acceleration: float | None = None
    reach: float = math.inf


@dataclass(frozen=True, slots=True)
class Manner:
    """How a controller behaves: all that the driver has to know beside its words.

    `boot_s`: how long after a start it greets, `must_greet`: one that does not is not there.
    `query`: asks for a Report; empty: it tells none, and a move has ended when the fence is answered.
    `query_at_work`: it answers while axes move; `query_has_ok`: an ok follows the report.
    `repeats`: saying a move again changes nothing.
    `reset`: starts it anew and keeps a position at rest; empty: only opening the port again does, and loses it.
    `halt`, `halt_homing`: stop a move, stop homing; empty: it cannot. `halt_keeps`: after `halt` and `reset` the
    position is still true. `unlock`: ends an alarm. `shortest`: moves of fewer steps are not made.
    """

    name: str
    boot_s: Seconds = 3.0
    must_greet: bool = False
    identify: tuple[str, ...] = ()
    listing: str = ""
    query: bytes = b""
    query_at_work: bool = False
    query_has_ok: bool = False
    repeats: bool = True
    reset: bytes = b""
    halt: bytes = b""
    halt_homing: bytes = b""
    halt_keeps: bool = False
    unlock: str = ""
    release: tuple[str, ...] = ()
    release_sleeps: bool = False
    shortest: int = 0


class Dialect(Protocol):
    """A serial language. `own` is what the controller told about itself: `Setting` events by name."""

    @property
    def manner(self) -> Manner: ...

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` finishes, in order. Never raises."""

    def clear(self) -> None:
        """Forget an unfinished line, and what was asked."""

    def encode(self, line: str) -> bytes:
        """The bytes of one line. Raises ValueError for what must never reach the wire."""

    def prepare(self, scales: Mapping[str, float]) -> tuple[str, ...]:
        """Lines to send after every start; `scales`: steps a unit that are wanted, by letter."""

    def doubts(self, own: Mapping[str, float], scales: Mapping[str, float]) -> str:
        """What of `prepare` has not arrived in the controller, in words; empty where all is well."""

    def axis(self, own: Mapping[str, float], letter: str) -> Own:
        """What the controller says of one axis."""

    def move(self, move: Move) -> Orders:
        """A movement in lines."""

    def home(self, letter: str) -> str:
        """The line that homes an axis; empty: it cannot."""

    def light(self, level: float, own: Mapping[str, float]) -> Lamp | None:
        """The lamp at `level` 0..1; None without one."""

    def hold(self, own: Mapping[str, float], port: str) -> tuple[str, ...]:
        """Lines after which the motors stay powered. Raises MotionError where the controller will not hold them."""

    def notes(self, own: Mapping[str, float]) -> list[str]:
        """What a person should change in the controller, one sentence each."""


class Lines:
    """Cuts a stream of bytes into lines; memory is bounded however long a line the wire makes."""

    def __init__(self) -> None:
        self._rest = b""

    def cut(self, data: bytes) -> list[bytes]:
        """All lines that `data` finishes, without their ends and without empty ones."""
        *lines, rest = re.split(rb"[\r\n]", self._rest + data)
        whole = [line for part in lines for line in _pieces(part)]
        while len(rest) > REPLY_LIMIT:
            whole.append(rest[:REPLY_LIMIT])
            rest = rest[REPLY_LIMIT:]
        self._rest = rest
        return [line for line in whole if line.strip()]

    def clear(self) -> None:
        self._rest = b""


def _pieces(line: bytes) -> list[bytes]:
    """A line that is too long, in the pieces in which it would have been cut as it came."""
    return [line[i : i + REPLY_LIMIT] for i in range(0, len(line), REPLY_LIMIT)]


def ascii_line(line: str, limit: int) -> bytes:
    """`line` as bytes. Raises ValueError unless it is printable ASCII of at most `limit` characters."""
    if not line or not line.isascii() or not line.isprintable() or len(line) > limit:
        raise ValueError(f"not a line for the controller: {line!r}")
    return line.encode("ascii")


def axis_word(letter: str, value: float) -> str:
    """A target as in G-code. Raises ValueError for what is no axis or no number."""
    if letter not in ("X", "Y", "Z", "A", "B", "C"):
        raise ValueError(f"not an axis: {letter!r}")
    return f"{letter}{number(value, 5)}"


def number(value: float, decimals: int) -> str:
    """A number in digits. Raises ValueError for infinities and NaN."""
    if not math.isfinite(value):
        raise ValueError(f"not a number for the controller: {value}")
    return f"{value:.{decimals}f}"
