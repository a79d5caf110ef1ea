"""Sketches seen in the wild, as templates: their lines, what their answers mean, and templates that cannot be used."""

from typing import Any

import pytest

from scanner.errors import ConfigError
from scanner.hardware.motion_settings import TemplateSettings
from scanner.hardware.wire.dialect import Banner, Event, Lamp, Move, Ok, Orders, Own, Refused, Unknown
from scanner.hardware.wire.templated import Templated

MOVE = Move("X", start=10.0, target=-2.5, steps=-22, way=-111, speed=30.0, seconds=1.0, tolerance=0.06)


def sketch(**settings: Any) -> Templated:
    return Templated(TemplateSettings(**settings))


@pytest.mark.parametrize(
    ("template", "end", "wire"),
    [
        pytest.param("G1X{dangle:.2f}", "LF", b"G1X-12.50\n", id="horus"),
        pytest.param("G02 T{dsteps} F200", "LF", b"G02 T-111 F200\n", id="fabscan"),
        pytest.param("T {axis} {dsteps}", "CR", b"T X -111\r", id="sardauscan"),
        pytest.param("{angle:.0f}", "CRLF", b"-2\r\n", id="clis"),
        pytest.param("X_R_{steps}", "NONE", b"X_R_-22", id="piscant"),
        pytest.param("{{{axis}}} {angle} at {speed:.1f}", "LF", b"{X} -2.5 at 30.0\n", id="braces"),
    ],
)
def test_lines_of_sketches(template: str, end: str, wire: bytes) -> None:
    dialect = sketch(move=template, terminator=end)
    orders = dialect.move(MOVE)
    assert orders == Orders(lines=(), fence=orders.fence)
    assert dialect.encode(orders.fence[0]) == wire


def asked(dialect: Templated, line: str, data: bytes) -> list[Event]:
    dialect.encode(line)
    return dialect.feed(data)


def test_done_and_error() -> None:
    dialect = sketch(done="done|OK", error="ERR.*")
    assert asked(dialect, "T 5", b"moving...\ndone\n") == [Unknown(b"moving..."), Ok()]
    assert asked(dialect, "T 5", b"OK\r\n") == [Ok()]
    assert asked(dialect, "T 5", b"ERR: too far\n") == [Refused(0, "ERR: too far")]


def test_an_answer_is_a_whole_line() -> None:
    assert asked(sketch(done="ok"), "T 5", b"token\n") == [Unknown(b"token")]


def test_an_answer_nobody_asked_for_is_none() -> None:
    dialect = sketch(done="done")
    assert dialect.feed(b"done\n") == [Unknown(b"done")]
    assert asked(dialect, "T 5", b"done\ndone\n") == [Ok(), Unknown(b"done")]


def test_identify_is_answered_by_its_own_pattern() -> None:
    dialect = sketch(identify="?", identified="turntable .*", done="ok")
    assert dialect.manner.identify == ("?",)
    assert asked(dialect, "?", b"ok\nturntable v3\n") == [Unknown(b"ok"), Ok(text="turntable v3")]
    assert asked(dialect, "T 5", b"turntable v3\nok\n") == [Unknown(b"turntable v3"), Ok()]


@pytest.mark.parametrize(
    ("said", "at", "within"),
    [(b"at 45\n", 45.0, 0.6), (b"at -2.50\n", -2.5, 0.006), (b"at 3.\n", 3.0, 0.6)],
)
def test_a_position_is_told_as_exactly_as_it_has_digits(said: bytes, at: float, within: float) -> None:
    (done,) = asked(sketch(done=r"at (?P<position>-?[\d.]+)"), "T 5", said)
    assert isinstance(done, Ok)
    assert done.at == at
    assert done.within == pytest.approx(within)


def test_a_position_that_is_no_number_is_no_answer() -> None:
    dialect = sketch(done=r"at (?P<position>.*)")
    assert asked(dialect, "T 5", b"at home\nat nan\nat 3\n") == [
        Unknown(b"at home"),
        Unknown(b"at nan"),
        Ok(3.0, 0.6),
    ]


def test_greetings_nobody_asked_for_are_found_behind_noise() -> None:
    dialect = sketch(greeting="[Rr]eady", done="ok")
    assert dialect.feed(b"\xff\x00ready\n") == [Banner("\ufffd\x00ready")]
    assert asked(dialect, "T 5", b"Ready\n") == [Banner("Ready")]


