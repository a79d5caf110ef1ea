"""The controller's rules on scripts of replies: greeting, asking again, and when a move is done."""

from dataclasses import replace

import pytest

from scanner.clock import FakeClock
from scanner.errors import ControllerAlarm, HardwareMissing, MotionError, MotionTimeout, PositionLost
from scanner.hardware.motion_controller import MotionController
from scanner.hardware.motion_line import only
from scanner.hardware.wire.dialect import Move
from scanner.hardware.wire.grbl import Grbl
from tests.hardware.links import ScriptedLink

BANNER = b"\r\nGrbl 1.1h ['$' for help]\r\n"
ANSWERS = {b"$I\n": [b"[VER:1.1h.20190825:]\r\nok\r\n"], b"$$\n": [b"$1=255\r\n$100=250.000\r\nok\r\n"]}
MOVE = Move(letter="X", start=0.0, target=10.0, steps=2500, way=2500, speed=10.0, seconds=1.0, tolerance=0.002)
LINE = b"G21 G90 G1 X10.00000 F600.00\n"
DWELL = b"G4 P0.010\n"
OLD = b"<Idle|MPos:0.000,0.000,0.000|FS:0,0>\r\n"
RUN = b"<Run|MPos:5.000,0.000,0.000|FS:0,0>\r\n"
PASSING = b"<Run|MPos:10.000,0.000,0.000|FS:0,0>\r\n"
THERE = b"<Idle|MPos:10.000,0.000,0.000|FS:0,0>\r\n"
HELD = b"<Hold:0|MPos:5.000,0.000,0.000|FS:0,0>\r\n"


def link_of(unasked: bytes = BANNER, **more: list[bytes]) -> ScriptedLink:
    named = {
        "line": LINE,
        "dwell": DWELL,
        "status": b"?",
        "reset": b"\x18",
        "settings": b"$$\n",
        "lamp": b"M8\n",
        "home": b"$H\n",
    }
    replies = {key: list(value) for key, value in ANSWERS.items()}
    replies |= {b"\x18": [BANNER], LINE: [b"ok\r\n"], b"?": [OLD]}
    replies |= {named[key]: value for key, value in more.items()}
    return ScriptedLink(FakeClock(), replies, unasked)


def unstarted(link: ScriptedLink) -> MotionController:
    return MotionController(only(link), Grbl(), link.clock, {})


def started(link: ScriptedLink) -> MotionController:
    controller = unstarted(link)
    controller.start()
    link.sent.clear()
    return controller


def test_nothing_is_sent_before_the_banner_and_the_quiet() -> None:
    link = link_of()
    controller = unstarted(link)
    controller.start()
    assert link.sent == [b"$I\n", b"$$\n", b"$$\n"]
    assert link.clock.monotonic() >= 0.3
    assert controller.version == "1.1h"
    assert controller.own == {"$1": 255, "$100": 250}
    assert controller.epoch == 0


def test_a_board_that_does_not_greet_is_reset() -> None:
    link = link_of(unasked=b"")
    unstarted(link).start()
    assert link.sent[0] == b"\x18"
    assert link.clock.monotonic() >= 3.0


def test_nobody_there() -> None:
    link = link_of(unasked=b"", reset=[b""])
    with pytest.raises(HardwareMissing, match="No GRBL controller answers at scripted") as missing:
        unstarted(link).start()
    assert "motion.baud" in missing.value.hint
    assert link.clock.monotonic() < 8


def test_a_garbled_scale_is_not_believed() -> None:
    good, bad = b"$100=250.000\r\nok\r\n", b"$100=258.000\r\nok\r\n"
    link = link_of(settings=[bad, good, good])
    assert started(link).own == {"$100": 250.0}
    different = [b"$100=%d.0\r\nok\r\n" % n for n in range(20)]
    with pytest.raises(MotionError, match="differently each time"):
        started(link_of(settings=different))


