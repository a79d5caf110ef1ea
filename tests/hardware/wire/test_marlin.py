"""The Marlin dialect: transcripts of several versions, refusals before their ok, and what may be sent."""

import pytest

from scanner.hardware.wire.dialect import (
    Alarm,
    Banner,
    Busy,
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
    Version,
)
from scanner.hardware.wire.marlin import LINE_LIMIT, TWO_DECIMALS, Marlin
from scanner.hardware.wire.marlin_words import ELSE, alarm_hint

MOVE = Move("X", start=0.0, target=-12.5, steps=-111, way=-111, speed=30.0, seconds=1.0, tolerance=0.06)


def events(data: bytes, scales: dict[str, float] | None = None) -> list[Event]:
    marlin = Marlin()
    marlin.prepare(scales or {})
    return marlin.feed(data)


@pytest.mark.parametrize(
    ("line", "event"),
    [
        pytest.param(b"ok", Ok(), id="ok"),
        pytest.param(b"ok P15 B3", Ok(), id="ok-advanced"),
        pytest.param(b"ok T:21.3 /0.0 @:0", Ok(), id="ok-temperature"),
        pytest.param(b"okay", Unknown(b"okay"), id="not-ok"),
        pytest.param(b"start", Banner(), id="start"),
        pytest.param(b"\x00\xfestart", Banner(), id="start-behind-noise"),
        pytest.param(b"restart", Unknown(b"restart"), id="not-start"),
        pytest.param(b"Marlin 2.1.2.4", Banner("Marlin 2.1.2.4"), id="name-at-start"),
        pytest.param(b"echo:Marlin 1.1.9", Banner("Marlin 1.1.9"), id="name-at-start-echo"),
        pytest.param(b"Marlin bugfix-2.1.x", Banner("Marlin bugfix-2.1.x"), id="name-of-a-development-version"),
        pytest.param(b"echo:busy: processing", Busy(), id="busy"),
        pytest.param(b"busy: paused for user", Busy(), id="paused"),
        pytest.param(b"echo:  Last Updated: 2024-12-02", Note("echo:  Last Updated: 2024-12-02"), id="chatter"),
        pytest.param(
            b"FIRMWARE_NAME:Marlin 2.1.2.4 (Dec  2 2024 12:00:00) SOURCE_CODE_URL:github.com PROTOCOL_VERSION:1.0",
            Version("Marlin 2.1.2.4"),
            id="M115",
        ),
        pytest.param(b"FIRMWARE_NAME:Marlin V1; Sprinter", Version("Marlin V1; Sprinter"), id="M115-of-old"),
        pytest.param(b"x:1.0", Unknown(b"x:1.0"), id="noise"),
    ],
)
def test_line_to_event(line: bytes, event: Event) -> None:
    assert events(line + b"\n") == [event]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"Error:Printer halted. kill() called!", "Printer halted. kill() called!"),
        (b"Error: MINTEMP triggered, system stopped! Heater_ID: 0", "MINTEMP triggered, system stopped! Heater_ID: 0"),
        (b"!! KILL caused by KILL button/pin", "KILL caused by KILL button/pin"),
        (b"echo:Printer halted", "echo:Printer halted"),
        (b"Error:Homing Failed", "Homing Failed"),
        (b"Error:STOP called because of unhomed error - restart with M999", "STOP called because of unhomed error"),
    ],
)
def test_what_stops_it_is_an_alarm_in_words(line: bytes, words: str) -> None:
    (alarm,) = events(line + b"\n")
    assert isinstance(alarm, Alarm)
    assert alarm.text.startswith(words)
    assert alarm.hint.endswith(".")


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("MINTEMP triggered", "TEMP_SENSOR_0"),
        ("Heating failed", "TEMP_SENSOR_0"),
        ("Thermal Runaway", "TEMP_SENSOR_0"),
        ("Homing Failed", "limit switch"),
        ("KILL caused by too much inactive time", "M85 S0"),
        ("something new", ELSE),
    ],
)
def test_every_alarm_has_its_advice(words: str, advice: str) -> None:
    assert advice in alarm_hint(words)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b'echo:Unknown command: "M4p0"\n', 'Unknown command: "M4p0"'),
        (b"echo:Home X First\n", "Home X First"),
        (b"Error:checksum mismatch, Last Line: 0\nResend: 1\n", "Error:checksum mismatch, Last Line: 0"),
        (b"Error:Line Number is not Last Line Number+1, Last Line: 4\nResend: 5\n", "Error:Line Number"),
        (b"rs N5\n", "rs N5"),
    ],
)
def test_a_refusal_comes_before_its_ok(said: bytes, why: str) -> None:
    *notes, refused, good = events(said + b"ok\nok\n")
    assert all(isinstance(note, Note) for note in notes)
    assert isinstance(refused, Refused)
    assert refused.text.startswith(why)
    assert good == Ok()