def test_a_sketch_that_ends_no_lines_is_read_as_it_comes() -> None:
    """FabScanPi's firmware answers with a bare `>`."""
    dialect = sketch(terminator="NONE", move="G02 T{dsteps}", done=">", error="!")
    dialect.encode("G02 T5")
    assert dialect.feed(b"turning") == []
    assert dialect.feed(b"..>") == [Ok()]
    assert asked(dialect, "G02 T5", b"!\r\n") == [Refused(0, "!")]
    assert asked(dialect, "G02 T5", b"what\n>") == [Unknown(b"what"), Ok()]


@pytest.mark.parametrize("terminator", ["LF", "NONE"])
def test_bytes_in_any_pieces_give_the_same_events(terminator: str) -> None:
    data = b"ready\nmoving\nat 12.5;\nerr;\n"
    settings = {"terminator": terminator, "done": r"at (?P<position>[\d.]+);", "error": "err;", "greeting": "ready"}
    whole = asked(sketch(**settings), "T 5", data)
    bytewise = sketch(**settings)
    bytewise.encode("T 5")
    assert [event for byte in data for event in bytewise.feed(bytes([byte]))] == whole
    assert [type(event) for event in whole if not isinstance(event, Unknown)] == [Banner, Ok, Refused]


def test_clear_forgets_what_was_asked() -> None:
    dialect = sketch(done="ok")
    dialect.encode("T 5")
    dialect.feed(b"o")
    dialect.clear()
    assert dialect.feed(b"k\nok\n") == [Unknown(b"k"), Unknown(b"ok")]


@pytest.mark.parametrize(
    ("move", "greeting", "repeats"),
    [
        ("A{angle}", "ready", True),
        ("S{steps}", "ready", True),
        ("D{dangle}", "ready", False),
        ("D{dsteps} {angle}", "ready", False),
        ("A{angle}", "", False),
    ],
)
def test_only_what_changes_nothing_is_said_again(move: str, greeting: str, repeats: bool) -> None:
    dialect = sketch(move=move, greeting=greeting)
    assert dialect.manner.repeats is repeats
    assert bool(dialect.notes({})) is not bool(greeting)


def test_optional_lines() -> None:
    bare = sketch()
    assert (bare.home("X"), bare.light(1.0, {}), bare.hold({}, ""), bare.prepare({})) == ("", None, (), ())
    assert (bare.manner.halt, bare.manner.release, bare.manner.identify) == (b"", (), ())
    assert bare.axis({}, "X") == Own()
    assert bare.doubts({}, {}) == ""
    full = sketch(home="H{axis}", hold="ON", release="OFF", stop="S", light="L{level:.2f},{percent},{byte}")
    assert full.home("Y") == "HY"
    assert full.light(0.5, {}) == Lamp("L0.50,50,128", 0.5)
    assert (full.hold({}, ""), full.prepare({})) == (("ON",), ("ON",))
    assert (full.manner.halt, full.manner.release) == (b"S\n", ("OFF",))
    assert Templated(TemplateSettings(light="L{byte}"), lamp=False).light(1.0, {}) is None


def test_a_start_without_a_greeting_is_waited_for() -> None:
    assert (sketch(boot_s=2.0).manner.boot_s, sketch().manner.must_greet) == (2.0, False)
    assert sketch(greeting="hi").manner.must_greet
    assert not sketch(greeting="hi", identify="?", identified="x").manner.must_greet


@pytest.mark.parametrize(
    ("key", "line", "why"),
    [
        ("move", "G1 {degrees}", r"does not know \{degrees\}, but \{axis\}"),
        ("move", "G1 {}", r"does not know \{\}"),
        ("move", "G1 {angle", "expected '}'"),
        ("move", "G1 {angle:d}", "format"),
        ("move", "G1 {angle.real}", "does not know"),
        ("move", "G1 {axis}", "names no target"),
        ("move", "G1 {angle}°", "not a line"),
        ("move", "G1 {angle}\n", "not a line"),
        ("home", "H {letter}", r"but \{axis\}"),
        ("light", "L {brightness}", r"but \{level\}"),
        ("stop", "S {axis}", "no words in braces"),
        ("identify", "who\t", "not a line"),
    ],
)
def test_a_template_that_cannot_be_used_names_its_key(key: str, line: str, why: str) -> None:
    more = {"identified": "x"} if key == "identify" else {}
    with pytest.raises(ConfigError, match=why) as wrong:
        sketch(**{key: line}, **more)
    assert f"rig.motion.template.{key}" in wrong.value.message
    assert wrong.value.hint
