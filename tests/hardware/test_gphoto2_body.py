"""The calls of libgphoto2, and its errors in words."""

import pytest

from scanner.errors import CameraError, CameraTimeout, HardwareMissing
from scanner.hardware.gphoto2_body import FULL, GONE, HELD, SILENT, Body, Dial, Place, Refused, in_words
from tests.hardware.dslrs import FakeContext, FakeDial, FakeDslr, FakeError, FakeFile, FakeGphoto2, jpeg


def body_of(dslr: FakeDslr) -> Body:
    return Body(FakeGphoto2(dslr), dslr.port, FakeContext())


@pytest.mark.parametrize(
    ("numbers", "kind", "words", "hint"),
    [
        (GONE, HardwareMissing, "is gone", "USB cable"),
        (HELD, HardwareMissing, "Another program", "gio mount -s gphoto2"),
        (SILENT, CameraTimeout, "does not answer", "USB cable"),
        (FULL, Refused, "full", "card"),
        ((-1, -110, -113), Refused, "refused to take a picture", "manual focus"),
    ],
)
def test_errors_in_words(numbers: tuple[int, ...], kind: type[Exception], words: str, hint: str) -> None:
    for number in numbers:
        error = in_words("take a picture", number, "Some text")
        assert type(error) is kind
        assert words in error.message
        assert "take a picture (Some text)" in error.message
        assert hint in error.hint


def test_no_number_has_two_meanings() -> None:
    numbers = [*GONE, *HELD, *SILENT, *FULL]
    assert len(set(numbers)) == len(numbers)
    assert all(number < 0 for number in numbers)


def test_a_refusal_keeps_its_number_and_is_a_camera_error() -> None:
    error = in_words("show its live view", -6, "Unsupported operation")
    assert isinstance(error, Refused)
    assert isinstance(error, CameraError)
    assert error.number == -6


@pytest.mark.parametrize(
    ("name", "is_jpeg"), [("A.JPG", True), ("a.jpeg", True), ("A.CR2", False), ("A.NEF", False), ("JPG", False)]
)
def test_a_jpeg_by_its_name(name: str, is_jpeg: bool) -> None:
    assert Place("/", name).is_jpeg is is_jpeg


def test_files_of_one_release_have_one_stem() -> None:
    picture = Place("/store/DCIM", "DSC_0001.JPG")
    assert Place("/store/DCIM", "DSC_0001.NEF").belongs_to(picture)
    assert not Place("/store/DCIM", "DSC_0002.NEF").belongs_to(picture)
    assert Place("/", "capt0001.cr2").belongs_to(Place("/", "capt0000.jpg"))
    assert not Place("/", "DSC_0001.NEF").belongs_to(Place("/", "capt0000.jpg"))


def test_a_picture_is_taken_handed_out_and_deleted() -> None:
    dslr = FakeDslr(pictures=[jpeg(33)])
    body = body_of(dslr)
    place = body.press()
    assert place == Place("/card", "DSC_0001.JPG")
    assert body.download(place) == jpeg(33)
    body.delete(place)
    assert dslr.files == {}


def test_news_are_read_until_there_are_no_more() -> None:
    dslr = FakeDslr()
    body = body_of(dslr)
    dslr.events.extend([FakeFile("/card", "A.JPG"), FakeFile("/card", "B.JPG")])
    assert body.news() == [Place("/card", "A.JPG"), Place("/card", "B.JPG")]
    assert body.news() == []


def test_a_camera_that_never_stops_telling_is_cut_short() -> None:
    dslr = FakeDslr()
    body = body_of(dslr)
    dslr.events.extend(FakeFile("/card", f"{number}.JPG") for number in range(2000))
    assert len(body.news()) == 500


def test_of_the_live_view_the_second_picture_is_taken() -> None:
    dslr = FakeDslr(live=jpeg(70))
    assert body_of(dslr).view() == jpeg(70)
    assert dslr.calls.count("capture_preview") == 2


def test_dials_are_found_by_the_first_name_that_the_camera_has() -> None:
    dslr = FakeDslr(dials={"second": FakeDial("b", ["a", "b"], fixed=True), "third": FakeDial("free")})
    body = body_of(dslr)
    assert body.dial("first", "second", "third") == Dial("second", "b", ("a", "b"), fixed=True)
    assert body.dial("third") == Dial("third", "free", (), fixed=False)
    assert body.dial("first") is None


def test_a_dial_is_turned() -> None:
    dslr = FakeDslr()
    body = body_of(dslr)
    dial = body.dial("iso")
    assert dial is not None
    body.turn(dial, "800")
    assert dslr.dials["iso"].value == "800"


def test_a_broken_link_is_not_taken_for_a_missing_dial() -> None:
    dslr = FakeDslr()
    body = body_of(dslr)
    dslr.fail("get iso", -7)
    with pytest.raises(FakeError, match="-7"):
        body.dial("iso", "isospeed")
