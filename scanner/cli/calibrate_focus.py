"""`focusrig calibrate focus`: what the lens scale means, measured on targets at known distances."""

import argparse
import sys
from functools import partial

import numpy as np

from scanner.capture.events import FocusScale
from scanner.capture.focus_scale import FocusCalibration
from scanner.cli.calibrate_follow import Ask, ask, through
from scanner.cli.client import Client
from scanner.cli.exits import Exit
from scanner.cli.output import print_error
from scanner.clock import Clock, SystemClock
from scanner.errors import FocusrigError
from scanner.hardware.protocols import FocusFacts
from scanner.units import Dioptres, Millimetres

USAGE = "focusrig calibrate focus --help says more."
SHOWN = 5
"""Lens positions whose distance is told."""


def run(arguments: argparse.Namespace) -> Exit:
    """Measure the targets that are asked for, or forget what is known."""
    if wrong := misuse(arguments.distances, yes=arguments.yes, forget=arguments.forget):
        print_error(FocusrigError(wrong, USAGE))
        return Exit.USAGE
    client = Client(arguments.server)
    if arguments.forget:
        client.forget_focus_scale()
        print("The focus scale is forgotten: distances are uncalibrated from now on.")
        return Exit.OK
    return calibrate(client, arguments.distances, None if arguments.yes else ask, SystemClock())


def misuse(distances: list[Millimetres], *, yes: bool, forget: bool) -> str:
    """What is wrong with the arguments together; "" where nothing is."""
    if forget:
        return "--forget goes without distances." if distances else ""
    if not distances:
        return "Give the distance of a target, in millimetres."
    return "--yes takes one distance: nobody moves the target in between." if yes and len(distances) > 1 else ""


def calibrate(client: Client, distances: list[Millimetres], asking: Ask | None, clock: Clock) -> Exit:
    """Measure one target after the other and say what came out. `asking` None: the target stands there already."""
    for distance in distances:
        if asking:
            asking(f"Put the target {distance:g} mm before the lens, then press Enter.")
        ended = through(
            client,
            partial(client.calibrate_focus, distance),
            lambda: client.focus_scale().measured_at,
            clock,
        )
        if ended != Exit.OK:
            return ended
        print(told(client.focus_scale(), distance), file=sys.stderr)
    facts = client.rig().facts
    print(in_words(client.focus_scale(), None if facts is None else facts.focus))
    return Exit.OK


def told(found: FocusCalibration, distance: Millimetres) -> str:
    """What was just measured."""
    point = min(found.points, key=lambda each: abs(each.distance_mm - distance))
    return f"at {point.distance_mm:g} mm the lens is sharpest at {point.focus:.2f} D"


def in_words(found: FocusCalibration, lens: FocusFacts | None) -> str:
    """What is known, as a person says it; distances for some lens positions of `lens`."""
    lines = [f"{found.camera}:"]
    lines += [f"  {point.distance_mm:g} mm: sharpest at {point.focus:.2f} D" for point in found.points]
    scale = found.scale
    if scale is None or found.residual is None:
        return "\n".join([*lines, "One more distance is needed, well nearer or farther: two make the scale."])
    lines.append(f"  the lens shows {scale.slope:.3f} x 1000 mm / distance {scale.offset:+.2f} D")
    proof = f"the targets lie within {found.residual:.2f} D of that"
    lines.append(f"  {proof if len(found.points) > 2 else 'a third distance would prove it'}")
    if lens and lens.drive == "lens":
        lines += [f"  {at:g} D: {away(at, scale)}" for at in np.linspace(lens.near, lens.far, SHOWN).tolist()]
    return "\n".join(lines)


def away(lens: Dioptres, scale: FocusScale) -> str:
    """The distance at which a lens position is sharp."""
    true = (lens - scale.offset) / scale.slope
    return "infinity" if true < 0.05 else f"{1000 / true:.0f} mm"
