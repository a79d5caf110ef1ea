"""The GRBL dialect: transcripts of several firmwares, noise, and the rules of what may be sent."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanner.hardware.wire import grbl
from scanner.hardware.wire.grbl import (
    Alarm,
    Banner,
    Decoder,
    Error,
    Feedback,
    Ok,
    Setting,
    Status,
    Unknown,
    parse,
)
from scanner.hardware.wire.grbl_codes import ALARMS, ERRORS, alarm_words, error_words

EVENTS = (Ok, Error, Alarm, Banner, Status, Setting, Feedback, Unknown)


@pytest.mark.parametrize(
    ("line", "event"),
    [
        pytest.param(b"ok", Ok(), id="ok"),
        pytest.param(b"ok ", Ok(), id="ok-space"),
        pytest.param(b"error:9", Error(9, ERRORS[9]), id="error"),
        pytest.param(b"error:77", Error(77, "error 77 of the controller"), id="error-unheard-of"),
        pytest.param(b"error: Expected command letter", Error(0, "Expected command letter"), id="error-in-words"),
        pytest.param(b"ALARM:1", Alarm(1, *ALARMS[1]), id="alarm"),
        pytest.param(b"ALARM:17", Alarm(17, *alarm_words(17)), id="alarm-unheard-of"),
        pytest.param(b"Grbl 1.1h ['$' for help]", Banner("1.1h"), id="banner-grbl"),
        pytest.param(b"GrblHAL 1.1f ['$' or '$HELP' for help]", Banner("1.1f"), id="banner-grblhal"),
        pytest.param(b"Grbl 3.7 [FluidNC v3.7.8 (wifi) '$' for help]", Banner("3.7"), id="banner-fluidnc"),
        pytest.param(b"\x00\xf0\xffGrbl 1.1h ['$' for help]", Banner("1.1h"), id="banner-behind-noise"),
        pytest.param(b"Gr\xe2l 1.1h ['$' for help]", Banner(""), id="banner-garbled"),
        pytest.param(b"$1=25", Setting(1, 25.0), id="setting"),
        pytest.param(b"$100=88.889", Setting(100, 88.889), id="setting-decimals"),
        pytest.param(b"$10=3 (status report mask)", Setting(10, 3.0), id="setting-with-comment"),
        pytest.param(b"[VER:1.1h.20190825:]", Feedback("VER:1.1h.20190825:"), id="version"),
        pytest.param(b"[MSG:'$H'|'$X' to unlock]", Feedback("MSG:'$H'|'$X' to unlock"), id="message"),
        pytest.param(b"o\xebk", Unknown(b"o\xebk"), id="noise"),
        pytest.param(b"$N0=G54", Unknown(b"$N0=G54"), id="startup-line"),
        pytest.param(b"<Idle|MPos:1.0,2.z,0>", Unknown(b"<Idle|MPos:1.0,2.z,0>"), id="status-garbled-number"),
        pytest.param(b"<|MPos:1,2,3>", Unknown(b"<|MPos:1,2,3>"), id="status-without-state"),
    ],
)
def test_line_to_event(line: bytes, event: grbl.Event) -> None:
    assert parse(line) == event


@pytest.mark.parametrize(
    ("line", "state", "substate", "machine"),
    [
        (b"<Idle|MPos:10.000,-5.250,0.000|FS:0,0>", "Idle", None, (10.0, -5.25, 0.0)),
        (b"<Hold:0|MPos:1.000,0.000,0.000|FS:0,0|Pn:X>", "Hold", 0, (1.0, 0.0, 0.0)),
        (b"<Run|MPos:1.5,0,0,7|Bf:15,128|FS:500,0|Ov:100,100,100>", "Run", None, (1.5, 0.0, 0.0, 7.0)),
        (b"<Idle|WPos:1.000,2.000,3.000|WCO:10.000,0.000,0.000>", "Idle", None, (11.0, 2.0, 3.0)),
        (b"<Idle|WPos:1.000,2.000,3.000|FS:0,0>", "Idle", None, (2.0, 2.0, 3.0)),
        (b"<Door:3|FS:0,0>", "Door", 3, None),
    ],
)
def test_status(line: bytes, state: str, substate: int | None, machine: tuple[float, ...] | None) -> None:
    report = parse(line)
    assert isinstance(report, Status)
    assert (report.state, report.substate) == (state, substate)
    assert report.machine(wco=(1.0, 0.0, 0.0)) == machine


def test_work_position_without_an_offset_is_no_machine_position() -> None:
    report = parse(b"<Idle|WPos:1.000,2.000,3.000>")
    assert isinstance(report, Status)
    assert report.machine(wco=None) is None
    assert report.machine(wco=(1.0, 2.0)) is None


@pytest.mark.parametrize("code", range(1, 60))
def test_every_code_has_words(code: int) -> None:
    text, hint = alarm_words(code)
    assert text
    assert hint.endswith(".")
    assert error_words(code)


TRANSCRIPT = (
    b"\r\nGrbl 1.1h ['$' for help]\r\n"
    b"[VER:1.1h.20190825:]\r\n[OPT:V,15,128]\r\nok\r\n"
    b"$1=25\r\n$100=250.000\r\nok\r\n"
    b"<Run|MPos:12.500,0.000,0.000|FS:500,0>\r\nok\r\nALARM:3\r\n"
)


@given(st.lists(st.integers(0, len(TRANSCRIPT)), max_size=20))
def test_pieces_of_any_size_give_the_same_events(cuts: list[int]) -> None:
    whole = Decoder().feed(TRANSCRIPT)
    decoder = Decoder()
    edges = [0, *sorted(cuts), len(TRANSCRIPT)]
    pieces = [e for a, b in pairwise(edges) for e in decoder.feed(TRANSCRIPT[a:b])]
    assert pieces == whole
    assert [type(e).__name__ for e in whole] == [
        "Banner",
        *["Feedback", "Feedback", "Ok", "Setting", "Setting", "Ok", "Status", "Ok", "Alarm"],
    ]


@settings(max_examples=400)
@given(st.binary(max_size=300))
@example(b"$1=" + b"9" * 200)
@example(b"error:" + b"9" * 5000)
@example(b"<Idle|MPos:" + b"1" * 400 + b">")
@example(b"ALARM:\xff")
@example(b"<>")
def test_noise_is_always_an_event(line: bytes) -> None:
    assert isinstance(parse(line), EVENTS)


GRAMMAR = st.text(alphabet="<>|:,.$=[]'-0123456789 okerALMGblIdHPsWCO\x00\xff", max_size=80)


@settings(max_examples=400)
@given(GRAMMAR)
def test_near_misses_are_always_an_event(text: str) -> None:
    assert isinstance(parse(text.encode("latin-1")), EVENTS)


@given(st.lists(st.binary(max_size=600), max_size=8))
def test_decoder_swallows_anything_and_stays_small(pieces: list[bytes]) -> None:
    decoder = Decoder()
    for piece in pieces:
        assert all(isinstance(e, EVENTS) for e in decoder.feed(piece))
        assert len(decoder._rest) <= grbl.REPLY_LIMIT
    decoder.feed(b"\n")
    assert decoder.feed(b"ok\r\n") == [Ok()]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (grbl.move("X", 30, 1800), "G21 G90 G1 X30.00000 F1800.00"),
        (grbl.move("Y", -0.011251), "G21 G90 G0 Y-0.01125"),
        (grbl.dwell(0.01), "G4 P0.010"),
        (grbl.switch(True), "M8"),
        (grbl.switch(False), "M9"),
        (grbl.pwm(500), "M3 S500.0"),
        (grbl.pwm(0), "M5"),
        (grbl.home(), "$H"),
        (grbl.home("Y"), "$HY"),
    ],
)
def test_commands(line: str, text: str) -> None:
    assert line == text
    assert grbl.encode(line) == text.encode() + b"\n"


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e6))
def test_moves_fit_the_line_and_say_units_and_mode(target: float, feed: float) -> None:
    data = grbl.encode(grbl.move("X", target, feed))
    assert data.startswith(b"G21 G90 G1 X")
    assert len(data) <= grbl.LINE_LIMIT + 1
    assert max(data) < 0x80
    assert float(data.split(b"X")[1].split()[0]) == pytest.approx(target, abs=6e-6)


@pytest.mark.parametrize("line", ["", "G1 X1\nG1 X2", "G1 X1\x18", "M8 – on", "G" * 80, "\x85", "?\x00"])
def test_what_must_never_reach_the_wire(line: str) -> None:
    with pytest.raises(ValueError, match="not a line"):
        grbl.encode(line)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_only_numbers_are_sent(value: float) -> None:
    with pytest.raises(ValueError, match="not a number"):
        grbl.move("X", value)


def test_only_axes_are_moved() -> None:
    with pytest.raises(ValueError, match="not an axis"):
        grbl.move("X1 Y", 0)
