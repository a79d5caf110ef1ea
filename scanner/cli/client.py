"""The REST API as a client sees it, with the standard library alone."""

import http.client
import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from scanner.capture.calibration_data import BreathingCalibration, CalibrationPlan
from scanner.capture.events import RigStatus, ScanStatus
from scanner.cli.output import in_words
from scanner.errors import FocusrigError, RigBusy
from scanner.plan.scan import ScanPlan

TIMEOUT_S = 30.0
PREFIX = "/api/v1"
BREATHING = f"{PREFIX}/calibration/breathing"


class Client:
    """A running daemon at `url`. Every call raises FocusrigError, of the kind the daemon names."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url if "//" in url else f"//{url}", scheme="http")
        try:
            self._address = (parts.hostname or "", parts.port or 8080)
        except ValueError:
            self._address = ("", 0)
        if parts.scheme != "http" or not self._address[0]:
            raise FocusrigError(f"{url!r} is not the address of a scanner.", "For example http://focusrig.local:8080")
        self.url = f"http://{parts.netloc.rpartition('@')[2]}"

    def start_scan(self, plan: ScanPlan) -> ScanStatus:
        """Start a scan."""
        return ScanStatus.model_validate(self._call("POST", f"{PREFIX}/scans", plan.model_dump(mode="json")))

    def scan(self, scan_id: str) -> ScanStatus:
        """How far a scan is."""
        return ScanStatus.model_validate(self._call("GET", f"{PREFIX}/scans/{scan_id}"))

    def rig(self) -> RigStatus:
        """Where the rig stands."""
        return RigStatus.model_validate(self._call("GET", f"{PREFIX}/rig"))

    def calibrate(self, plan: CalibrationPlan) -> RigStatus:
        """Begin to measure breathing."""
        return RigStatus.model_validate(self._call("POST", BREATHING, plan.model_dump(mode="json")))

    def cancel_calibration(self) -> None:
        """End the calibration that runs."""
        self._call("POST", f"{PREFIX}/calibration/cancel")

    def breathing(self) -> BreathingCalibration:
        """What is known of the camera in use."""
        return BreathingCalibration.model_validate(self._call("GET", BREATHING))

    def archive_url(self, scan_id: str) -> str:
        """Where the stacked images can be downloaded."""
        return f"{self.url}{PREFIX}/scans/{scan_id}/stacks.zip"

    def _call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  JSON is anything
        connection = http.client.HTTPConnection(*self._address, timeout=TIMEOUT_S)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"Content-Type": "application/json"} if content else {})
            answer = connection.getresponse()
            status, document = answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(self.url, error) from error
        except ValueError as error:
            raise FocusrigError(f"{self.url} answers, but not as a scanner does.", "Check the address.") from error
        finally:
            connection.close()
        if status >= HTTPStatus.BAD_REQUEST:
            raise self._error(document)
        return document

    def _error(self, problem: object) -> FocusrigError:
        if not isinstance(problem, dict):
            return FocusrigError(f"{self.url} answers, but not as a scanner does.", "Check the address.")
        code, message, hint = (str(problem.get(key, "")) for key in ("code", "detail", "hint"))
        if code == RigBusy.code and "scan" in problem:
            return RigBusy(message, f"{hint} See {self.url}{problem['scan']}".strip())
        kind = next((kind for kind in _kinds(FocusrigError) if kind.code == code), FocusrigError)
        return kind(message, hint)


class Unreachable(FocusrigError):
    """No scanner answers."""

    code = "unreachable"

    def __init__(self, url: str, error: Exception) -> None:
        super().__init__(
            f"No scanner answers at {url}: {in_words(error)}.", "Start it with focusrig serve, or give --server."
        )


def _kinds(parent: type[FocusrigError]) -> Iterator[type[FocusrigError]]:
    for kind in parent.__subclasses__():
        yield kind
        yield from _kinds(kind)
