"""Words that picamera2 knows are taken, all others refused as it refuses them."""

import pytest

from scanner.hardware.simulated.sensor_wishes import WISHES, require_small, still_configuration

FULL = (640, 480)


def test_nothing_wanted_is_all_of_the_sensor() -> None:
    made = still_configuration(FULL, {})
    assert made["main"] == {"format": "BGR888", "size": FULL}
    assert (made["lores"], made["buffer_count"], made["queue"]) == (None, 1, True)
    assert set(made) == set(WISHES)


def test_a_small_stream_is_yuv_and_as_large_as_the_full_one_unless_said_otherwise() -> None:
    made = still_configuration(FULL, {"main": {"size": (320, 240)}, "lores": {}})
    assert made["lores"] == {"format": "YUV420", "size": (320, 240)}


def test_odd_sizes_become_even() -> None:
    made = still_configuration(FULL, {"main": {"size": (161, 121)}, "lores": {"size": (81, 61)}})
    assert (made["main"]["size"], made["lores"]["size"]) == ((160, 120), (80, 60))


def test_what_is_wanted_is_not_changed() -> None:
    wanted = {"main": {"size": (161, 121)}}
    still_configuration(FULL, wanted)
    assert wanted == {"main": {"size": (161, 121)}}


def test_other_words_are_refused() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'nonsense'"):
        still_configuration(FULL, {"nonsense": 1})
    for stream in ("main", "lores"):
        with pytest.raises(ValueError, match="Bad key 'nonsense'"):
            still_configuration(FULL, {stream: {"nonsense": 1}})


@pytest.mark.parametrize(
    ("size", "kind", "words"),
    [((322, 240), "YUV420", "may not exceed"), ((320, 242), "YUV420", "may not exceed"), ((160, 120), "RGB888", "YUV")],
)
def test_a_small_stream_that_cannot_be_is_refused(size: tuple[int, int], kind: str, words: str) -> None:
    with pytest.raises(RuntimeError, match=words):
        require_small({"size": size, "format": kind}, {"size": (320, 240)})


def test_a_small_stream_may_be_as_large() -> None:
    require_small({"size": (320, 240), "format": "NV12"}, {"size": (320, 240)})
