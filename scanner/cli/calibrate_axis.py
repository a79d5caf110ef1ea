"""`focusrig calibrate axis`: move an axis, ask how far it really went, and correct its steps."""

import argparse
import sys
from collections.abc import Iterator

from scanner.cli.calibrate_follow import Ask, ask
from scanner.cli.client import Client
from scanner.cli.exits import Exit
from scanner.daemon.setup import AxisSteps
from scanner.errors import NotFound, OutOfRange, PositionLost
from scanner.hardware.protocols import AxisFacts, AxisName
from scanner.units import Degrees

LEG: Degrees = 90.0
"""An endless axis is moved so far at most at once: then there is no doubt which way round it goes."""


def run(arguments: argparse.Namespace) -> Exit:
    """Move, ask, correct, and tell it; nothing moves where the answer is given with --turned."""
    client = Client(arguments.server)
    turned = arguments.turned
    if turned is None:
        axis = axis_of(client, arguments.axis)
        move(client, axis, arguments.by)
        turned = answered(axis, ask)
    print(in_words(client.calibrate_axis(arguments.axis, arguments.by, turned)))
    return Exit.OK


def axis_of(client: Client, name: AxisName) -> AxisFacts:
    """The facts of an axis. Raises NotFound."""
    facts = client.rig().facts
    axes = {axis.name: axis for axis in facts.axes} if facts else {}
    if name not in axes:
        raise NotFound(f"This rig has no axis {name!r}.", f"It has: {', '.join(axes) or 'none'}.")
    return axes[name]


def move(client: Client, axis: AxisFacts, by: Degrees) -> None:
    """Move on from where the axis stands. Raises OutOfRange, PositionLost, and what the daemon tells."""
    angle = client.rig().axes.get(axis.name)
    if angle is None:
        raise PositionLost(
            f"Nobody knows where the {axis.name} stands.", "Home it, or set its zero, on the page of the scanner."
        )
    for target in legs(axis, angle, by):
        print(f"{axis.name}: to {target:g} {axis.unit}", file=sys.stderr, flush=True)
        client.move_axis(axis.name, target)


def legs(axis: AxisFacts, angle: Degrees, by: Degrees) -> Iterator[Degrees]:
    """The targets on the way: onward for an endless axis; up, or else down, for one with limits. Raises OutOfRange."""
    low, high = axis.low, axis.high
    if low is None or high is None:
        count = -int(-by // LEG)
        yield from (angle + by * (leg + 1) / count for leg in range(count))
    elif angle + by <= high:
        yield angle + by
    elif angle - by >= low:
        yield angle - by
    else:
        raise OutOfRange(
            f"From {angle:g} {axis.unit} the {axis.name} can go {high - angle:g} {axis.unit} up "
            f"and {angle - low:g} {axis.unit} down.",
            f"Give a smaller --by, or move it to one of its ends first: then it can go {high - low:g} {axis.unit}.",
        )


def answered(axis: AxisFacts, asking: Ask) -> Degrees:
    """What a person measured, asked again until it is a number."""
    straight = axis.unit == "mm"
    verb, unit = ("move", "millimetres") if straight else ("turn", "degrees")
    question = f"How far did it {verb}? ({unit})"
    while True:
        try:
            turned = float(asking(question).replace(",", "."))
        except ValueError:
            turned = 0.0
        if 0 < turned <= 36000:
            return turned
        question = f"A number of {unit}, please, such as 352.4:"


def in_words(steps: AxisSteps) -> str:
    """Before, after, and what comes next."""
    unit = "millimetre" if steps.name == "focus" else "degree"
    return (
        f"{steps.name}: {steps.before:.6g} steps a {unit} before, {steps.after:.6g} now "
        f"({steps.after / steps.before - 1:+.2%}).\n"
        "The rig was opened anew: home its axes, or set their zero, before the next picture."
    )
