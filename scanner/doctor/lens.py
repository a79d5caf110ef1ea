"""The lens, measured by what the picture shows: does it move, and for how long does it swing?"""

import math
import statistics
from dataclasses import dataclass

import numpy as np

from scanner.clock import Clock
from scanner.doctor.findings import Finding, ok, warning
from scanner.hardware.protocols import Camera, LensFacts
from scanner.slices import Plane
from scanner.units import Dioptres, Seconds

PLACES = 9
"""Lens positions that are looked at over the whole range."""

DRIVES = 3
TRIES = 2
PICTURES = 4
"""Taken once the lens rests: they show what the first one after a drive should have shown."""

REST_S = 0.5
WATCH_S = 1.2
WATCH_LOOKS = 12
VISIBLE = 1.3
"""The sharpest place must be so much sharper than the dullest: else nothing in the picture shows the lens."""

SETTLED = 0.02
"""How near to its final sharpness the picture counts as still: share of what the drive changed."""

KEPT = 0.05
"""The same for a picture that a scan may keep: its own steps are a tenth of this drive, and so is what they leave."""

NOISE = 3.0
"""Times the median second difference: five standard deviations, where there is nothing but noise."""

SHOW_HINT = "Put something with fine texture where the camera can see it sharp, in good light, and run this again."


@dataclass(frozen=True, slots=True)
class Look:
    """One small picture: how sharp, and between which times it was exposed, in seconds since the lens had arrived."""

    after: Seconds
    before: Seconds
    sharpness: float


@dataclass(frozen=True, slots=True)
class Settled:
    """When the picture stopped changing: it still changed after `moving`, and no more after `still`, seconds.

    `moving` is None where the first picture that could show it was still already.
    """

    moving: Seconds | None
    still: Seconds


def sharpness(luma: Plane) -> float:
    """Mean squared difference of neighbouring pixels, of a (height, width) plane, in grey levels squared."""
    rows = luma.astype(np.float32)
    return float(np.mean(np.square(np.diff(rows, axis=0))) + np.mean(np.square(np.diff(rows, axis=1))))


def check_lens(camera: Camera, lens: LensFacts, clock: Clock, exposure_s: Seconds, settle_ms: float) -> list[Finding]:
    """Drive the lens through its range, find how long it swings after a third of it, and whether a scan waits for it.

    `camera` must be one that calls the lens still as soon as it reports its place (lens_settle_ms = 0); `settle_ms` is
    what the config says. Raises CameraError.
    """
    facts = ok("lens", f"{lens.far:g} to {lens.near:g} D, finest step {lens.step:g} D", hardware=True)
    seen = travel(camera, lens, clock)
    sharpest = max(seen, key=lambda place: place[1])[0]
    if max(level for _, level in seen) < VISIBLE * min(level for _, level in seen):
        message = "the picture is as sharp, or as blurred, at every lens position: it cannot be told whether it moves"
        return [facts, warning("lens travel", message, SHOW_HINT, hardware=True)]
    moves = ok("lens travel", f"it moves; sharpest at about {sharpest:.1f} D", hardware=True)
    swings = [settled(drive(camera, lens, sharpest, clock), exposure_s) for _ in range(DRIVES)]
    kept = [first_is_final(camera, lens, sharpest, clock, settle_ms) for _ in range(TRIES)]
    return [facts, moves, judged(swings, kept, settle_ms)]


def travel(camera: Camera, lens: LensFacts, clock: Clock) -> list[tuple[Dioptres, float]]:
    """Sharpness at places all over the range, from near to far, at rest."""
    seen = []
    for place in np.linspace(lens.near, lens.far, PLACES):
        reported = camera.focus(float(place))
        clock.sleep(REST_S)
        seen.append((reported, sharpness(camera.look().y)))
    return seen


def drive(camera: Camera, lens: LensFacts, target: Dioptres, clock: Clock) -> list[Look]:
    """Drive the lens to `target` by a third of its range and look until it must be still.

    The first look is from before the drive, at a time below zero.
    """
    _step_aside(camera, lens, target, clock)
    looks = [Look(-1.0, -1.0, sharpness(camera.look().y))]
    camera.focus(target)
    began = clock.monotonic()
    while len(looks) <= WATCH_LOOKS or looks[-1].before < WATCH_S:
        asked = clock.monotonic() - began
        luma = camera.look().y
        looks.append(Look(asked, clock.monotonic() - began, sharpness(luma)))
    return looks


