"""What a configuration makes of the wishes: formats, modes, memory, queue, flips."""

from types import SimpleNamespace
from typing import Any

import pytest

from scanner.hardware.simulated.sensor_buffers import ContiguousMemory
from tests.hardware.cameras import Bench, take

PERIOD = 1 / 30


def configured(bench: Bench, lores: object) -> dict[str, Any]:
    return bench.started_sensor(lores=lores).camera_configuration()


def test_a_camera_that_keeps_no_queue_gives_only_frames_that_somebody_waited_for() -> None:
    bench = Bench()
    sensor = bench.started_sensor(queue=False)
    for _ in range(5):
        bench.clock.sleep(0.51)
        before = bench.clock.monotonic()
        metadata, _ = take(sensor)
        assert before < bench.clock.monotonic() <= before + 2 * PERIOD
        assert metadata["SensorTimestamp"] > (before - PERIOD) * 1e9


@pytest.mark.parametrize("adjust_to", ["NV12", "RGB888", "BGR888", "XBGR8888"])
def test_libcamera_may_make_another_format_of_it_without_a_word(adjust_to: str) -> None:
    bench = Bench(adjust_to=adjust_to)
    made = configured(bench, {"size": (80, 60), "format": "YUV420"})
    assert made["main"]["format"] == adjust_to
    assert made["lores"]["format"] == "YUV420"


def test_a_small_stream_that_is_not_yuv_is_refused() -> None:
    sensor = Bench().open_sensor()
    streams = {"main": {"size": (160, 120), "format": "RGB888"}, "lores": {"size": (80, 60), "format": "RGB888"}}
    with pytest.raises(RuntimeError, match="lores stream must be YUV"):
        sensor.configure(sensor.create_still_configuration(**streams))


@pytest.mark.parametrize(
    ("asked", "made", "rate"),
    [({}, (160, 120), 30), ({"output_size": (80, 60)}, (80, 60), 60), ({"output_size": (150, 100)}, (160, 120), 30)],
)
def test_the_nearest_sensor_mode_is_taken_whatever_was_asked_for(
    asked: dict[str, Any], made: tuple[int, int], rate: int
) -> None:
    sensor = Bench().started_sensor(sensor=asked)
    assert sensor.camera_configuration()["sensor"] == {"bit_depth": 10, "output_size": made}
    stamps = [take(sensor)[0]["SensorTimestamp"] for _ in range(4)]
    assert stamps[-1] - stamps[-2] == pytest.approx(1e9 / rate, rel=1e-6)
    assert sensor.camera_controls["FrameDurationLimits"][0] == pytest.approx(1e6 / rate, abs=1)


def test_asking_for_the_modes_configures_the_camera_for_each() -> None:
    bench = Bench()
    sensor = bench.started_sensor()
    with pytest.raises(RuntimeError, match="must be stopped"):
        _ = sensor.sensor_modes
    sensor.stop()
    modes = sensor.sensor_modes
    assert [(mode["size"], mode["fps"]) for mode in modes] == [((80, 60), 60), ((160, 120), 30)]
    with pytest.raises(RuntimeError, match="has not been configured"):
        sensor.start()


def test_every_configuration_costs_memory_until_there_is_none() -> None:
    """As a camera that switches modes dies after some ten rounds."""
    needed = 3 * 192 * 120 * 3 // 2
    bench = Bench(memory=ContiguousMemory(total=2 * needed, leak=0.1))
    wanted = {"main": {"size": (160, 120), "format": "YUV420"}, "buffer_count": 3}
    sensor = bench.open_sensor()
    for _ in range(11):
        sensor.configure(sensor.create_still_configuration(**wanted))
    with pytest.raises(OSError, match="Cannot allocate memory"):
        sensor.configure(sensor.create_still_configuration(**wanted))
    sensor.close()
    with pytest.raises(OSError, match="Cannot allocate memory"):
        bench.open_sensor().configure(sensor.create_still_configuration(**wanted))


def test_a_close_gives_the_memory_back() -> None:
    bench = Bench(memory=ContiguousMemory(total=3 * 192 * 120 * 3 // 2))
    for _ in range(20):
        bench.started_sensor().close()
    assert bench.memory is not None
    assert bench.memory.used == 0


def test_flips_mirror_the_picture_and_are_told() -> None:
    flip = SimpleNamespace(hflip=True, vflip=False)
    plain, turned = Bench().started_sensor(), Bench().started_sensor(transform=flip)
    assert turned.camera_configuration()["transform"] is flip
    one, two = take(plain)[1], take(turned)[1]
    assert (one.y == two.y[:, ::-1]).all()
