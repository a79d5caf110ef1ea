"""The GRBL dialect: transcripts of several firmwares, noise, and the rules of what may be sent."""

from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanner.errors import MotionError
from scanner.hardware.wire.dialect import (
    Alarm,
    Banner,
    Event,
    Lamp,
    Move,
    Note,
    Ok,
    Own,
    Refused,
    Report,
    Setting,
    Unknown,
)
from scanner.hardware.wire.grbl import LINE_LIMIT, Grbl
from scanner.hardware.wire.grbl_codes import ALARMS, ERRORS, alarm_words, error_words

EVENTS = (Ok, Refused, Alarm, Banner, Report, Setting, Note, Unknown)


def parse(line: bytes) -> Event:
    """The one event of a line."""
    (event,) = Grbl().feed(line + b"\n")
    return event


def moving(letter: str = "X", target: float = 30.0, speed: float = 30.0) -> Move:
    return Move(letter, start=0.0, target=target, steps=0, way=0, speed=speed, seconds=1.0, tolerance=0.002)


@pytest.mark.parametrize(
    ("line", "event"),
    [
        pytest.param(b"ok", Ok(), id="ok"),
        pytest.param(b"ok ", Ok(), id="ok-space"),
        pytest.param(b"error:9", Refused(9, ERRORS[9]), id="error"),
        pytest.param(b"error:77", Refused(77, "error 77 of the controller"), id="error-unheard-of"),
        pytest.param(b"error: Expected command letter", Refused(0, "Expected command letter"), id="error-in-words"),
        pytest.param(b"ALARM:1", Alarm(*ALARMS[1], 1), id="alarm"),
        pytest.param(b"ALARM:17", Alarm(*alarm_words(17), 17), id="alarm-unheard-of"),
        pytest.param(b"Grbl 1.1h ['$' for help]", Banner("1.1h"), id="banner-grbl"),
        pytest.param(b"GrblHAL 1.1f ['$' or '$HELP' for help]", Banner("1.1f"), id="banner-grblhal"),
        pytest.param(b"Grbl 3.7 [FluidNC v3.7.8 (wifi) '$' for help]", Banner("3.7"), id="banner-fluidnc"),
        pytest.param(b"\x00\xf0\xffGrbl 1.1h ['$' for help]", Banner("1.1h"), id="banner-behind-noise"),
        pytest.param(b"Gr\xe2l 1.1h ['$' for help]", Banner(""), id="banner-garbled"),
        pytest.param(b"$1=25", Setting("$1", 25.0), id="setting"),
        pytest.param(b"$100=88.889", Setting("$100", 88.889), id="setting-decimals"),
        pytest.param(b"$10=3 (status report mask)", Setting("$10", 3.0), id="setting-with-comment"),
        pytest.param(b"[VER:1.1h.20190825:]", Note("VER:1.1h.20190825:"), id="version"),
        pytest.param(b"[MSG:'$H'|'$X' to unlock]", Note("MSG:'$H'|'$X' to unlock"), id="message"),
        pytest.param(b"o\xebk", Unknown(b"o\xebk"), id="noise"),
        pytest.param(b"$N0=G54", Unknown(b"$N0=G54"), id="startup-line"),
        pytest.param(b"<Idle|MPos:1.0,2.z,0>", Unknown(b"<Idle|MPos:1.0,2.z,0>"), id="status-garbled-number"),
        pytest.param(b"<|MPos:1,2,3>", Unknown(b"<|MPos:1,2,3>"), id="status-without-state"),
    ],
)
def test_line_to_event(line: bytes, event: Event) -> None:
    assert parse(line) == event