@pytest.mark.parametrize("first", [b"", b"o\xebk\r\n", b"error:2\r\n"], ids=["lost", "garbled", "refused"])
def test_a_line_without_ok_is_said_again(first: bytes) -> None:
    link = link_of(lamp=[first, b"ok\r\n"])
    started(link).command("M8")
    assert link.sent == [b"M8\n", b"M8\n"]


def test_a_refusal_that_stays_is_an_error_in_words() -> None:
    link = link_of(lamp=[b"error:9\r\n"])
    with pytest.raises(MotionError, match="refused 'M8': it is locked after an alarm") as refused:
        started(link).command("M8")
    assert refused.value.hint


def test_silence_is_a_timeout() -> None:
    link = link_of(lamp=[b""])
    controller = started(link)
    before = link.clock.monotonic()
    with pytest.raises(MotionTimeout, match="does not answer 'M8'"):
        controller.command("M8")
    assert link.clock.monotonic() - before == pytest.approx(3.0, abs=0.1)


def test_homing_is_never_said_twice() -> None:
    link = link_of(home=[b""])
    with pytest.raises(MotionTimeout):
        started(link).home("X", within=20)
    assert link.sent.count(b"$H\n") == 1


def test_a_stale_ok_does_not_answer_the_next_line() -> None:
    link = link_of(lamp=[b"error:9\r\n"])
    controller = started(link)
    link.unasked = b"ok\r\nok\r\n"
    with pytest.raises(MotionError, match="refused"):
        controller.command("M8")


def test_a_status_that_got_lost_is_asked_for_again() -> None:
    link = link_of(status=[b"", b"<Idle|MPos:1.0.0>\r\n", THERE])
    assert started(link).status().at == {"X": 10.0, "Y": 0.0, "Z": 0.0}
    assert link.sent == [b"?", b"?", b"?"]


def test_done_is_idle_and_at_the_target_behind_the_dwell() -> None:
    link = link_of(dwell=[b"ok\r\n"], status=[THERE])
    started(link).move(MOVE)
    assert link.sent == [LINE, DWELL, b"?"]


@pytest.mark.parametrize("lie", [OLD, RUN, PASSING, b"<Alarm|MPos:10.000,0,0>\r\n", b"<Idle|FS:0,0>\r\n"])
def test_half_of_the_truth_is_not_enough(lie: bytes) -> None:
    """Idle elsewhere, or at the target but not Idle: one lie costs one more question, never a wrong angle."""
    link = link_of(dwell=[b"ok\r\n"], status=[lie, lie, THERE])
    started(link).move(MOVE)
    assert link.sent.count(b"?") == 3


def test_a_report_with_too_few_axes_is_not_enough() -> None:
    link = link_of(dwell=[b"ok\r\n"], status=[b"<Idle|MPos:10.000>\r\n", b"<Idle|MPos:0.000,10.000>\r\n"])
    link.replies[LINE.replace(b"X", b"Y")] = [b"ok\r\n"]
    started(link).move(replace(MOVE, letter="Y"))
    assert link.sent.count(b"?") == 2


def test_without_the_dwell_a_single_idle_is_not_believed() -> None:
    link = link_of(dwell=[b""], status=[THERE, RUN, THERE, THERE])
    started(link).move(MOVE)
    assert link.sent.count(b"?") == 4


def test_half_a_step_beside_is_not_there() -> None:
    beside = b"<Idle|MPos:10.004,0.000,0.000>\r\n"
    link = link_of(dwell=[b"ok\r\n"], status=[beside] * 200 + [HELD, OLD])
    controller = started(link)
    with pytest.raises(MotionTimeout, match=r"X did not report 10\.000 within 3\.5 s"):
        controller.move(MOVE)


def test_past_the_deadline_motors_are_held_then_reset() -> None:
    link = link_of(status=[RUN])
    controller = started(link)
    with pytest.raises(MotionTimeout, match="did not report"):
        controller.move(MOVE)
    orders = [sent for sent in link.sent if sent in (b"!", b"\x18")]
    assert orders == [b"!", b"\x18"]
    assert controller.epoch == 1
    assert "middle of a movement" in controller.lost_because


