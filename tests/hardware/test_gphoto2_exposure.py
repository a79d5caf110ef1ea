"""The dials of DSLRs, by what cameras call them."""

import logging

import pytest

from scanner.errors import CameraError
from scanner.hardware.gphoto2_body import Body
from scanner.hardware.gphoto2_exposure import (
    expected_s,
    gain_of,
    prepare,
    read_exposure,
    seconds_of,
    serial_of,
    set_exposure,
)
from scanner.hardware.protocols import Exposure
from tests.hardware.dslrs import FakeContext, FakeDial, FakeDslr, FakeGphoto2


def body_of(dslr: FakeDslr) -> Body:
    return Body(FakeGphoto2(dslr), dslr.port, FakeContext())


def wanted(time_us: int, gain: float) -> Exposure:
    return Exposure(time_us=time_us, gain=gain, red_gain=2.0, blue_gain=1.5)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1/60", 1 / 60),
        ("10/13", 10 / 13),
        ("30/1", 30.0),
        ("0.5", 0.5),
        ("0.0166s", 0.0166),
        ("30,0000s", 30.0),
        ("1.3s", 1.3),
        ("2m", 120.0),
        ('15"', 15.0),
        (" 1/8000 ", 1 / 8000),
        ("bulb", None),
        ("Time", None),
        ("auto", None),
        ("0", None),
        ("1/0", None),
        ("", None),
    ],
)
def test_times_as_cameras_write_them(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("text", "gain"),
    [("100", 1.0), ("ISO 64", 0.64), ("Auto", None), ("Auto ISO", None), ("100 Multi Frame", None), ("0", None)],
)
def test_iso_as_cameras_write_it(text: str, gain: float | None) -> None:
    assert gain_of(text) == gain


@pytest.mark.parametrize(
    ("time_us", "gain", "shutter", "iso"),
    [
        (10_000, 1.0, "1/100", "100"),
        (13_000, 2.9, "1/100", "400"),  # nearest by ratio: 2.9 is nearer to 4 than to 2
        (15_000, 2.8, "1/50", "200"),
        (1, 0.1, "1/200", "100"),
        (9_000_000, 100.0, "30", "800"),
    ],
)
def test_an_exposure_goes_to_the_nearest_choices(time_us: int, gain: float, shutter: str, iso: str) -> None:
    dslr = FakeDslr()
    body = body_of(dslr)
    set_exposure(body, wanted(time_us, gain))
    assert (dslr.dials["shutterspeed"].value, dslr.dials["iso"].value) == (shutter, iso)
    seconds = seconds_of(shutter)
    assert seconds is not None
    assert read_exposure(body) == (round(seconds * 1e6), int(iso) / 100)


def test_a_dial_that_stands_right_is_not_touched() -> None:
    dslr = FakeDslr()
    set_exposure(body_of(dslr), wanted(10_000, 2.0))
    assert not [call for call in dslr.calls if call.startswith("set ")]


def test_a_dial_that_cannot_be_set_stays_and_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    dslr = FakeDslr()
    dslr.dials["shutterspeed"].fixed = True
    del dslr.dials["iso"]
    body = body_of(dslr)
    with caplog.at_level(logging.WARNING):
        set_exposure(body, wanted(1_000_000, 8.0))
    assert read_exposure(body) == (10_000, None)
    assert "exposure time" in caplog.text
    assert "ISO" in caplog.text


def test_the_other_name_of_the_shutter() -> None:
    dslr = FakeDslr(dials={"shutterspeed2": FakeDial("1/60", ["1/60", "1/30"])})
    del dslr.dials["shutterspeed"]
    body = body_of(dslr)
    set_exposure(body, wanted(33_333, 1.0))
    assert dslr.dials["shutterspeed2"].value == "1/30"
    assert expected_s(body) == pytest.approx(1 / 30)


@pytest.mark.parametrize(("name", "value"), [("shutterspeed", "bulb"), ("iso", "Auto")])
def test_a_camera_that_chooses_by_itself_is_refused(name: str, value: str) -> None:
    dslr = FakeDslr()
    dslr.dials[name].value = value
    with pytest.raises(CameraError, match=value) as raised:
        read_exposure(body_of(dslr))
    assert "mode dial to M" in raised.value.hint