@pytest.mark.parametrize(
    ("line", "state", "at"),
    [
        (b"<Idle|MPos:10.000,-5.250,0.000|FS:0,0>", "Idle", {"X": 10.0, "Y": -5.25, "Z": 0.0}),
        (b"<Hold:0|MPos:1.000,0.000,0.000|FS:0,0|Pn:X>", "Hold:0", {"X": 1.0, "Y": 0.0, "Z": 0.0}),
        (b"<Run|MPos:1.5,0,0,7|Bf:15,128|FS:500,0|Ov:100,100,100>", "Run", {"X": 1.5, "Y": 0.0, "Z": 0.0, "A": 7.0}),
        (b"<Idle|WPos:1.000,2.000,3.000|WCO:10.000,0.000,0.000>", "Idle", {"X": 11.0, "Y": 2.0, "Z": 3.0}),
        (b"<Door:3|FS:0,0>", "Door:3", None),
        (b"<Idle|WPos:1.000,2.000,3.000>", "Idle", None),
    ],
)
def test_report(line: bytes, state: str, at: dict[str, float] | None) -> None:
    report = parse(line)
    assert isinstance(report, Report)
    assert (report.state, report.at, report.still) == (state, at, state == "Idle")


@pytest.mark.parametrize(
    ("state", "still", "moves", "locked"),
    [
        ("Idle", True, False, False),
        ("Run", False, True, False),
        ("Jog", False, True, False),
        ("Home", False, True, False),
        ("Hold:1", False, True, False),
        ("Hold:0", False, False, False),
        ("Alarm", False, False, True),
        ("Door:0", False, False, False),
        ("Check", False, False, False),
        ("Sleep", False, False, False),
    ],
)
def test_states(state: str, still: bool, moves: bool, locked: bool) -> None:
    report = parse(b"<%s|MPos:0,0,0>" % state.encode())
    assert isinstance(report, Report)
    assert (report.still, report.moves, report.locked) == (still, moves, locked)


def test_the_offset_of_work_positions_is_remembered_until_the_next() -> None:
    grbl = Grbl()
    told = [
        grbl.feed(line)[0]
        for line in (
            b"<Idle|WPos:1,2,3>\n",
            b"<Idle|WPos:1,2,3|WCO:9,0,0>\n",
            b"<Idle|WPos:2,2,3>\n",
            b"<Idle|WPos:2,2>\n",
            b"<Idle|WPos:2,2,3|WCO:0,0,1>\n",
        )
    ]
    places = [report.at for report in told if isinstance(report, Report)]
    assert [at and tuple(at.values()) for at in places] == [None, (10, 2, 3), (11, 2, 3), None, (2, 2, 4)]
    grbl.clear()
    assert grbl.feed(b"<Idle|WPos:2,2,3>\n") == [Report("Idle", None, still=True, within=0.0006)]


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
    whole = Grbl().feed(TRANSCRIPT)
    decoder = Grbl()
    edges = [0, *sorted(cuts), len(TRANSCRIPT)]
    pieces = [e for a, b in pairwise(edges) for e in decoder.feed(TRANSCRIPT[a:b])]
    assert pieces == whole
    assert [type(e).__name__ for e in whole] == [
        "Banner",
        *["Note", "Note", "Ok", "Setting", "Setting", "Ok", "Report", "Ok", "Alarm"],
    ]


@settings(max_examples=400)
@given(st.binary(max_size=300))
@example(b"$1=" + b"9" * 200)
@example(b"error:" + b"9" * 5000)
@example(b"<Idle|MPos:" + b"1" * 400 + b">")
@example(b"ALARM:\xff")
@example(b"<>")
def test_noise_is_always_an_event(line: bytes) -> None:
    assert all(isinstance(event, EVENTS) for event in Grbl().feed(line + b"\n"))


GRAMMAR = st.text(alphabet="<>|:,.$=[]'-0123456789 okerALMGblIdHPsWCO\x00\xff", max_size=80)


@settings(max_examples=400)
@given(GRAMMAR)
def test_near_misses_are_always_an_event(text: str) -> None:
    assert all(isinstance(event, EVENTS) for event in Grbl().feed(text.encode("latin-1") + b"\n"))


def test_orders_of_a_move() -> None:
    orders = Grbl().move(moving())
    assert orders.lines == ("G21 G90 G1 X30.00000 F1800.00",)
    assert orders.fence == ("G4 P0.010",)