def test_a_hold_that_came_to_rest_keeps_the_position() -> None:
    link = link_of(status=[RUN] * 14 + [HELD])
    controller = started(link)
    with pytest.raises(MotionTimeout):
        controller.move(MOVE)
    assert controller.epoch == 0
    assert controller.at == {"X": 5.0, "Y": 0.0, "Z": 0.0}


def test_a_controller_that_falls_silent_is_noticed_within_two_seconds() -> None:
    link = link_of(status=[RUN, b""])
    controller = started(link)
    before = link.clock.monotonic()
    with pytest.raises(MotionTimeout, match=r"does not answer '\?'"):
        controller.move(MOVE)
    resets = link.clock.monotonic() - before - 1.0 - 0.3
    assert resets < 3.5
    assert controller.epoch == 1


def test_an_alarm_while_waiting() -> None:
    link = link_of(status=[RUN, b"ALARM:1\r\n"])
    controller = started(link)
    with pytest.raises(ControllerAlarm, match="limit switch"):
        controller.move(MOVE)
    assert controller.epoch == 1


def test_a_banner_while_waiting() -> None:
    link = link_of(status=[RUN, b"\xff\x00" + BANNER])
    controller = started(link)
    with pytest.raises(PositionLost, match="started anew"):
        controller.move(MOVE)
    assert controller.epoch == 1


def test_a_reset_that_was_asked_for_is_no_loss() -> None:
    link = link_of(lamp=[b"ok\r\n"])
    controller = started(link)
    controller.light(1)
    controller.reset()
    assert controller.epoch == 0
    assert link.sent == [b"M8\n", b"\x18", b"?", b"M8\n"]


def test_a_reset_without_a_banner_is_a_loss() -> None:
    link = link_of()
    controller = started(link)
    link.replies[b"\x18"] = [b""]
    with pytest.raises(MotionTimeout, match="reset"):
        controller.reset()
    assert controller.epoch == 1
    link.unasked = BANNER
    controller.listen()
    assert controller.epoch == 2


def test_close_closes_the_link() -> None:
    link = link_of()
    started(link).close()
    assert link.closed


@pytest.mark.parametrize(
    ("greeting", "identity", "own", "version", "settings"),
    [
        pytest.param(
            b"Grbl 1.1f ['$' for help]\r\n[MSG:'$H'|'$X' to unlock]\r\n",
            b"[VER:1.1f.20170801:]\r\n[OPT:V,15,128]\r\nok\r\n",
            b"$0=10\r\n$1=25\r\n$10=1\r\n$100=250.000\r\n$101=250.000\r\nok\r\n",
            "1.1f",
            {"$0": 10, "$1": 25, "$10": 1, "$100": 250, "$101": 250},
            id="grbl-locked",
        ),
        pytest.param(
            b"\x00\x80\xfe\r\nGrblHAL 1.1f ['$' or '$HELP' for help]\r\n",
            b"[VER:1.1f.20230610:]\r\n[OPT:VNM,35,1024,3,0]\r\n[NEWOPT:ENUMS,RT+,HOME]\r\n[FIRMWARE:grblHAL]\r\nok\r\n",
            b"$0=10.0\r\n$1=255\r\n$70=7\r\n$100=88.889\r\n$341=0\r\n$N0=\r\nok\r\n",
            "1.1f",
            {"$0": 10, "$1": 255, "$70": 7, "$100": 88.889, "$341": 0},
            id="grblhal",
        ),
        pytest.param(
            b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET)\r\n[MSG:INFO: FluidNC v3.7.8]\r\n"
            b"\r\nGrbl 3.7 [FluidNC v3.7.8 (wifi) '$' for help]\r\n",
            b"[VER:3.7 FluidNC v3.7.8 (wifi):]\r\n[OPT:MPHS]\r\nok\r\n",
            b"$10=1\r\n$13=Off\r\nok\r\n",
            "3.7",
            {"$10": 1},
            id="fluidnc",
        ),
    ],
)
def test_firmwares_that_speak_the_dialect(
    greeting: bytes, identity: bytes, own: bytes, version: str, settings: dict[str, float]
) -> None:
    link = link_of(unasked=greeting, settings=[own])
    link.replies[b"$I\n"] = [identity]
    controller = started(link)
    assert controller.version == version
    assert controller.own == settings


