"""One position: move, settle, then for each shot focus and expose."""

from collections.abc import Callable, Iterator

from scanner.clock import Clock
from scanner.errors import FixedFocus
from scanner.hardware.protocols import LensFacts
from scanner.hardware.rig import Rig
from scanner.slices import Position, Shot, Slice
from scanner.units import Dioptres, Seconds

REWIND: Dioptres = 0.5
"""How far past the first lens position the lens goes before a sweep, so that every position is reached from the near
side: a voice coil has hysteresis."""


def lens_drive(rig: Rig) -> LensFacts:
    """The lens drive that a sweep needs. Raises FixedFocus."""
    lens = rig.camera.facts.lens
    if lens is None:
        raise FixedFocus(
            "This camera has fixed focus, so a sweep cannot be captured.", "Use a module with a lens drive."
        )
    return lens


def move(rig: Rig, position: Position) -> None:
    """Bring the object into the pose of `position`. Raises MotionError."""
    for name, angle in (("turntable", position.turntable), ("tilt", position.tilt)):
        if name in rig.axes:
            rig.axes[name].move_to(angle)


def slices(
    rig: Rig, shots: tuple[Shot, ...], settle_s: Seconds, clock: Clock, between: Callable[[], None]
) -> Iterator[Slice]:
    """The slices of one position, in the order of `shots`, each yielded as soon as it is taken.

    `between` is called before every shot and may wait (pause) or raise (cancel). Raises HardwareError.
    """
    lens = lens_drive(rig)
    move(rig, shots[0].position)
    clock.sleep(settle_s)
    last: Dioptres | None = None
    for shot in shots:
        between()
        if last is None or shot.lens > last:
            rig.camera.focus(rewound(shot.lens, lens))
        rig.camera.focus(shot.lens)
        last = shot.lens
        yield _expose(rig, shot)


def rewound(lens: Dioptres, facts: LensFacts) -> Dioptres:
    """Where the lens goes first to reach `lens` from the near side, within its range."""
    return min(lens + REWIND, facts.near)


def lens_of(slice_: Slice, shot: Shot) -> Dioptres:
    """Where the lens stood for a slice: as its frame reported, else as asked."""
    return shot.lens if slice_.lens is None else slice_.lens


def _expose(rig: Rig, shot: Shot) -> Slice:
    taken = rig.camera.capture()
    return Slice(shot.index, taken.pixels, taken.lens, taken.exposure_us, taken.gain, taken.taken_at)
