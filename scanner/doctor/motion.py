"""The motion controller, asked: who it is, what is set wrong in it, what its axes know. Nothing is moved."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from scanner.doctor.findings import Finding, ok, warning
from scanner.errors import MotionError
from scanner.hardware.motion_settings import MotionSettings
from scanner.hardware.protocols import Axis, AxisFacts, AxisName, Light


class Controller(Protocol):
    """An open controller. `notes`: what a person should change in it, as "what is wrong: what to do"."""

    @property
    def version(self) -> str: ...

    @property
    def notes(self) -> Sequence[str]: ...

    @property
    def axes(self) -> Mapping[AxisName, Axis]: ...

    @property
    def light(self) -> Light | None: ...

    def close(self) -> None: ...


def check_motion(motion: Controller, settings: MotionSettings) -> Iterator[Finding]:
    """What an open controller says of itself. `settings` are those it was opened with."""
    yield ok("controller", f"{settings.dialect}, {motion.version or 'nameless'}, at {settings.port}", hardware=True)
    for note in motion.notes:
        said, _, hint = note.partition(": ")
        hint = hint or "Change it in the controller, with any serial terminal."
        yield warning("controller", said, f"{hint[0].upper()}{hint[1:]}", hardware=True)
    for axis in motion.axes.values():
        yield check_axis(axis)
    if motion.light is None:
        yield ok("light", "none", hardware=True)


def check_axis(axis: Axis) -> Finding:
    """Where an axis can go and where it stands; after every start that is unknown, until it is homed or zeroed."""
    facts = axis.facts
    start = "homes to its switch" if facts.can_home else "no switch: bring it to its zero by hand before a scan"
    where = "position unknown" if axis.angle is None else f"stands at {axis.angle:.3f} {facts.unit}"
    return ok(facts.name, f"{_reach(facts)}, step {facts.step:.3g} {facts.unit}; {where}; {start}", hardware=True)


def light_up(light: Light, motion: Controller) -> None:
    """Switch the lamp on. Raises MotionError.

    A controller with limit switches is locked until its axes were homed, and refuses the lamp as well. Calling the
    place where an axis stands zero ends that and moves nothing; that zero is gone when the controller is opened again.
    """
    try:
        light.set(1.0)
    except MotionError:
        next(iter(motion.axes.values())).set_zero()
        light.set(1.0)


def _reach(facts: AxisFacts) -> str:
    if facts.low is None or facts.high is None:
        return "turns without end"
    return f"{facts.low:g} to {facts.high:g} {facts.unit}"
