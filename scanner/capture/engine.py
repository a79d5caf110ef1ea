"""One position: move, settle, then for each shot focus and expose."""

from collections.abc import Callable, Iterator

from scanner.capture.settle import Settled, Settling
from scanner.errors import FixedFocus
from scanner.hardware.protocols import FocusFacts
from scanner.hardware.rig import Rig
from scanner.slices import Position, Shot, Slice
from scanner.units import Dioptres, FocusPosition

REWIND: Dioptres = 0.5
"""How far past the first lens position the lens goes before a sweep, so that every position is reached from the near
side: a voice coil has hysteresis."""


def require_focus(rig: Rig) -> FocusFacts:
    """The focus drive that a sweep needs. Raises FixedFocus."""
    facts = rig.focus.facts
    if facts.drive == "fixed":
        raise FixedFocus("This rig has fixed focus, so a sweep cannot be captured.", "Use a lens drive or a rail.")
    return facts


def move(rig: Rig, position: Position) -> None:
    """Bring the object into the pose of `position`. Raises MotionError."""
    for name, angle in (("turntable", position.turntable), ("tilt", position.tilt)):
        if name in rig.axes:
            rig.axes[name].move_to(angle)


def arrive(rig: Rig, shot: Shot, settling: Settling) -> Settled:
    """Pose and focus of the first shot of a position, and the rig still. Raises HardwareError."""
    move(rig, shot.position)
    bring_into_focus(rig, shot.focus, None)
    return settling.wait(rig.camera)


def slices(rig: Rig, shots: tuple[Shot, ...], settling: Settling, between: Callable[[], None]) -> Iterator[Slice]:
    """The slices of one position, in the order of `shots`, each yielded as soon as it is taken; `arrive` comes before.

    `between` is called before every shot and may wait (pause) or raise (cancel). The last slice is given away only once
    the controller has confirmed that nothing moved meanwhile. Raises PositionLost, HardwareError.
    """
    last = shots[0].focus
    for shot in shots:
        between()
        if shot.focus != last:
            bring_into_focus(rig, shot.focus, last)
            if rig.focus.facts.drive == "rail":
                settling.wait(rig.camera)
            last = shot.focus
        slice_ = _expose(rig, shot)
        _stand(rig, asked=shot is shots[-1])
        yield slice_


def bring_into_focus(rig: Rig, focus: FocusPosition, last: FocusPosition | None) -> None:
    """Drive the focus from `last` (None: from anywhere) to `focus`; a lens always arrives from the near side."""
    facts = rig.focus.facts
    if facts.drive == "fixed":
        return
    if facts.drive == "lens" and (last is None or focus > last):
        rig.focus.move_to(min(focus + REWIND, facts.near))
    rig.focus.move_to(focus)


def _stand(rig: Rig, *, asked: bool) -> None:
    """Every axis is where it was left, as far as is known; `asked`: the controller says so now."""
    for axis in rig.axes.values():
        if asked or axis.angle is None:
            axis.confirm()


def focus_of(slice_: Slice, shot: Shot) -> FocusPosition:
    """Where the focus drive stood for a slice: as it reported, else as asked."""
    return shot.focus if slice_.focus is None else slice_.focus


def _expose(rig: Rig, shot: Shot) -> Slice:
    taken = rig.camera.capture()
    focus = taken.lens if rig.focus.facts.drive == "lens" else rig.focus.position
    return Slice(shot.index, taken.pixels, focus, taken.exposure_us, taken.gain, taken.taken_at)
