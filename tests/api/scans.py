"""Plans for the tests of the API, and waiting for their end."""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scanner.capture.calibration_data import BreathingCalibration, CalibrationPlan
from scanner.capture.events import RunState, ScanStatus, Status
from scanner.daemon import Daemon
from scanner.plan.scan import ScanPlan

FIXED = {"exposure": {"time_us": 10000, "gain": 1.0, "red_gain": 2.0, "blue_gain": 1.5}, "settle": {"after_move_s": 0}}

SMALL = {
    "name": "Small vase",
    "path": {"kind": "rings", "rings": [{"count": 2}]},
    "sweep": {"near": 9, "far": 8, "count": 2},
    "output": {"depth": True},
}
SMALL_PLAN = ScanPlan.model_validate({**SMALL, **FIXED})

LONG_PLAN = ScanPlan.model_validate(
    {
        **SMALL,
        **FIXED,
        "name": "long",
        "path": {"kind": "sphere", "count": 500},
        "stacking": {"breathing": "off"},
    }
)
"""Longer than any test."""

SMALL_CALIBRATION = CalibrationPlan(positions=2, near=12.6, far=8.2, count=5)

DEADLINE_S = 60.0


def wait_until(daemon: Daemon, reached: Callable[[Status], bool]) -> None:
    """Block until a status of `daemon` is as wanted. It is looked at here, not in the thread that tells it."""
    told: queue.Queue[Status] = queue.Queue()
    unsubscribe = daemon.subscribe(told.put)
    try:
        status = daemon.status()
        while not reached(status):
            status = told.get(timeout=DEADLINE_S)
    finally:
        unsubscribe()


def finished(daemon: Daemon, scan_id: str) -> ScanStatus:
    """The scan once it has ended."""
    wait_until(daemon, lambda _: daemon.scan(scan_id).state == RunState.FINISHED)
    return daemon.scan(scan_id)


def calibrate(daemon: Daemon) -> BreathingCalibration:
    """Measure breathing, small and quick, and wait for the end."""
    daemon.calibrations.breathing.calibrate(SMALL_CALIBRATION)
    wait_until(daemon, lambda status: not status.rig.activity)
    return daemon.calibrations.breathing.calibration()


@contextmanager
def running(daemon: Daemon) -> Iterator[str]:
    """The id of a scan that runs as long as the context, and is deleted then."""
    scan_id = daemon.start_scan(LONG_PLAN).id
    try:
        yield scan_id
    finally:
        if daemon.scan(scan_id).state != RunState.FINISHED:
            daemon.cancel(scan_id)
            finished(daemon, scan_id)
        daemon.delete(scan_id)
