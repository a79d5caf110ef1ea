"""What picamera2 itself does that the driver has to live with. Where one of these fails, picamera2 has changed."""

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any

import pytest

from tests.libcamera.cameras import BUFFERS, Bench, VirtualCamera

LONG_S = 1.0
"""A stop that returns does so within a frame or two."""
PATIENCE_S = 10.0
"""For what must come, on a machine that is busy."""


class Call:
    """A call on a thread of its own, since it may never return."""

    def __init__(self, call: Callable[[], object]) -> None:
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, args=(call,), daemon=True)
        self._thread.start()

    def returned(self, seconds: float = LONG_S) -> bool:
        """Whether it has, after so long at most."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self, call: Callable[[], object]) -> None:
        try:
            call()
        except CancelledError as error:
            self.error = error


def time_out(camera: VirtualCamera) -> list[Any]:
    """Let a job time out, and leave it where it is. Returns the frames that were taken for that."""
    held = [camera.capture_request(wait=1.0) for _ in range(BUFFERS)]
    with pytest.raises(TimeoutError):
        camera.capture_request(wait=0.1)
    return held


def test_stopping_waits_for_ever_behind_a_job_that_timed_out(bench: Bench) -> None:
    with bench.bare() as camera:
        held = time_out(camera)
        stop = Call(camera.stop)
        assert not stop.returned()
        for request in held:
            request.release()  # frames come again, and the job that nobody waits for takes the first
        assert stop.returned(PATIENCE_S)


def test_stopping_returns_once_such_a_job_is_cancelled(bench: Bench) -> None:
    with bench.bare() as camera:
        held = time_out(camera)
        camera.cancel_all_and_flush()
        assert Call(camera.stop).returned(PATIENCE_S)
        for request in held:
            request.release()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_stopping_waits_for_ever_for_an_event_loop_that_ended_but_closing_does_not(bench: Bench) -> None:
    with bench.bare() as camera:
        camera.end_event_loop()
        with pytest.raises(TimeoutError):
            camera.capture_request(wait=0.3)
        camera.cancel_all_and_flush()
        stop = Call(camera.stop)
        assert not stop.returned()
        camera.cancel_all_and_flush()
        assert stop.returned(PATIENCE_S)
        assert isinstance(stop.error, CancelledError)
        assert not isinstance(stop.error, OSError | RuntimeError)
        assert Call(camera.close).returned(PATIENCE_S)


class Interrupted(VirtualCamera):
    """Something is set at the very instant when a frame goes back to libcamera and takes the controls with it."""

    instant: Callable[[], None] | None = None

    @property
    def controls(self) -> object:
        return self._present

    @controls.setter
    def controls(self, fresh: object) -> None:
        instant, self.instant = self.instant, None
        if instant is not None:
            instant()
        self._present = fresh


def test_a_control_that_is_set_while_a_frame_goes_back_is_lost() -> None:
    with Bench(Interrupted).bare() as camera:
        done = threading.Event()

        def set_one() -> None:
            camera.set_controls({"FrameDurationLimits": (20_000, 20_000)})
            assert "FrameDurationLimits" in camera.controls.make_dict()
            done.set()

        camera.instant = set_one
        assert done.wait(PATIENCE_S)
        camera.stop()  # from now on no frame goes back
        assert "FrameDurationLimits" not in camera.controls.make_dict()
        camera.set_controls({"FrameDurationLimits": (20_000, 20_000)})
        assert "FrameDurationLimits" in camera.controls.make_dict()


def test_waiting_for_a_fresh_frame_needs_metadata_that_not_every_camera_has(bench: Bench) -> None:
    with bench.bare() as camera, pytest.raises(KeyError, match="ExposureTime"):
        camera.capture_request(wait=1.0, flush=True)


def test_the_configuration_does_not_say_how_many_buffers_there_are(bench: Bench) -> None:
    with bench.bare() as camera:
        assert camera.camera_configuration()["buffer_count"] == 3
        assert len(time_out(camera)) == BUFFERS == 4


def test_without_the_queue_no_frame_lies_ready(bench: Bench) -> None:
    with bench.bare() as camera:
        for _ in range(5):
            camera.capture_request(wait=1.0).release()
            assert camera.completed_requests == []
