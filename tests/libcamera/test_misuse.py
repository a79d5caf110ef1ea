"""What goes wrong goes wrong in the same way on picamera2 and on the simulated sensor: the same errors, or none."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from scanner.hardware.picamera_api import Picamera2Like
from tests.hardware.cameras import Bench as SimulatedBench
from tests.libcamera.cameras import Bench, VirtualCamera


@contextmanager
def simulated() -> Iterator[Picamera2Like]:
    yield SimulatedBench().started_sensor(queue=False)


@contextmanager
def real() -> Iterator[VirtualCamera]:
    with Bench().bare() as camera:
        yield camera


Running = Callable[[], AbstractContextManager[Any]]


@pytest.fixture(params=[simulated, real], ids=["simulated", "real"])
def camera(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A running camera without the driver."""
    running: Running = request.param
    with running() as camera:
        yield camera


def time_out(camera: Any) -> None:
    """A job that times out: once in a while a frame comes just then."""
    while True:
        camera.capture_request(wait=1e-6).release()


def test_a_frame_that_does_not_come_is_a_timeout_without_words(camera: Any) -> None:
    with pytest.raises(TimeoutError) as caught:
        time_out(camera)
    assert type(caught.value) is TimeoutError
    assert str(caught.value) == ""
    camera.cancel_all_and_flush()


def test_a_stopped_or_closed_camera_has_no_frames(camera: Any) -> None:
    for ended in (camera.stop, camera.close):
        ended()
        with pytest.raises(TimeoutError):
            camera.capture_request(wait=0.1)
        camera.cancel_all_and_flush()


def test_an_unknown_control_is_refused_at_once(camera: Any) -> None:
    for _ in ("running", "stopped"):
        with pytest.raises(RuntimeError, match=r"^Control Nonsense is not advertised by libcamera$"):
            camera.set_controls({"Nonsense": 1})
        camera.stop()


def test_a_running_camera_is_not_configured(camera: Any) -> None:
    with pytest.raises(RuntimeError, match="must be stopped before configuring"):
        camera.configure(camera.camera_configuration())


def test_an_unknown_word_of_the_configuration_is_refused(camera: Any) -> None:
    with pytest.raises(TypeError):
        camera.create_still_configuration(nonsense=1)
    with pytest.raises(ValueError, match="nonsense"):
        camera.create_still_configuration(main={"nonsense": 1})


def test_small_pictures_are_not_larger_than_full_ones(camera: Any) -> None:
    camera.stop()
    wanted = camera.create_still_configuration(
        main={"size": (160, 120), "format": "YUV420"}, lores={"size": (320, 240), "format": "YUV420"}
    )
    with pytest.raises(RuntimeError, match="may not exceed"):
        camera.configure(wanted)


def test_odd_sizes_become_even(camera: Any) -> None:
    made = camera.create_still_configuration(main={"size": (161, 121), "format": "YUV420"})
    assert made["main"]["size"] == (160, 120)


def test_a_frame_is_released_once(camera: Any) -> None:
    request = camera.capture_request(wait=2.0)
    request.release()
    with pytest.raises(RuntimeError):
        request.release()


def test_a_released_frame_has_neither_pixels_nor_facts(camera: Any) -> None:
    request = camera.capture_request(wait=2.0)
    request.release()
    with pytest.raises(RuntimeError):
        request.make_buffer("main")
    with pytest.raises(AssertionError):
        request.get_metadata()


def test_a_stream_that_was_not_configured_is_refused(camera: Any) -> None:
    request = camera.capture_request(wait=2.0)
    with pytest.raises(RuntimeError, match="'raw' is not defined"):
        request.make_buffer("raw")
    request.release()


def test_a_frame_from_before_a_stop_is_released_without_harm(camera: Any) -> None:
    request = camera.capture_request(wait=2.0)
    camera.stop()
    camera.start()
    request.release()
    camera.capture_request(wait=2.0).release()


def test_starting_stopping_and_closing_twice_are_harmless(camera: Any) -> None:
    camera.start()
    camera.capture_request(wait=2.0).release()
    for call in (camera.stop, camera.stop, camera.close, camera.close):
        assert call() is None


def test_a_job_that_timed_out_keeps_a_buffer_until_a_stop(camera: Any) -> None:
    def buffers() -> int:
        held: list[Any] = []
        with pytest.raises(TimeoutError):
            held.extend(camera.capture_request(wait=0.3) for _ in range(10))
        camera.cancel_all_and_flush()
        for request in held:
            request.release()
        return len(held)

    whole = buffers()
    with pytest.raises(TimeoutError):
        time_out(camera)
    camera.capture_request(wait=2.0).release()  # the job before it had the first frame
    assert buffers() == whole - 1
    camera.stop()
    camera.start()
    assert buffers() == whole
