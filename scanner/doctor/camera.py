"""The camera, opened: what it is, how fast it is, what its lamp does, how its lens settles."""

from collections.abc import Iterator, Mapping

import numpy as np

from scanner.clock import Clock
from scanner.doctor.findings import Finding, failed, ok, warning
from scanner.doctor.lens import check_lens
from scanner.doctor.machine import buffers_need, check_contiguous
from scanner.errors import HardwareError
from scanner.hardware.protocols import Camera, CameraFacts, Light
from scanner.hardware.settings import RigSettings

BUFFERS = 3
"""Full pictures that a Pi camera holds at a time."""

PICTURES = 6
LIT = 1.1
"""A lamp makes the picture so much brighter, at least."""


def check_camera(
    camera: Camera, rig: RigSettings, clock: Clock, memory: Mapping[str, int], light: Light | None
) -> Iterator[Finding]:
    """Everything about an open camera, one finding at a time, as they are found; what fails ends it.

    `memory`: /proc/meminfo from before it was opened. `light`: the lamp, on; off when this ends.
    """
    try:
        yield from _found(camera, rig, clock, memory, light)
    except HardwareError as error:
        yield failed("camera", error)


def _found(
    camera: Camera, rig: RigSettings, clock: Clock, memory: Mapping[str, int], light: Light | None
) -> Iterator[Finding]:
    facts = camera.facts
    yield _what(facts)
    if rig.kind == "pi" and rig.camera.driver == "picamera2":
        need = buffers_need(facts.width, facts.height, BUFFERS, rgb=rig.camera.format == "RGB888")
        yield from check_contiguous(memory, need)
    look = camera.lock(None)
    yield ok("exposure", f"{look.time_us / 1000:.1f} ms at gain {look.gain:.1f}, measured and locked", hardware=True)
    yield _rate(camera, clock)
    if facts.lens is not None:
        yield from check_lens(camera, facts.lens, clock, look.time_us * 1e-6, rig.camera.lens_settle_ms)
    elif rig.focus.drive == "lens":
        hint = "Use a camera with a lens drive, or a rail (rig.focus.drive = rail); else each position has one slice."
        yield warning("lens", "fixed focus", hint, hardware=True)
    else:
        yield ok("lens", "fixed focus", hardware=True)
    if light is not None:
        yield check_lamp(camera, light)


def _what(facts: CameraFacts) -> Finding:
    known = facts.serial or "without a serial number: its calibrations are kept by its model"
    return ok("camera", f"{facts.model}, {facts.width} x {facts.height} pixels, {known}", hardware=True)


def _rate(camera: Camera, clock: Clock) -> Finding:
    """How many full pictures a second a scan gets, each exposed after it was asked for."""
    camera.capture()
    began = clock.monotonic()
    for _ in range(PICTURES):
        camera.capture()
    seconds = (clock.monotonic() - began) / PICTURES
    return ok("frame rate", f"{1 / max(seconds, 1e-6):.1f} full pictures a second", hardware=True)


def check_lamp(camera: Camera, light: Light) -> Finding:
    """Whether the camera sees the lamp, which is on, and off afterwards. Raises HardwareError."""
    lit = _brightness(camera)
    light.set(0.0)
    dark = _brightness(camera)
    if lit < LIT * dark:
        hint = "Check the lamp, its supply, its pin and rig.motion.light in the config."
        return warning("light", "the picture is no brighter with the lamp on", hint, hardware=True)
    return ok("light", f"the picture goes from {dark:.0f} to {lit:.0f} of 255 with the lamp on", hardware=True)


def _brightness(camera: Camera) -> float:
    """Mean grey level of a picture exposed from now on, 0 to 255."""
    return float(np.mean(camera.look().y))
