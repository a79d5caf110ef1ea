"""Starting a scan once, however often the request for it arrives."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from scanner.capture.events import ScanStatus
from scanner.errors import WrongState
from scanner.plan.scan import ScanPlan

REMEMBERED = 64


class Replays:
    """Which scan each Idempotency-Key started. Of requests that arrive together, one starts and the others wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: OrderedDict[str, tuple[ScanPlan, str]] = OrderedDict()

    def start(
        self, key: str, plan: ScanPlan, start: Callable[[ScanPlan], ScanStatus], again: Callable[[str], ScanStatus]
    ) -> ScanStatus:
        """The scan that `key` started, as `again` gives it by id, else that which `start` makes of `plan`.

        Raises WrongState when the key came with another plan before, and what `start` and `again` raise; a start that
        failed is forgotten.
        """
        with self._lock:
            if key in self._started:
                first, scan_id = self._started[key]
                if first != plan:
                    raise WrongState("This Idempotency-Key came with another plan before.", "Use a new one.")
                return again(scan_id)
            scan = start(plan)
            self._started[key] = plan, scan.id
            if len(self._started) > REMEMBERED:
                self._started.popitem(last=False)
            return scan
