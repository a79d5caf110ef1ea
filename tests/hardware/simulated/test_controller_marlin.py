"""The simulated Marlin answers as Marlin 2 does: transcripts on a clock that jumps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.clock import FakeClock
from scanner.hardware.simulated.controller_board import Board
from scanner.hardware.simulated.controller_faults import Faults
from scanner.hardware.simulated.controller_marlin import GREETING, KILLED, MarlinFirmware
from scanner.hardware.simulated.controller_motors import SAG, Switch
from tests.hardware.simulated.boards import Bench

AT_ZERO = "X:0.00 Y:0.00 Z:0.00 E:0.00 Count X:0 Y:0 Z:0"


def held(board: Board) -> bool:
    return board.held


def bench(
    faults: Faults | None = None, switches: tuple[Switch, ...] = (), eager: bool = True, home_first: bool = False
) -> Bench:
    clock = FakeClock()
    firmware = MarlinFirmware(clock, faults, switches, eager=eager, home_first=home_first)
    return Bench(firmware, clock)


def test_greets_with_start_and_chatter_and_then_waits() -> None:
    board = bench()
    assert tuple(board.greeting[: len(GREETING)]) == GREETING
    assert "echo:  M92 X80.00 Y80.00 Z400.00 E500.00" in board.greeting
    assert board.after(1) == []


def test_ok_means_queued_and_the_place_told_is_the_plan() -> None:
    board = bench()
    board.say("M17\n")
    x, _, _ = board.board.physical()
    assert board.say("G90\nG1 X100 F6000\n") == ["ok", "ok"]
    assert board.say("M114\n") == ["X:100.00 Y:0.00 Z:0.00 E:0.00 Count X:8000 Y:0 Z:0", "ok"]
    assert board.board.physical()[0] == x
    assert board.say("M400\n", wait=0.9) == []
    assert 0 < board.board.physical()[0] - x < 8000
    assert board.after(0.3) == ["ok"]
    assert board.board.physical()[0] - x == 8000


def test_busy_is_said_every_two_seconds() -> None:
    board = bench()
    assert board.say("G1 X100 F1200\nM400\n", wait=5.1) == [
        "ok",
        "echo:busy: processing",
        "echo:busy: processing",
        "ok",
    ]


def test_the_plan_holds_fifteen() -> None:
    board = bench()
    assert board.say("".join(f"G0 X{n}\n" for n in range(1, 21))) == ["ok"] * 15
    assert board.after(10) == ["ok"] * 5


def test_bytes_beyond_queue_and_buffer_are_lost() -> None:
    board = bench()
    board.say("G4 S1\n" + "M17\n" * 60)
    assert board.after(2).count("ok") == 1 + 3 + 127 // 4


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("", []),
        ("; a remark", []),
        ("G21", ["ok"]),
        ("g91", ["ok"]),
        ("G4 P1", ["ok"]),
        ("G92 X0", ["ok"]),
        ("M114", [AT_ZERO, "ok"]),
        ("M92", ["  M92 X80.00 Y80.00 Z400.00 E500.00", "ok"]),
        ("M999 X", ['echo:Unknown command: "M999 X"', "ok"]),
        ("?", ['echo:Unknown command: "?"', "ok"]),
    ],
)
def test_replies(line: str, reply: list[str]) -> None:
    board = bench()
    heard = board.say("M17\n" + line + "\n", wait=0.01)
    assert heard == ["ok", *reply]


def test_tells_who_it_is() -> None:
    told = bench(eager=False).say("M115\n")
    assert told[0].startswith("FIRMWARE_NAME:Marlin 2")
    assert "Cap:EMERGENCY_PARSER:0" in told
    assert told[-1] == "ok"


def test_scale_is_told_with_two_decimals_but_kept_whole() -> None:
    board = bench()
    board.say("M17\nM92 X8.888889\n")
    assert "echo:  M92 X8.89 Y80.00 Z400.00 E500.00" in board.say("M503\n")
    before = board.board.physical()[0]
    board.say("G1 X900 F60000\n", wait=30)
    assert board.board.physical()[0] - before == 8000


def test_short_movements_are_left_out_and_the_count_shows_it() -> None:
    board = bench()
    board.say("M17\nG1 X10 F6000\nM400\n", wait=1)
    before = board.board.physical()[0]
    board.say("G1 X10.06\nM400\n", wait=1)
    assert board.say("M114\n")[0] == "X:10.06 Y:0.00 Z:0.00 E:0.00 Count X:800 Y:0 Z:0"
    assert board.board.physical()[0] == before
    board.say("G1 X10.12\nM400\n", wait=1)
    assert board.board.physical()[0] == before + 10


def test_relative_moves_add_up_and_g92_renames_the_place() -> None:
    board = bench()
    board.say("M17\nG91\nG1 X1 F600\nG1 X1 Y-1\nG92 Y5\nM400\n", wait=3)
    assert board.say("M114\n")[0] == "X:2.00 Y:5.00 Z:0.00 E:0.00 Count X:160 Y:-80 Z:0"
    board.say("G90\nG1 Y6\nM400\n", wait=1)
    assert board.say("M114\n")[0].endswith("Count X:160 Y:0 Z:0")


def test_no_axis_is_faster_than_its_setting() -> None:
    board = bench()
    board.board.tune("M203 X", 1.0)
    board.say("M17\nG1 X10 F6000\n", wait=9.9)
    assert board.board.physical()[0] < 816
    board.after(0.2)
    assert board.board.physical()[0] == 816


def test_motors_are_off_until_they_move_and_each_is_powered_alone() -> None:
    board = bench()
    assert not held(board.board)
    board.after(2)
    assert board.board.physical()[1] == -SAG
    board.say("G1 X1 F600\nM400\n", wait=1)
    assert not held(board.board)
    board.say("M17\n")
    assert held(board.board)
    before = board.board.physical()
    board.after(5)
    assert board.board.physical() == before


def test_idle_motors_lose_their_current_after_two_minutes() -> None:
    board = bench()
    board.say("M17\n", wait=119)
    assert held(board.board)
    before = board.board.physical()[1]
    board.after(3)
    assert not held(board.board)
    assert board.board.physical()[1] == before - SAG
    board.say("M17\nM84 S0\n", wait=500)
    assert held(board.board)
    board.say("M84\n")
    assert not held(board.board)


def test_the_count_knows_nothing_of_a_sagging_tilt() -> None:
    board = bench()
    board.say("M17\nG1 Y10 F600\nM400\n", wait=3)
    before = board.board.physical()[1]
    board.say("M18\n", wait=2)
    assert board.say("M114\n")[0].endswith("Count X:0 Y:800 Z:0")
    board.say("M17\nG1 Y10\nM400\n", wait=2)
    assert board.board.physical()[1] == before - SAG


@pytest.mark.parametrize(("line", "level"), [("M106", 1.0), ("M106 S51", 0.2), ("M106 S51\nM107", 0.0)])
def test_lamp_on_the_fan_output(line: str, level: float) -> None:
    board = bench()
    board.say(line + "\n")
    assert board.board.light() == pytest.approx(level)
    board.board.power_on()
    assert board.board.light() == 0


def test_quick_stop_breaks_a_movement_off_and_the_motor_overshoots() -> None:
    board = bench()
    board.say("M17\nG1 X100 F6000\n", wait=0.5)
    assert board.say("M400\n") == []
    assert board.say("M410\n") == ["ok", "ok"]
    told = board.say("M114\n")[0]
    x, count = float(told.split()[0][2:]), int(told.split("Count X:")[1].split()[0])
    assert x == pytest.approx(count / 80, abs=0.01)
    assert 0 < count < 8000
    assert round(board.board.physical()[0]) == 16 + count + 7


def test_without_an_emergency_parser_a_stop_waits_for_its_turn() -> None:
    board = bench(eager=False)
    board.say("M17\nG1 X100 F6000\nM400\n", wait=0.5)
    assert board.say("M410\n") == []
    assert board.after(1) == ["ok", "ok"]
    assert board.board.physical()[0] == 16 + 8000


@pytest.mark.parametrize("eager", [True, False])
def test_kill_is_the_end_until_a_reset(eager: bool) -> None:
    board = bench(eager=eager)
    board.say("M17\nM106\n")
    assert board.say("M112\n")[-1] == KILLED
    assert board.say("M115\nM17\n", wait=3) == []
    assert not held(board.board)
    board.board.power_on()
    assert board.after(0.1)[0] == "start"
    assert board.say("M17\n") == ["ok"]


def test_homing_ends_at_the_switch_where_the_count_is_zero() -> None:
    board = bench(switches=(Switch(1, 2000),))
    assert board.say("G28 Y\n") == []
    assert board.after(5)[-2:] == [AT_ZERO, "ok"]
    assert board.board.physical()[1] == 2000


def test_once_homed_soft_endstops_clamp_in_silence() -> None:
    board = bench(switches=(Switch(1, 2000),))
    board.say("M17\nG28 Y\n", wait=5)
    assert board.say("G1 Y-10 F6000\nM400\n", wait=2) == ["ok", "ok"]
    assert board.say("M114\n")[0] == AT_ZERO
    board.say("M211 S0\nG1 Y-10\nM400\n", wait=2)
    assert board.board.physical()[1] == 2000 - 800


def test_homing_without_a_switch_kills() -> None:
    board = bench(switches=(Switch(1, 2000),))
    assert board.say("G28 X\n", wait=5)[-1] == KILLED


def test_homing_broken_off_kills() -> None:
    board = bench(switches=(Switch(1, 2000),))
    board.say("G28 Y\n", wait=0.05)
    assert board.say("M410\n")[-1] == KILLED


def test_a_build_that_wants_homing_first_says_so() -> None:
    board = bench(switches=(Switch(0, 10),), home_first=True)
    assert board.say("G1 X5\n") == ["echo:Home X First", "ok"]
    board.say("G28 X\n", wait=3)
    assert board.say("G1 X5\n") == ["ok"]


def test_an_endstop_ends_the_movement_but_not_the_commands() -> None:
    board = bench()
    board.say("M17\nG1 X100 F6000\nM400\n", wait=0.5)
    board.board.hard_limit()
    heard = board.after(0)
    assert heard[0].startswith("echo:endstops hit:  X:")
    assert heard[1:] == ["ok"]
    assert 0 < float(board.say("M114\n")[0].split()[0][2:]) < 100


def test_trouble_in_a_movement() -> None:
    board = bench(Faults(mute_alarm_in_move=1))
    assert board.say("G1 X100 F6000\nM400\n", wait=3) == ["ok", KILLED]
    board = bench(Faults(reset_in_move=1))
    assert board.say("G1 X100 F6000\nM400\n", wait=3)[1] == "start"
    assert board.say("M114\n")[0] == AT_ZERO
    assert board.board.physical()[0] > 1000


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_any_bytes_leave_it_alive(pieces: list[bytes]) -> None:
    board = bench()
    for piece in pieces:
        board.board.receive(piece)
        board.clock.sleep(1)
        board.board.send()
    board.board.power_on()
    assert board.after(0.1)[0] == "start"
    assert board.say("\nM400\n")[-1] == "ok"
