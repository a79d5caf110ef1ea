"""A daemon on a rig that answers at once, and waiting for what it tells."""

import threading
from collections.abc import Callable, Iterator

from scanner.capture.events import RigStatus, RunState, ScanStatus, Status
from scanner.clock import Clock, SystemClock
from scanner.config import Settings
from scanner.daemon import Daemon
from scanner.hardware.rig import Rig
from scanner.plan.scan import ScanPlan
from tests.capture.fakes import FakeRig

PLAN = ScanPlan.model_validate(
    {
        "name": "vase",
        "path": {"kind": "rings", "rings": [{"tilt_deg": 10, "count": 3}]},
        "sweep": {"near": 12, "far": 9, "count": 4},
        "settle": {"after_move_s": 0},
    }
)


def running(rig: FakeRig, settings: Settings) -> Iterator[Daemon]:
    def mirrored(settings: Settings, _clock: Clock) -> Rig:
        camera = settings.rig.camera
        rig.camera.facts = rig.camera.facts.model_copy(update={"hflip": camera.hflip, "vflip": camera.vflip})
        return rig.open()

    daemon = Daemon(settings, SystemClock(), mirrored)
    daemon.start()
    yield daemon
    rig.gate.set()
    daemon.close()


def until(daemon: Daemon, scan_id: str, done: Callable[[ScanStatus], bool]) -> ScanStatus:
    """The scan's status once `done` holds, told by the daemon's own events."""
    wait(daemon, lambda: done(daemon.scan(scan_id)))
    return daemon.scan(scan_id)


def idle(daemon: Daemon) -> RigStatus:
    """The rig once no calibration holds it."""
    wait(daemon, lambda: not daemon.status().rig.activity)
    return daemon.status().rig


def wait(daemon: Daemon, done: Callable[[], bool]) -> None:
    """Block until `done` holds; it is looked at whenever the daemon tells of a change."""
    reached = threading.Event()

    def look(_status: Status) -> None:
        if done():
            reached.set()

    unsubscribe = daemon.subscribe(look)
    try:
        assert done() or reached.wait(30), daemon.status()
    finally:
        unsubscribe()


def finished(status: ScanStatus) -> bool:
    return status.state == RunState.FINISHED


def interrupted(status: ScanStatus) -> bool:
    """Ended by a rig that failed: it can be resumed."""
    return status.state == RunState.PAUSED and status.problem is not None
