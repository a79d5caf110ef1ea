"""`focusrig serve --demo`: one small scan, from start to zip, told on the terminal."""

import queue
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from scanner.capture.events import FinishReason, RunState, ScanStatus, Status
from scanner.cli.output import ProgressBar, duration, print_error
from scanner.daemon import DEMO_PLAN, Daemon
from scanner.errors import FocusrigError
from scanner.plan.scan import ScanPlan
from scanner.units import Seconds

RIG_S: Seconds = 30.0
"""Without any news of the rig for so long, it is not waited for any more."""


class Demo:
    """Starts the scan when there is none yet, and follows it in a thread of its own until it ends or the context."""

    def __init__(self, daemon: Daemon, plan: ScanPlan = DEMO_PLAN) -> None:
        self._daemon = daemon
        self._plan = plan
        self._updates: queue.Queue[Status | None] = queue.Queue()
        self._thread = threading.Thread(target=self._follow, name="demo")

    def __enter__(self) -> Self:
        if self._daemon.scans():
            print("There are scans already, so no demo scan is started.", flush=True)
            return self
        self._unsubscribe = self._daemon.subscribe(self._updates.put)
        self._wait_for_rig()
        self._scan_id = self._daemon.start_scan(self._plan).id
        print(f"Demo scan {self._scan_id}: {len(self._plan.positions())} positions", flush=True)
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._updates.put(None)
        self.join()

    def join(self) -> None:
        """Block until the demo scan, if one was started, has ended and been told of."""
        if self._thread.ident is not None:
            self._thread.join()

    def _wait_for_rig(self) -> None:
        """A busy machine may still be opening it."""
        with suppress(queue.Empty):
            while self._daemon.status().rig.facts is None:
                self._updates.get(timeout=RIG_S)

    def _follow(self) -> None:
        bar = ProgressBar()
        try:
            while (status := self._updates.get()) is not None:
                if status.scan is None or status.scan.id != self._scan_id:
                    continue
                bar.show(status.scan.stacked, status.scan.positions_total, _words(status.scan))
                if status.scan.state == RunState.FINISHED:
                    bar.end()
                    self._tell_end(status.scan)
                    return
        finally:
            bar.end()
            self._unsubscribe()

    def _tell_end(self, scan: ScanStatus) -> None:
        if scan.reason != FinishReason.COMPLETED:
            print(f"The demo scan ended: {scan.problem.message if scan.problem else scan.reason}", flush=True)
            return
        try:
            path = self._daemon.files.export(scan.id)
        except FocusrigError as error:
            print_error(error)
            return
        print(f"Images for photogrammetry, {scan.stacked} of them: {path.resolve()}", flush=True)


def _words(scan: ScanStatus) -> str:
    eta = f", {duration(scan.eta_s)} left" if scan.eta_s is not None else ""
    return f"{scan.activity}{eta}"
