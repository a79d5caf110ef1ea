"""`focusrig calibrate breathing`: measure, on a running daemon, how the picture grows as the lens focuses nearer."""

import argparse

from pydantic import ValidationError

from scanner.capture.calibration_data import BreathingCalibration, CalibrationPlan
from scanner.cli.calibrate_follow import through
from scanner.cli.client import Client
from scanner.cli.exits import Exit
from scanner.clock import Clock, SystemClock
from scanner.errors import PlanError
from scanner.validation import complaints, sentence


def run(arguments: argparse.Namespace) -> Exit:
    """Calibrate and say what came out; Ctrl-C cancels."""
    return calibrate(Client(arguments.server), plan_of(arguments), SystemClock())


def plan_of(arguments: argparse.Namespace) -> CalibrationPlan:
    """The plan that the command line gives. Raises PlanError."""
    given = {key: getattr(arguments, key) for key in ("positions", "near", "far", "count")}
    try:
        return CalibrationPlan.model_validate({key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        found = sentence(complaints(error, CalibrationPlan))
        raise PlanError(found, "focusrig calibrate breathing --help says what can be given.") from error


def calibrate(client: Client, plan: CalibrationPlan, clock: Clock) -> Exit:
    """Begin, follow to the end, and tell it."""
    ended = through(client, lambda: client.calibrate(plan), lambda: client.breathing().measured_at, clock)
    if ended == Exit.OK:
        print(in_words(client.breathing()))
    return ended


def in_words(found: BreathingCalibration) -> str:
    """What was measured, as a person says it; growth is that of the scale in the middle of the sweep."""
    sweep = found.sweep
    growth = 1 / (found.power - (sweep.near + sweep.far) / 2)
    outliers = f", {found.outliers} of them passed over" if found.outliers else ""
    return "\n".join(
        (
            f"Breathing of {found.camera}:",
            f"  the picture {'grows' if growth > 0 else 'shrinks'} by {abs(growth):.3%} a dioptre towards near, "
            f"known to {found.scale_error_ppm:.0f} ppm a dioptre",
            f"  {found.slices} slices at {found.positions} positions, {sweep.near:.2f} to {sweep.far:.2f} D{outliers}",
            f"  what is left of their places: {found.residual_px:.2f} px",
            "New scans with this camera use it.",
        )
    )