@pytest.mark.parametrize(
    ("lamp", "level", "own", "wanted"),
    [
        ("M8", 0.3, {}, Lamp("M8", 1.0)),
        ("M8", 0.0, {}, Lamp("M9", 0.0)),
        ("M3", 0.5, {"$30": 255.0}, Lamp("M3 S127.5", 0.5)),
        ("M3", 1.0, {}, Lamp("M3 S1000.0", 1.0)),
        ("M3", 0.0, {}, Lamp("M5", 0.0)),
        ("none", 1.0, {}, None),
    ],
)
def test_lamp(lamp: Literal["M8", "M3", "none"], level: float, own: dict[str, float], wanted: Lamp | None) -> None:
    assert Grbl(lamp=lamp).light(level, own) == wanted


def test_homing_lines() -> None:
    assert Grbl().home("Y") == "$H"
    assert Grbl(home_one=True).home("Y") == "$HY"


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e5))
def test_moves_fit_the_line_and_say_units_and_mode(target: float, speed: float) -> None:
    grbl = Grbl()
    (line,) = grbl.move(moving(target=target, speed=speed)).lines
    data = grbl.encode(line)
    assert data.startswith(b"G21 G90 G1 X")
    assert len(data) <= LINE_LIMIT + 1
    assert max(data) < 0x80
    assert float(data.split(b"X")[1].split()[0]) == pytest.approx(target, abs=6e-6)
    assert float(data.split(b"F")[1]) == pytest.approx(60 * speed, abs=6e-3)


@pytest.mark.parametrize("line", ["", "G1 X1\nG1 X2", "G1 X1\x18", "M8 – on", "G" * 80, "\x85", "?\x00"])
def test_what_must_never_reach_the_wire(line: str) -> None:
    with pytest.raises(ValueError, match="not a line"):
        Grbl().encode(line)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_only_numbers_are_sent(value: float) -> None:
    with pytest.raises(ValueError, match="not a number"):
        Grbl().move(moving(target=value))


def test_only_axes_are_moved() -> None:
    with pytest.raises(ValueError, match="not an axis"):
        Grbl().move(moving(letter="X1 Y"))


def test_what_it_says_of_an_axis() -> None:
    own = {"$101": 250.0, "$111": 3000.0, "$121": 80.0, "$100": 0.0}
    assert Grbl().axis(own, "Y") == Own(steps=250.0, speed=50.0, acceleration=80.0, reach=900.0)
    assert Grbl().axis(own, "X") == Own(reach=900.0)


def test_a_controller_that_drops_its_motors_is_told_of_and_not_held() -> None:
    """$1=25: the current goes after each move, and the tilt with it."""
    grbl = Grbl()
    assert grbl.hold({"$1": 255.0}, "/dev/ttyUSB0") == ()
    assert grbl.hold({}, "/dev/ttyUSB0") == ()
    with pytest.raises(MotionError, match=r"\$1=25\)") as dropped:
        grbl.hold({"$1": 25.0}, "/dev/ttyUSB0")
    assert "python -m serial.tools.miniterm /dev/ttyUSB0 115200" in dropped.value.hint
    assert "$1=255" in dropped.value.hint


@pytest.mark.parametrize(
    ("own", "advice"),
    [
        ({"$1": 255.0, "$13": 0.0, "$20": 0.0}, []),
        ({"$1": 25.0}, ["send $1=255"]),
        ({"$13": 1.0, "$20": 1.0}, ["send $13=0", "send $20=0"]),
    ],
)
def test_notes(own: dict[str, float], advice: list[str]) -> None:
    notes = Grbl().notes(own)
    assert len(notes) == len(advice)
    assert all(wanted in note for wanted, note in zip(advice, notes, strict=True))


@pytest.mark.parametrize(
    ("own", "doubt"),
    [
        ({"$100": 250.0, "$101": 250.0}, False),
        ({"$101": 250.0}, True),
        ({}, True),
        ({"$10": 1.0}, False),
    ],
    ids=["all", "one-lost", "nothing", "a-relative-that-tells-none"],
)
def test_a_scale_that_got_lost_is_asked_for_again(own: dict[str, float], doubt: bool) -> None:
    assert bool(Grbl().doubts(own, {"X": 100.0, "Y": 100.0})) is doubt
    assert Grbl().doubts(own, {}) == ""
