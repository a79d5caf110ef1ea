"""A DSLR that is connected: every call under a deadline, and the way back when it stops answering.

libgphoto2 blocks (a Nikon's capture is a loop without end until the camera reports its picture), and a call that hangs
cannot be ended from outside. Each call therefore runs on a thread of its own, which is waited for no longer than its
deadline; then the call is asked to cancel. One that does not come back even then keeps its thread and the camera: only
a new process helps, and RigLost says so. The guard stands behind that for the few calls in which the binding keeps the
interpreter's lock (looking for cameras, deleting, leaving): no Python thread could notice that they hang.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from scanner.errors import CameraTimeout, ConfigError, HardwareError, HardwareMissing, RigLost
from scanner.hardware.gphoto2_body import PLUG_IN, Body, Library, Refused, in_words
from scanner.hardware.gphoto2_exposure import serial_of
from scanner.hardware.guard import Guard
from scanner.hardware.settings import CameraSettings
from scanner.units import Seconds

CONNECT = 3
"""Finding and connecting may take as long as this many other calls: the library loads what it knows of a thousand
cameras, and the camera lists all that it has."""

T = TypeVar("T")
log = logging.getLogger(__name__)


class Session:
    """The camera that `settings` choose. Only one thread may call it.

    `model`, `serial`: of the camera. `connections` grows with each new connection: dials begin from what the camera
    kept. `exposure_s`: of the next picture, as far as known. Raises HardwareMissing, ConfigError, CameraTimeout,
    RigLost, CameraError.
    """

    def __init__(self, library: Library, settings: CameraSettings, guard: Guard) -> None:
        self._library = library
        self._settings = settings
        self._guard = guard
        self._cancelling = threading.Event()
        self._context = library.Context()
        self._callback = self._context.set_cancel_func(self._cancelled, None)  # lives as long as this is held
        self._hangs = ""
        self._body: Body | None = None
        self._closed = False
        self.model = ""
        self.serial = ""
        self.connections = 0
        self.exposure_s: Seconds = 0.0
        self._connect()

    def call(self, what: str, action: Callable[[Body], T]) -> T:
        """One call of the camera. `what`: words that follow "could not". Raises CameraTimeout, Refused,
        HardwareMissing, RigLost."""
        body = self._body
        if body is None:
            raise HardwareMissing("The camera is not connected.", PLUG_IN)
        # Noise reduction of long exposures takes as long as the exposure itself.
        return self._limited(what, lambda: action(body), self._settings.timeout_s + 2 * self.exposure_s)

    def persist(self, attempt: Callable[[], T]) -> T:
        """Several calls that belong together; once more on a new connection where one of them fails.

        Raises HardwareMissing for a camera that is gone, Refused, RigLost where it does not answer even then.
        """
        try:
            return attempt()
        except (CameraTimeout, Refused, HardwareMissing) as error:
            log.warning("%s Connecting anew.", error.message)
        if self._closed:
            raise HardwareMissing("The camera was closed.", "Open the rig again.")
        try:
            self._disconnect()
            self._connect()
            return attempt()
        except CameraTimeout as error:
            raise RigLost(
                f"{error.message} Connecting anew did not help.", "Switch the camera off and on, check its USB cable."
            ) from error

    def close(self) -> None:
        """Calling it twice is harmless; a camera that cannot even be left is only reported."""
        self._closed = True
        self._disconnect()

    # --------------------------------------------------------------- finding

    def _connect(self) -> None:
        found = self._limited("look for cameras", self._detect, CONNECT * self._settings.timeout_s)
        if not found:
            raise HardwareMissing("No DSLR is there.", PLUG_IN)
        wanted = self._settings.serial
        if wanted is None and len(found) > 1:
            self._ask_which(found)
        for model, port in found:
            if self._is_wanted(port, alone=len(found) == 1):
                self.model = model
                self.connections += 1
                return
        names = ", ".join(f"{model} at {port}" for model, port in found)
        raise HardwareMissing(
            f"No camera has the serial number {wanted!r}; there are: {names}.", "Correct rig.camera.serial."
        )

    def _is_wanted(self, port: str, *, alone: bool) -> bool:
        """Connect the camera at `port`, and keep it when it is the one that the settings ask for."""
        body, serial = self._meet(port)
        if self._settings.serial in (None, serial) or (alone and not serial):
            self._body, self.serial = body, serial or self._settings.serial or ""
            return True
        self._leave(body)
        return False

    def _meet(self, port: str) -> tuple[Body, str]:
        seconds = CONNECT * self._settings.timeout_s
        body = self._limited("connect", lambda: Body(self._library, port, self._context), seconds)
        return body, self._limited("read the serial number", lambda: serial_of(body), self._settings.timeout_s)

    def _ask_which(self, found: list[tuple[str, str]]) -> None:
        told = []
        for model, port in found:
            body, serial = self._meet(port)
            told.append(f"{model} ({serial or 'no serial number'})")
            self._leave(body)
        raise ConfigError(
            f"Several cameras are there: {', '.join(told)}.", "Set rig.camera.serial to that of the one to use."
        )

    def _detect(self) -> list[tuple[str, str]]:
        """Model and port of each camera."""
        found = self._library.Camera.autodetect(self._context)
        return [(str(found.get_name(index)), str(found.get_value(index))) for index in range(found.count())]

    def _leave(self, body: Body) -> None:
        try:
            self._limited("close", body.leave, self._settings.timeout_s)
        except HardwareError as error:
            log.warning("the camera could not be left: %s", error)

    def _disconnect(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            self._leave(body)

    # ------------------------------------------------------------- deadlines

    def _limited(self, what: str, action: Callable[[], T], seconds: Seconds) -> T:
        if self._hangs:
            raise _lost(self._hangs)
        with self._guard.limit(seconds + 2 * self._settings.timeout_s, f"The camera's call to {what}"):
            return self._waited(what, action, seconds)

    def _waited(self, what: str, action: Callable[[], T], seconds: Seconds) -> T:
        answer: Future[T] = Future()
        threading.Thread(target=_answer, args=(answer, action), name=f"camera: {what}", daemon=True).start()
        try:
            return answer.result(timeout=seconds)
        except TimeoutError:
            self._cancel(answer, what)
            raise CameraTimeout(
                f"The camera did not {what} within {seconds:.1f} s.",
                "Raise rig.camera.timeout_s if it is slow; else " + PLUG_IN[0].lower() + PLUG_IN[1:],
            ) from None
        except self._library.GPhoto2Error as error:
            raise in_words(what, error.code, error.string) from error
        finally:
            del answer  # it holds an error, whose traceback holds it, and the connection, which must go when it is left

    def _cancel(self, answer: Future[T], what: str) -> None:
        """Ask a call that is late to end. Raises RigLost where it does not."""
        self._cancelling.set()
        try:
            answer.exception(timeout=self._settings.timeout_s)
        except TimeoutError:
            self._hangs = what
            raise _lost(what) from None
        self._cancelling.clear()

    def _cancelled(self, _context: object, _data: object) -> Any:  # noqa: ANN401  a constant of the library
        """Asked by libgphoto2 now and then in the course of a call."""
        late = self._cancelling.is_set()
        return self._library.GP_CONTEXT_FEEDBACK_CANCEL if late else self._library.GP_CONTEXT_FEEDBACK_OK


def _answer(answer: Future[T], action: Callable[[], T]) -> None:
    try:
        answer.set_result(action())
    except BaseException as error:  # noqa: BLE001  the thread that waits raises it
        answer.set_exception(error)
    finally:
        del answer, action


def _lost(what: str) -> RigLost:
    return RigLost(
        f"The camera hangs: it was to {what}, and does not come back.",
        "The daemon has to start anew; switch the camera off and on if that does not help.",
    )
