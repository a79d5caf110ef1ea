"""`focusrig calibrate breathing`: measure, on a running daemon, how the picture grows as the lens focuses nearer."""

import argparse
import sys
from datetime import datetime

from pydantic import ValidationError

from scanner.capture.calibration_data import BreathingCalibration, CalibrationPlan
from scanner.capture.events import RigStatus
from scanner.cli.client import Client, Unreachable
from scanner.cli.exits import Exit
from scanner.cli.output import print_error
from scanner.clock import Clock, SystemClock
from scanner.errors import FocusrigError, NotFound, PlanError
from scanner.validation import complaints, sentence

POLL_S = 0.5
PATIENCE_S = 60.0
STOPPED = FocusrigError("The scanner was stopped or restarted before the calibration was over.", "Calibrate again.")


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
        raise PlanError(found, "focusrig calibrate --help says what can be given.") from error


def calibrate(client: Client, plan: CalibrationPlan, clock: Clock) -> Exit:
    """Begin, follow to the end, and tell it."""
    before = measured_at(client)
    try:
        rig, lost = follow(client, client.calibrate(plan), clock)
    except KeyboardInterrupt:
        client.cancel_calibration()
        print("The calibration is cancelled; what was known before stays.", file=sys.stderr)
        return Exit.INTERRUPTED
    if rig.problem:
        print_error(FocusrigError(rig.problem.message, rig.problem.hint))
        return Exit.FAILED
    if measured_at(client) == before:
        print_error(STOPPED if lost else FocusrigError("The calibration was cancelled."))
        return Exit.FAILED
    print(in_words(client.breathing()))
    return Exit.OK


def measured_at(client: Client) -> datetime | None:
    """When breathing was measured last; None when it was not."""
    try:
        return client.breathing().measured_at
    except NotFound:
        return None


def follow(client: Client, rig: RigStatus, clock: Clock) -> tuple[RigStatus, bool]:
    """Show each step until the calibration is over; a connection that is lost for a while is no end.

    Returns the rig then, and whether the connection was lost: a scanner that starts anew does not calibrate any more.
    """
    told, heard, lost = "", clock.monotonic(), False
    while rig.activity:
        if rig.activity != told:
            told = rig.activity
            print(told, file=sys.stderr, flush=True)
        clock.sleep(POLL_S)
        try:
            rig, heard = client.rig(), clock.monotonic()
        except Unreachable:
            lost = True
            if clock.monotonic() - heard > PATIENCE_S:
                raise
    return rig, lost


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