def _step_aside(camera: Camera, lens: LensFacts, target: Dioptres, clock: Clock) -> None:
    """To a third of the range beside `target`, and rest there."""
    third = (lens.near - lens.far) / 3
    camera.focus(target + third if target + third <= lens.near else target - third)
    clock.sleep(REST_S)


def settled(looks: list[Look], exposure_s: Seconds) -> Settled | None:
    """When the picture of `drive` stopped changing; None where it never does, or where the drive changes nothing.

    The second half shows the final sharpness and its noise: the second differences, which a steady drift has none of.
    """
    before, *watched = looks
    last = [look.sharpness for look in watched[len(watched) // 2 :]]
    final = statistics.median(last)
    noise = NOISE * statistics.median(np.abs(np.diff(last, 2)))
    change = abs(final - before.sharpness)
    if change <= 3 * noise:
        return None
    limit = max(SETTLED * change, noise)
    restless = [i for i, look in enumerate(watched) if abs(look.sharpness - final) > limit]
    if not restless:
        return Settled(None, watched[0].before - exposure_s)
    first = restless[-1] + 1
    if first > len(watched) // 2:
        return None
    return Settled(watched[first - 1].after, watched[first].before - exposure_s)


def first_is_final(camera: Camera, lens: LensFacts, target: Dioptres, clock: Clock, settle_ms: float) -> bool | None:
    """Whether the first picture that a scan keeps after such a drive is as sharp as those that follow.

    None where the pictures differ too much by themselves, or the drive changes too little, to tell.
    """
    _step_aside(camera, lens, target, clock)
    before = _full_sharpness(camera)
    camera.focus(target)
    clock.sleep(settle_ms / 1000)
    first = _full_sharpness(camera)
    clock.sleep(REST_S)
    last = [_full_sharpness(camera) for _ in range(PICTURES)]
    final, noise = statistics.median(last), 2 * (max(last) - min(last))
    change = abs(final - before)
    return None if change <= 3 * noise else abs(first - final) <= max(KEPT * change, noise)


def _full_sharpness(camera: Camera) -> float:
    """Of the middle of a full picture: half its width and height."""
    luma = camera.capture().pixels.y
    rows, columns = luma.shape[0] // 4, luma.shape[1] // 4
    return sharpness(luma[rows:-rows, columns:-columns])


def judged(swings: list[Settled | None], kept: list[bool | None], settle_ms: float) -> Finding:
    """What `drive` and `first_is_final` found, several times each: how long, and whether `settle_ms` covers it."""
    subject = "lens settle"
    found = [swing for swing in swings if swing is not None]
    if not found or None in kept:
        message = "the picture does not come to rest, or shows too little of the lens"
        return warning(subject, message, f"{SHOW_HINT} Avoid lamps that flicker.", hardware=True)
    swing = together(found)
    still_ms = max(0.0, swing.still * 1000)
    span = f"less than {still_ms:.0f} ms" if swing.moving is None else f"{swing.moving * 1000:.0f} to {still_ms:.0f} ms"
    message = f"the picture stops changing {span} after the lens arrives; with lens_settle_ms = {settle_ms:g} a scan's"
    if all(kept):
        return ok(subject, f"{message} first picture is as sharp as later ones", hardware=True)
    enough = math.ceil(max(still_ms, 1.2 * settle_ms) / 10) * 10
    hint = f"Set rig.camera.lens_settle_ms to {enough} in the config, and run this again."
    return warning(subject, f"{message} first picture is not yet as sharp as later ones", hint, hardware=True)


def together(swings: list[Settled]) -> Settled:
    """What all of them allow, where they agree: each narrows the other's span; else the longest."""
    moving = max((swing.moving for swing in swings if swing.moving is not None), default=None)
    still = min(swing.still for swing in swings)
    if moving is not None and still < moving:
        still = max(swing.still for swing in swings)
    return Settled(moving, still)
