"""The REST API as a client sees it, with the standard library alone."""

import http.client
import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from scanner.capture.calibration_data import BreathingCalibration, CalibrationPlan
from scanner.capture.events import RigStatus, ScanStatus
from scanner.capture.focus_scale import FocusCalibration
from scanner.cli.output import in_words
from scanner.daemon.setup import AxisSteps
from scanner.delivery.profiles import Profile
from scanner.errors import FocusrigError, RigBusy
from scanner.hardware.protocols import AxisName
from scanner.plan.scan import ScanPlan
from scanner.units import Degrees, Millimetres, Seconds

TIMEOUT_S = 30.0
MOVE_TIMEOUT_S = 300.0
PREFIX = "/api/v1"
CALIBRATION = f"{PREFIX}/calibration"
BREATHING = f"{CALIBRATION}/breathing"
FOCUS = f"{CALIBRATION}/focus"


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
        self._call("POST", f"{CALIBRATION}/cancel")

    def breathing(self) -> BreathingCalibration:
        """What is known of the camera in use."""
        return BreathingCalibration.model_validate(self._call("GET", BREATHING))

    def calibrate_focus(self, distance_mm: Millimetres) -> RigStatus:
        """Begin to measure a target for the focus scale."""
        return RigStatus.model_validate(self._call("POST", FOCUS, {"distance_mm": distance_mm}))

    def focus_scale(self) -> FocusCalibration:
        """What is known of the lens in use."""
        return FocusCalibration.model_validate(self._call("GET", FOCUS))

    def forget_focus_scale(self) -> None:
        """From then on distances are uncalibrated."""
        self._call("DELETE", FOCUS)

    def move_axis(self, name: AxisName, angle: Degrees) -> RigStatus:
        """Move an axis; returns when it stands still."""
        answer = self._call("PUT", f"{PREFIX}/rig/axes/{name}", {"angle": angle}, MOVE_TIMEOUT_S)
        return RigStatus.model_validate(answer)

    def calibrate_axis(self, name: AxisName, commanded: Degrees, turned: Degrees) -> AxisSteps:
        """Correct the steps of an axis by how far it went; the rig is opened anew."""
        body = {"commanded": commanded, "turned": turned}
        return AxisSteps.model_validate(self._call("POST", f"{CALIBRATION}/axes/{name}", body, MOVE_TIMEOUT_S))

    def archive_url(self, scan_id: str, profile: Profile = "metashape") -> str:
        """Where the zip for photogrammetry can be downloaded."""
        wanted = "" if profile == "metashape" else f"?profile={profile}"
        return f"{self.url}{PREFIX}/scans/{scan_id}/stacks.zip{wanted}"

    def _call(  # JSON is anything
        self, method: str, path: str, body: object = None, timeout_s: Seconds = TIMEOUT_S
    ) -> Any:  # noqa: ANN401
        connection = http.client.HTTPConnection(*self._address, timeout=timeout_s)
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
