"""The simulated sketch understands what its template writes, and answers when it has arrived."""

import pytest

from scanner.clock import FakeClock
from scanner.errors import ConfigError
from scanner.hardware.motion_settings import TemplateSettings
from scanner.hardware.simulated.controller_faults import Faults
from scanner.hardware.simulated.controller_motors import SAG, Switch
from scanner.hardware.simulated.controller_sketch import Answers, SketchFirmware
from tests.hardware.simulated.boards import Bench

PLAIN = TemplateSettings()


def bench(
    template: TemplateSettings = PLAIN,
    faults: Faults | None = None,
    answers: Answers | None = None,
    switches: tuple[Switch, ...] = (),
) -> Bench:
    clock = FakeClock()
    return Bench(SketchFirmware(clock, template, faults, switches, answers=answers or Answers()), clock)


def test_says_nothing_by_itself_but_the_greeting_of_its_template() -> None:
    assert bench().greeting == []
    assert bench(PLAIN.model_copy(update={"greeting": "Table ready"})).greeting == ["Table ready"]


def test_the_answer_comes_with_the_arrival() -> None:
    board = bench()
    assert board.say("G1 X90.000 F30.0\n", wait=2.9) == []
    assert board.after(0.2) == ["ok"]
    assert board.board.physical() == (9000, 0, 0)
    assert board.say("G1 X90.000 F30.0\n") == ["ok"]


@pytest.mark.parametrize(
    ("move", "line", "steps"),
    [
        ("{axis}{angle:.2f}", "X90.50", 9050),
        ("{axis} {steps:d}", "X 400", 400),
        ("{axis} {steps:6d}", "X    400", 400),
        ("G02 T{dsteps:.0f} F{speed}", "G02 T-250 F12.5", -250),
        ("X_R_{dangle:.0f}", "X_R_100", 10_000),
        ("{angle} {angle}", "2.5 2.5", 250),
        ("a*b({angle})", "a*b(1)", 100),
    ],
)
def test_understands_the_line_of_its_template(move: str, line: str, steps: int) -> None:
    board = bench(PLAIN.model_copy(update={"move": move}))
    assert board.say(line + "\n", wait=30) == ["ok"]
    assert board.board.physical()[0] == steps


def test_relative_moves_add_up() -> None:
    board = bench(PLAIN.model_copy(update={"move": "{axis} {dangle}"}))
    board.say("X 10\nX 5\n", wait=2)
    assert board.board.physical()[0] == 1500


def test_each_letter_has_its_own_scale() -> None:
    board = bench()
    assert board.say("G1 Y10.000 F30.0\nG1 Z10.000 F30.0\n", wait=3) == ["ok", "ok"]
    assert board.board.physical() == (0, 1000, 16_000)


@pytest.mark.parametrize("line", ["G1 X90.000", "G1 A90.000 F30.0", "$H", "G1 X90.000 F30.0 M3"])
def test_other_lines_are_refused_with_its_error(line: str) -> None:
    board = bench(PLAIN.model_copy(update={"error": "error.*"}))
    assert board.say(line + "\n", wait=5) == ["error.*"]
    assert board.board.physical()[0] == 0
    assert board.say("\n") == []


@pytest.mark.parametrize(("terminator", "end"), [("LF", "\n"), ("CR", "\r"), ("CRLF", "\r\n"), ("NONE", "")])
def test_ends_of_lines(terminator: str, end: str) -> None:
    template = TemplateSettings.model_validate({"terminator": terminator})
    board = bench(template)
    board.board.receive(f"G1 X1.000 F30.0{end}".encode())
    assert board.after(0.5) == ["ok"]
    assert board.board.physical()[0] == 100


def test_tells_where_it_is_when_its_answer_says_so() -> None:
    template = PLAIN.model_copy(update={"done": r"ok (?P<position>-?[\d.]+)"})
    board = bench(template, answers=Answers(done="ok {position:.2f}"))
    assert board.say("G1 X12.340 F99.0\n", wait=2) == ["ok 12.34"]


def test_a_pattern_without_a_plain_line_needs_an_answer() -> None:
    template = PLAIN.model_copy(update={"done": r"done \d+"})
    with pytest.raises(ConfigError, match=r"done = .*template"):
        bench(template)
    assert bench(template, answers=Answers(done="done 7")).say("G1 X0.000 F1.0\n") == ["done 7"]
    assert bench(PLAIN.model_copy(update={"done": r"ok\."})).say("G1 X0.000 F1.0\n") == ["ok."]


def test_identity_lamp_and_motors() -> None:
    board = bench(
        PLAIN.model_copy(
            update={"identify": "WHO", "identified": "Table", "light": "L{percent:.0f}", "hold": "ON", "release": "OFF"}
        )
    )
    assert board.say("WHO\n") == ["Table"]
    assert board.say("L40\n") == ["ok"]
    assert board.board.light() == pytest.approx(0.4)
    assert board.say("OFF\n", wait=2) == ["ok"]
    assert not board.board.held
    assert board.board.physical()[1] == -SAG
    assert board.say("ON\n") == ["ok"]
    assert board.board.held


def test_homes_the_axis_named_and_refuses_one_without_a_switch() -> None:
    board = bench(PLAIN.model_copy(update={"home": "H{axis}"}), switches=(Switch(1, 700),))
    assert board.say("HY\n", wait=3) == ["ok"]
    assert board.board.physical()[1] == 700
    assert board.say("HX\n") == ["error.*"]
    assert board.say("G1 Y1.000 F30.0\n", wait=1) == ["ok"]
    assert board.board.physical()[1] == 800


def test_a_stop_is_read_in_the_middle_of_a_move_and_answered_as_its_end() -> None:
    board = bench(PLAIN.model_copy(update={"stop": "STOP"}))
    board.say("G1 X90.000 F30.0\n", wait=1)
    assert board.say("STOP\n") == ["ok"]
    assert 2000 < board.board.physical()[0] < 4000
    assert board.say("STOP\n") == ["ok"]


def test_lines_wait_for_the_move_and_63_bytes_fit() -> None:
    board = bench()
    board.say("G1 X9.000 F30.0\n" + "G1 X9.000 F30.0\n" * 9)
    assert board.after(2) == ["ok"] * 4


def test_a_switch_in_a_move_is_an_error_and_trouble_is_silence() -> None:
    board = bench()
    board.say("G1 X90.000 F30.0\n", wait=1)
    board.board.hard_limit()
    assert board.after(5) == ["error.*"]
    board = bench(faults=Faults(mute_alarm_in_move=1))
    assert board.say("G1 X90.000 F30.0\n", wait=9) == []
    assert board.say("G1 X90.000 F30.0\n", wait=9) == []
    assert board.board.physical()[0] == pytest.approx(4507, abs=2)
    board.board.spoil(Faults())
    board.board.power_on()
    assert board.after(0.1) == []
    assert board.say("G1 X1.000 F30.0\n", wait=1) == ["ok"]


def test_has_nothing_to_tune() -> None:
    with pytest.raises(KeyError):
        bench().board.tune(1, 25)