def test_a_start_forgets_a_refusal() -> None:
    assert events(b"echo:Home X First\nstart\nok\n")[1:] == [Banner(), Ok()]


@pytest.mark.parametrize(
    ("line", "at", "within"),
    [
        (b"X:10.00 Y:-2.50 Z:0.00 E:0.00 Count X:89 Y:-22 Z:0", {"X": 89 / 8.9, "Y": -22 / 8.8, "Z": 0.0}, 0.0),
        (b"X:10.00 Y:0.00 Z:0.00 E:0.00 Count A:89 B:0 Z:0", {"X": 10.0, "Y": 0.0, "Z": 0.0}, TWO_DECIMALS),
        (b"X:10.00 Y:0.00 Z:0.00 E:0.00", {"X": 10.0, "Y": 0.0, "Z": 0.0}, TWO_DECIMALS),
        (
            b"X:9.99Y:0.00Z:0.00E:0.00 Count X: 10.00Y:0.00Z:0.00",
            {"X": 10.0, "Y": 0.0, "Z": 0.0},
            TWO_DECIMALS,
        ),
    ],
    ids=["steps", "belts-crossed", "plan-alone", "marlin-1.0"],
)
def test_where_it_is_by_its_steps_where_it_tells_them(line: bytes, at: dict[str, float], within: float) -> None:
    (report,) = events(line + b"\n", {"X": 8.9, "Y": 8.8})
    assert isinstance(report, Report)
    assert report.at == pytest.approx(at)
    assert (report.within, report.still) == (within, True)


def test_the_settings_that_matter() -> None:
    told = events(
        b"echo:; Steps per unit:\necho: M92 X8.89 Y80.00 Z400.00 E93.00\n"
        b"echo:  M203 X300.00 Y300.00 Z5.00 E25.00\n  M201 X3000 Y3000.00 Z100.00\necho:  M211 S1 ; ON\n"
        b"echo:  M206 X0.00 Y-1.50 Z0.00\nok\n"
    )
    own = {event.name: event.value for event in told if isinstance(event, Setting)}
    assert own["M92 X"] == 8.89
    assert own["M203 Z"] == 5.0
    assert own["M201 Y"] == 3000.0
    assert (own["M211 S"], own["M206 Y"]) == (1.0, -1.5)
    marlin = Marlin()
    assert marlin.axis(own, "Y") == Own(steps=80.0, speed=300.0, acceleration=3000.0)
    marlin.prepare({"X": 80 / 9})
    assert marlin.axis(own, "X").steps == 80 / 9
    (note,) = marlin.notes(own)
    assert "M206 Y0" in note
    assert marlin.notes({"M206 X": 0.0}) == []


def test_the_start_sets_what_it_forgets() -> None:
    """Scales to six decimals, since M503 tells two; no clamping in silence; motors on, and never off by themselves."""
    assert Marlin().prepare({"X": 80 / 9, "Z": 1600.0}) == ("M211 S0", "M92 X8.888889 Z1600.000000", "M17", "M84 S0")
    assert Marlin().prepare({}) == ("M211 S0", "M17", "M84 S0")


@pytest.mark.parametrize(
    ("own", "doubt"),
    [
        ({"M92 X": 8.89, "M211 S": 0.0}, ""),
        ({}, ""),
        ({"M92 X": 9.89}, "steps a unit of X"),
        ({"M203 X": 300.0}, "steps a unit of X"),
        ({"M92 X": 8.89, "M211 S": 1.0}, "soft endstops"),
    ],
)
def test_what_did_not_arrive_is_noticed(own: dict[str, float], doubt: str) -> None:
    found = Marlin().doubts(own, {"X": 80 / 9})
    assert bool(found) == bool(doubt)
    assert doubt in found


def test_orders_of_a_move() -> None:
    orders = Marlin().move(MOVE)
    assert orders.lines == ("G90", "G1 X-12.50000 F1800.00")
    assert orders.fence == ("M400", "M400")


def test_other_orders() -> None:
    marlin = Marlin()
    assert marlin.home("Y") == "G28 Y"
    assert marlin.hold({}, "") == ("M17", "M84 S0")
    assert marlin.manner.release == ("M84",)
    assert marlin.manner.halt == b"M410\n"
    assert marlin.encode("M410") == b"M410\n"


@pytest.mark.parametrize(("level", "line"), [(1.0, "M106 S255"), (0.5, "M106 S128"), (0.0, "M107")])
def test_lamp(level: float, line: str) -> None:
    assert Marlin().light(level, {}) == Lamp(line, level)
    assert Marlin(lamp="none").light(level, {}) is None


@pytest.mark.parametrize("line", ["", "G1 X1\nM112", "G28 ä", "G" * (LINE_LIMIT + 1)])
def test_what_must_never_reach_the_wire(line: str) -> None:
    with pytest.raises(ValueError, match="not a line"):
        Marlin().encode(line)