@pytest.mark.parametrize("name", ["autoexposuremode", "expprogram"])
@pytest.mark.parametrize(
    ("mode", "meters"),
    [("P", True), ("AV", True), ("Tv", True), ("S", True), ("Auto", True), ("Program Shift", True),
     ("Aperture Priority", True), ("M", False), ("Manual", False), ("Unknown value 8050", False)],
)  # fmt: skip
def test_a_mode_that_meters_each_picture_is_refused(name: str, mode: str, meters: bool) -> None:
    """Though its shutter dial shows a number: that of the last picture."""
    body = body_of(FakeDslr(dials={name: FakeDial(mode, fixed=True)}))
    if meters:
        with pytest.raises(CameraError, match="chooses the exposure by itself"):
            read_exposure(body)
    else:
        assert read_exposure(body) == (10_000, 2.0)


def test_an_automatic_dial_is_set_where_an_exposure_is_wanted() -> None:
    dslr = FakeDslr()
    dslr.dials["iso"].value = "Auto"
    set_exposure(body_of(dslr), wanted(10_000, 4.0))
    assert dslr.dials["iso"].value == "400"


def test_the_next_exposure_is_expected_from_the_dial() -> None:
    dslr = FakeDslr()
    assert expected_s(body_of(dslr)) == 0.01
    dslr.dials["shutterspeed"].value = "bulb"
    assert expected_s(body_of(dslr)) == 0
    del dslr.dials["shutterspeed"]
    assert expected_s(body_of(dslr)) == 0


def test_focus_colour_and_target_are_prepared() -> None:
    dslr = FakeDslr(
        dials={
            "focusmode": FakeDial("AF-S", ["AF-S", "AF-C", "Manual"]),
            "whitebalance": FakeDial("Automatic", ["Automatic", "Tungsten", "Daylight", "Shade"]),
            "capturetarget": FakeDial("Memory card", ["Internal RAM", "Memory card"]),
        }
    )
    prepare(body_of(dslr))
    assert dslr.dials["focusmode"].value == "Manual"
    assert dslr.dials["whitebalance"].value == "Daylight"
    assert dslr.dials["capturetarget"].value == "Internal RAM"


def test_a_white_balance_that_a_person_chose_stays() -> None:
    dslr = FakeDslr(dials={"whitebalance": FakeDial("Tungsten", ["Auto", "Tungsten", "Daylight"])})
    prepare(body_of(dslr))
    assert dslr.dials["whitebalance"].value == "Tungsten"


@pytest.mark.parametrize("value", ["Manual", "MF", "MF (fixed)", "Off", "manual focus"])
def test_a_focus_that_is_manual_stays(value: str) -> None:
    dslr = FakeDslr(dials={"focusmode": FakeDial(value, ["AF", "Manual override", value])})
    prepare(body_of(dslr))
    assert dslr.dials["focusmode"].value == value


def test_a_focus_that_is_only_half_manual_is_turned() -> None:
    dslr = FakeDslr(dials={"focusmode": FakeDial("DMF", ["AF-S", "DMF", "Manual"])})
    prepare(body_of(dslr))
    assert dslr.dials["focusmode"].value == "Manual"


def test_an_autofocus_that_only_the_lens_can_end_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    dslr = FakeDslr(dials={"focusmode": FakeDial("One Shot", ["One Shot", "Manual"], fixed=True)})
    with caplog.at_level(logging.WARNING):
        prepare(body_of(dslr))
    assert dslr.dials["focusmode"].value == "One Shot"
    assert "autofocus" in caplog.text


@pytest.mark.parametrize(
    ("dials", "serial"),
    [
        ({"serialnumber": FakeDial("3001234 ")}, "3001234"),
        ({"serialnumber": FakeDial("a02e63"), "eosserialnumber": FakeDial("133333337")}, "133333337"),
        ({"serialnumber": FakeDial("None")}, ""),
    ],
)
def test_the_serial_number(dials: dict[str, FakeDial], serial: str) -> None:
    assert serial_of(body_of(FakeDslr(dials=dials))) == serial


def test_a_camera_without_dials_is_prepared_all_the_same() -> None:
    dslr = FakeDslr()
    dslr.dials.clear()
    body = body_of(dslr)
    prepare(body)
    set_exposure(body, wanted(1000, 1.0))
    assert read_exposure(body) == (None, None)
    assert serial_of(body) == ""