@pytest.mark.parametrize(
    ("report", "resets", "losses"),
    [
        (OLD, 0, 0),
        (b"<Alarm|MPos:0.000,0.000,0.000>\r\n", 1, 1),
        (HELD, 1, 0),
        (b"<Door:0|MPos:0.000,0.000,0.000>\r\n", 1, 0),
        (b"<Sleep|MPos:0.000,0.000,0.000>\r\n", 2, 0),
        (b"<Check|MPos:0.000,0.000,0.000>\r\n", 1, 0),
        (b"", 1, 1),
    ],
    ids=["idle", "alarm", "hold", "door", "sleep", "check", "silent"],
)
def test_wake_resets_whatever_is_not_idle(report: bytes, resets: int, losses: int) -> None:
    """A lock whose alarm got lost, or a silence in which anything may have happened, loses the position.

    Out of sleep it takes two: after the first the motors of a real GRBL 1.1h still have no current.
    """
    asked = [report] * (6 if not report else 1)
    link = link_of(status=[*asked, OLD])
    controller = started(link)
    controller.wake()
    assert link.sent.count(b"\x18") == resets
    assert controller.epoch == losses


def test_a_banner_while_it_is_brought_to_rest_was_not_asked_for() -> None:
    """A reset in mid-move that is noticed only when the deadline has passed."""
    link = link_of(status=[RUN, b""])
    controller = started(link)
    link.replies[b"!"] = [BANNER]
    with pytest.raises(MotionTimeout):
        controller.move(MOVE)
    assert controller.epoch == 2
    assert controller.at is None


@pytest.mark.parametrize(("state", "said"), [("Alarm", [b"?", b"$X\n", b"?"]), ("Idle", [b"?"])])
def test_unlock_only_what_is_locked(state: str, said: list[bytes]) -> None:
    link = link_of(status=[b"<%s|MPos:0.000,0.000,0.000>\r\n" % state.encode()])
    link.replies[b"$X\n"] = [b"[MSG:Caution: Unlocked]\r\nok\r\n"]
    started(link).unlock()
    assert link.sent == said


def test_a_locked_controller_keeps_its_lamp_for_later() -> None:
    """After a reset into the alarm state no lamp can be switched; unlocking brings it back."""
    alarm = b"<Alarm|MPos:0.000,0.000,0.000>\r\n"
    link = link_of(lamp=[b"ok\r\n"], status=[alarm, alarm, OLD])
    link.replies[b"$X\n"] = [b"ok\r\n"]
    controller = started(link)
    controller.light(1)
    link.sent.clear()
    controller.reset()
    assert b"M8\n" not in link.sent
    controller.unlock()
    assert link.sent[-1] == b"M8\n"


def test_work_positions_with_a_rare_offset() -> None:
    """With $10=0 the offset comes only now and then; the last one holds until the next."""
    first = b"<Idle|WPos:1.000,0.000,0.000|WCO:9.000,0.000,0.000>\r\n"
    link = link_of(dwell=[b"ok\r\n"], status=[first])
    controller = started(link)
    controller.status()
    assert controller.at == {"X": 10.0, "Y": 0.0, "Z": 0.0}
    link.replies[b"?"] = [b"<Idle|WPos:1.000,0.000,0.000>\r\n"]
    controller.move(MOVE)
    assert controller.at == {"X": 10.0, "Y": 0.0, "Z": 0.0}
