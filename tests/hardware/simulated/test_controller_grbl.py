"""The simulated firmware answers as GRBL 1.1h does: transcripts on a clock that jumps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.clock import FakeClock
from scanner.hardware.simulated.controller_faults import Faults
from scanner.hardware.simulated.controller_flavours import FLUIDNC, GRBL, GRBLHAL, Flavour
from scanner.hardware.simulated.controller_grbl import GrblFirmware
from scanner.hardware.simulated.controller_motors import FULL_STEP, SAG, Switch

GREETING = b"\r\nGrbl 1.1h ['$' for help]\r\n"


def held(board: GrblFirmware) -> bool:
    return board.held


def unplugged(board: GrblFirmware) -> bool:
    return board.unplugged


class Board:
    """A firmware after its greeting."""

    def __init__(
        self,
        faults: Faults | None = None,
        switches: tuple[Switch, ...] = (),
        homing: bool = False,
        flavour: Flavour = GRBL,
    ) -> None:
        self.clock = FakeClock()
        self.firmware = GrblFirmware(self.clock, faults or Faults(), switches=switches, flavour=flavour)
        self.firmware.settings[22] = float(homing)
        self.firmware.power_on()
        self.clock.sleep(0.1)
        self.greeting = self.firmware.send()

    def say(self, text: str, wait: float = 0.0) -> list[str]:
        self.firmware.receive(text.encode("latin-1"))
        self.clock.sleep(wait)
        return self.firmware.send().decode("latin-1").split()


def test_greets_after_its_boot() -> None:
    board = Board()
    assert board.greeting == GREETING
    board.firmware.power_on()
    assert board.say("?$$\n") == []
    board.clock.sleep(0.1)
    assert board.firmware.send() == GREETING


def test_ok_means_queued() -> None:
    board = Board()
    assert board.say("G21 G90 G1 X100 F6000\n") == ["ok"]
    assert board.say("?")[0].startswith("<Run|MPos:0.000")
    assert board.say("G4 P0.01\n") == []
    board.clock.sleep(0.5)
    assert board.firmware.send() == b""
    assert 0 < board.firmware.physical()[0] < 25_000
    board.clock.sleep(1)
    assert board.firmware.send() == b""  # the dwell begins when somebody looks
    board.clock.sleep(0.02)
    assert board.firmware.send() == b"ok\r\n"
    assert board.say("?")[0].startswith("<Idle|MPos:100.000,0.000,0.000|")
    assert board.firmware.physical() == (25_000, 0, 0)


def test_the_queue_holds_fifteen() -> None:
    board = Board()
    assert board.say("".join(f"G0 X{n}\n" for n in range(1, 21))) == ["ok"] * 15
    board.clock.sleep(10)
    assert board.firmware.send() == b"ok\r\n" * 5


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("", "ok"),
        ("$X", "ok"),
        ("G91 G0 X1", "ok"),
        ("g90g0x1", "ok"),
        ("G1 X5", "error:22"),
        ("G2 X5", "error:20"),
        ("M6", "error:20"),
        ("G4", "error:28"),
        ("Xx", "error:2"),
        ("5", "error:1"),
        ("$H", "error:5"),
        ("$J=X1", "error:3"),
        ("$1=25", "ok"),
    ],
)
def test_replies(line: str, reply: str) -> None:
    assert Board().say(line + "\n") == [reply]


def test_settings_are_told_and_changed() -> None:
    board = Board()
    told = board.say("$$\n")
    assert told[-1] == "ok"
    assert "$1=255" in told
    assert "$100=250" in told
    board.say("$100=88.8888\n")
    assert "$100=88.889" in board.say("$$\n")
    assert board.say("$I\n")[0] == "[VER:1.1h.20190825:]"


def test_relative_moves_add_up() -> None:
    board = Board()
    board.say("G91 G0 X1\nX1 Y-1\nG90 G0 Y2\n", wait=5)
    assert board.firmware.physical() == (500, 500, 0)


def test_no_axis_is_faster_than_its_setting() -> None:
    board = Board()
    board.firmware.settings[110] = 60.0
    board.say("G1 X10 F6000\n", wait=9.9)
    assert board.firmware.physical()[0] < 2500
    board.clock.sleep(0.5)
    assert board.firmware.physical()[0] == 2500


@pytest.mark.parametrize(
    ("lines", "level"),
    [("M8\n", 1), ("M8\nM9\n", 0), ("M3 S250\n", 0.25), ("M3 S250\nM5\n", 0), ("S500 M3\n", 0.5), ("M3 S9999\n", 1)],
)
def test_lamp(lines: str, level: float) -> None:
    board = Board()
    board.say(lines)
    assert board.firmware.light() == pytest.approx(level)
    board.say("\x18")
    assert board.firmware.light() == 0


def test_hold_then_reset_keeps_the_position() -> None:
    board = Board()
    board.say("G1 X100 F6000\n", wait=0.5)
    assert board.say("!?")[0].startswith("<Hold:1")
    board.clock.sleep(1)
    held = board.say("?")[0]
    assert held.startswith("<Hold:0")
    assert board.say("G0 X0\n") == []
    assert board.say("\x18") == ["Grbl", "1.1h", "['$'", "for", "help]"]
    assert board.say("?")[0].split("|")[1] == held.split("|")[1]


def test_hold_then_resume_arrives() -> None:
    board = Board()
    board.say("G1 X100 F6000\n", wait=0.5)
    board.say("!", wait=1)
    board.say("~", wait=5)
    assert board.firmware.physical()[0] == 25_000


def test_reset_in_motion_is_alarm_three() -> None:
    board = Board()
    board.say("G1 X100 F6000\n", wait=0.5)
    reply = board.say("\x18")
    assert reply[0] == "ALARM:3"
    assert "[MSG:'$H'|'$X'" in reply
    assert board.say("G0 X0\n") == ["error:9"]
    assert board.say("?")[0].startswith("<Alarm")
    assert board.say("$X\n")[-1] == "ok"
    assert board.say("G0 X0\n") == ["ok"]


def test_hard_limit_is_silence_until_a_reset() -> None:
    board = Board()
    board.say("G1 X100 F6000\n", wait=0.5)
    board.firmware.hard_limit()
    assert board.say("") == ["ALARM:1"]
    assert board.say("?$X\n") == []
    assert "[MSG:'$H'|'$X'" in board.say("\x18")
    assert board.say("$X\n")[-1] == "ok"


def test_power_loss_zeroes_the_count_but_not_the_motor() -> None:
    board = Board()
    board.say("G0 X10\n", wait=5)
    board.firmware.power_on()
    board.clock.sleep(0.1)
    assert "MPos:0.000" in board.say("?")[-1]
    assert board.firmware.physical()[0] == 2500
    board.say("G0 X1\n", wait=5)
    assert board.firmware.physical()[0] == 2750


def test_homing_goes_to_the_switch() -> None:
    board = Board(switches=(Switch(1, -5000),), homing=True)
    assert b"to unlock" in board.greeting
    assert board.say("$H\n") == []
    board.clock.sleep(0.05)
    assert -5000 < board.firmware.physical()[1] < 0
    assert board.say("?!") == []
    board.clock.sleep(10)
    assert board.say("") == ["ok", "<Idle|MPos:0.000,-1.000,0.000|FS:0,0>"]
    assert board.firmware.physical() == (0, -5000, 0)


def test_reset_while_homing_is_alarm_six() -> None:
    board = Board(switches=(Switch(1, -500_000),), homing=True)
    board.say("$H\n", wait=1)
    assert board.say("\x18")[0] == "ALARM:6"
    here = board.firmware.physical()
    board.clock.sleep(10)
    assert board.firmware.physical() == here


def test_stock_grbl_homes_all_axes_or_none() -> None:
    board = Board(switches=(Switch(1, 5),), homing=True)
    assert board.say("$HY\n") == ["error:3"]
    board.firmware.motors.switches = ()
    assert board.say("$H\n") == ["ALARM:9"]


def test_single_axes_home_on_relatives() -> None:
    board = Board(switches=(Switch(1, 500), Switch(0, 300)), homing=True, flavour=GRBLHAL)
    assert board.say("$HY\n", wait=5) == ["ok"]
    assert board.firmware.physical() == (0, 500, 0)
    assert board.say("$HZ\n") == ["ALARM:9"]


def test_questions_that_come_together_get_one_answer() -> None:
    assert len(Board().say("?" * 100)) == 1


def test_the_serial_buffer_holds_127_bytes_behind_the_line_in_work() -> None:
    board = Board()
    board.say("G4 P1\n" + "$X\n" * 100)
    board.clock.sleep(2)
    assert board.firmware.send().count(b"ok") == 1 + 127 // 3


def test_lines_of_eighty_characters_are_refused() -> None:
    board = Board()
    assert board.say("G0" + "X0" * 38 + "F1" + "0" * 2 + "\n") == ["error:11"]
    assert board.say("G0" + "X0" * 38 + "\n") == ["ok"]


def test_current_ends_after_each_move_unless_it_is_told_to_stay() -> None:
    board = Board()
    board.say("$1=25\nG1 X1 Y1 F6000\n", wait=1)
    assert not held(board.firmware)
    board.clock.sleep(5)
    assert board.firmware.physical() == (250 + FULL_STEP, 250 - SAG, FULL_STEP)
    assert board.say("?")[0].startswith("<Idle|MPos:1.000,1.000")
    board.say("$1=255\nG1 X2 F6000\n", wait=5)
    assert held(board.firmware)


def test_current_stays_while_a_move_waits_behind_another() -> None:
    board = Board()
    board.say("$1=25\nG1 X100 F6000\nX0\n", wait=1.05)
    assert held(board.firmware)
    board.clock.sleep(2)
    assert not held(board.firmware)


def test_an_alarm_in_motion_lets_go_until_the_reset() -> None:
    board = Board()
    board.say("G1 Y100 F6000\n", wait=0.5)
    board.firmware.hard_limit()
    board.clock.sleep(2)
    assert not held(board.firmware)
    board.say("\x18")
    assert held(board.firmware)


def test_asleep_until_a_reset_which_ends_in_alarm() -> None:
    board = Board()
    assert board.say("$SLP\n") == ["ok", "[MSG:Sleeping]"]
    assert not held(board.firmware)
    assert board.say("?")[0].startswith("<Sleep|")
    assert board.say("$X\nG0 X1\n") == []
    assert "[MSG:'$H'|'$X'" in board.say("\x18")
    assert board.say("?")[0].startswith("<Alarm|")
    assert board.say("$X\n")[-1] == "ok"
    assert not held(board.firmware)
    board.say("\x18")
    assert held(board.firmware)


def test_inches_and_machine_coordinates() -> None:
    board = Board()
    board.say("G20 G91 G0 X1\nG21 G53 G0 X50\n", wait=9)
    assert board.firmware.physical()[0] == 12_500
    board.say("X1\n", wait=1)
    assert board.firmware.physical()[0] == 12_750
    assert board.say("$G\n")[0].startswith("[GC:G0")


def test_real_time_bytes_act_inside_a_line() -> None:
    board = Board()
    assert board.say("G0 ?X1\n")[0].startswith("<Idle")
    assert board.say("", wait=5) == []
    assert board.firmware.physical()[0] == 250


@pytest.mark.parametrize(
    ("faults", "heard"),
    [
        (Faults(lose_reply=1), []),
        (Faults(double_reply=1), ["ok", "ok"]),
        (Faults(lose_line=1), []),
    ],
)
def test_faults_of_the_wire(faults: Faults, heard: list[str]) -> None:
    board = Board()
    board.firmware.spoil(faults)
    assert board.say("$X\n") == heard


def test_a_flipped_bit_in_a_line_is_refused_or_another_line() -> None:
    board = Board()
    board.firmware.spoil(Faults(garble_line=1))
    assert {reply.split(":")[0] for _ in range(40) for reply in board.say("G21 G90 G0 X10\n", wait=5)} == {
        "ok",
        "error",
    }


def test_faults_are_reproducible() -> None:
    def hear(seed: int) -> list[list[str]]:
        board = Board()
        board.firmware.spoil(Faults(seed=seed, lose_reply=0.3, garble_reply=0.3, noise=0.3))
        return [board.say("$X\n") for _ in range(40)]

    assert hear(1) == hear(1)
    assert hear(1) != hear(2)


@pytest.mark.parametrize("flavour", [GRBL, GRBLHAL, FLUIDNC])
def test_relatives_greet_and_report_in_their_own_way(flavour: Flavour) -> None:
    board = Board(flavour=flavour)
    assert flavour.banner in board.greeting.decode()
    report = board.say("?")[0]
    assert report.startswith("<Idle|MPos:0.000,0.000,0.000|")
    assert flavour.fields in report
    told = board.say("$$\n")
    assert ("$1=255" in told) == (1 not in flavour.without)
    assert "$100=250" in told


def test_fluidnc_says_errors_and_alarms_in_words() -> None:
    board = Board(flavour=FLUIDNC)
    assert " ".join(board.say("G1 X5\n")) == "error: Gcode undefined feed rate"
    board.firmware.hard_limit()
    assert " ".join(board.say("")) == "[MSG:INFO: ALARM: Hard Limit] ALARM:1"


def test_delayed_replies_keep_their_order() -> None:
    board = Board()
    board.firmware.spoil(Faults(delay_reply=0.5, delay_s=2.0, seed=4))
    board.say("$X\n$I\n$X\n")
    heard = b""
    for _ in range(9):
        due = board.firmware.due()
        if due is None:
            break
        board.clock.sleep(due - board.clock.monotonic())
        heard += board.firmware.send()
    assert board.clock.monotonic() > 0.2
    assert heard.split()[-4:] == [b"[VER:1.1h.20190825:]", b"[OPT:V,15,128]", b"ok", b"ok"]


def test_the_cable_comes_out_after_so_many_bytes() -> None:
    board = Board()
    board.firmware.spoil(Faults(unplug_at=8))
    assert board.say("$X\n") == ["ok"]
    assert not unplugged(board.firmware)
    assert board.say("$X\n") == []
    assert unplugged(board.firmware)
    board.firmware.power_off()
    board.clock.sleep(2)
    assert board.firmware.send() == b""
    assert not held(board.firmware)
    assert board.firmware.due() is None
    board.firmware.spoil(Faults())
    board.firmware.power_on()
    board.clock.sleep(1)
    assert board.firmware.send() == GREETING


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_any_bytes_leave_it_alive(pieces: list[bytes]) -> None:
    board = Board()
    for piece in pieces:
        board.firmware.receive(piece)
        board.clock.sleep(1)
        board.firmware.send()
    board.firmware.receive(b"\x18")
    assert GREETING in board.firmware.send()
