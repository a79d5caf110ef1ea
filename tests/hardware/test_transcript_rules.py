"""What real GRBL does and a driver must live with: each trap is one test, named for it."""

import termios

import pytest
from serial import SerialException

from scanner.clock import FakeClock
from scanner.errors import ControllerAlarm, MotionError, MotionTimeout, PositionLost
from scanner.hardware.motion_settings import AxisSettings, MotionSettings, TiltSettings
from scanner.hardware.serial_motion import SerialLink, SerialMotion, motion_over
from tests.hardware.links import ScriptedLink

BANNER = b"\r\nGrbl 1.1h ['$' for help]\r\n"
SETTINGS = b"$1=255\r\n$100=10.000\r\n$101=10.000\r\nok\r\n"
RIG = MotionSettings(
    turntable=AxisSettings(steps_per_degree=10, approach=0), tilt=TiltSettings(steps_per_degree=10, approach=0)
)
MOVE = b"G21 G90 G1 X10.00000 F1800.00\n"
FENCE = b"G4 P0.010\n"


def report(state: str, x: float) -> bytes:
    return f"<{state}|MPos:{x:.3f},0.000,0.000|FS:0,0>\r\n".encode()


def link_of(**replies: list[bytes]) -> ScriptedLink:
    named = {"move": MOVE, "fence": FENCE, "status": b"?", "reset": b"\x18", "settings": b"$$\n", "lamp": b"M8\n"}
    table = {b"$I\n": [b"[VER:1.1h.20190825:]\r\nok\r\n"], b"$$\n": [SETTINGS], MOVE: [b"ok\r\n"], b"\x18": [BANNER]}
    table |= {b"?": [report("Idle", 0)], b"M8\n": [b"ok\r\n"], b"$X\n": [b"ok\r\n"]}
    return ScriptedLink(FakeClock(), table | {named[name]: list(answers) for name, answers in replies.items()}, BANNER)


def zeroed(link: ScriptedLink, *reports: bytes) -> SerialMotion:
    """The turntable stands at zero; the next `reports` come one after the other, the last one for ever."""
    motion = motion_over(link, RIG, link.clock)
    motion.axes["turntable"].set_zero()
    link.sent.clear()
    link.replies[b"?"] = list(reports) or link.replies[b"?"]
    return motion


def test_ok_comes_before_motion() -> None:
    """The ok of a line means queued: the move has not ended before the fence is answered and a report is there."""
    idle, run, there = report("Idle", 0), report("Run", 5), report("Idle", 10)
    link = link_of(fence=[b""])
    motion = zeroed(link, idle, run, run, run, there, there)
    assert motion.axes["turntable"].move_to(10) == 10
    assert link.sent[:4] == [b"?", MOVE, FENCE, b"?"]
    assert link.sent.count(b"?") == 6


def test_an_idle_that_lies() -> None:
    """Idle at the old place, with the fence answered: the next reports decide."""
    idle, there = report("Idle", 0), report("Idle", 10)
    link = link_of(fence=[b"ok\r\n"])
    motion = zeroed(link, idle, idle, idle, there)
    assert motion.axes["turntable"].move_to(10) == 10
    assert link.sent.count(b"?") == 4


def test_a_hard_limit_is_an_alarm_and_then_silence() -> None:
    """Mute even to a status query until it is reset, which wake does before anything else is tried."""
    idle = report("Idle", 0)
    link = link_of(fence=[b""])
    motion = zeroed(link, idle, report("Run", 5) + b"ALARM:1\r\n", b"")
    table = motion.axes["turntable"]
    with pytest.raises(ControllerAlarm, match="limit switch was hit") as alarm:
        table.move_to(10)
    assert alarm.value.hint
    assert table.angle is None
    link.sent.clear()
    link.replies[b"?"] = [b""] * 6 + [report("Alarm", 5), report("Alarm", 5), idle]
    table.set_zero()
    assert b"\x18" in link.sent
    assert link.sent.index(b"\x18") < link.sent.index(b"$X\n")
    assert table.angle == 0


def test_a_mute_controller_ends_in_an_error_not_in_a_wait() -> None:
    link = link_of(fence=[b""])
    motion = zeroed(link, report("Idle", 0), report("Run", 5), b"")
    before = link.clock.monotonic()
    with pytest.raises(MotionTimeout):
        motion.axes["turntable"].move_to(10)
    assert link.clock.monotonic() - before < 5
    assert motion.axes["turntable"].angle is None


def test_a_soft_reset_forgets_modes_and_the_lamp() -> None:
    """Units and mode stand in the line that moves; the lamp is lit again."""
    link = link_of(fence=[b"ok\r\n"], status=[report("Idle", 0)])
    motion = zeroed(link)
    assert motion.light is not None
    motion.light.set(1)
    link.replies[b"?"] = [report("Hold:0", 0), report("Idle", 0)]
    link.sent.clear()
    motion.axes["turntable"].set_zero()
    assert b"\x18" in link.sent
    assert b"M8\n" in link.sent[link.sent.index(b"\x18") :]
    link.replies[b"?"] = [report("Idle", 0), report("Idle", 10)]
    motion.axes["turntable"].move_to(10)
    assert all(line.startswith(b"G21 G90 ") for line in link.sent if b"X" in line and line.startswith(b"G"))


def test_opening_the_port_is_a_reset() -> None:
    """Nothing is sent before the banner and a pause, and no axis knows where it is."""
    link = link_of()
    motion = motion_over(link, RIG, link.clock)
    assert link.sent[0] == b"$I\n"
    assert link.clock.monotonic() >= 0.3
    with pytest.raises(PositionLost):
        motion.axes["turntable"].move_to(10)
    assert MOVE not in link.sent


def test_garbage_bytes_between_and_within_replies() -> None:
    idle, there = report("Idle", 0), b"\xff\x80\r\n" + report("Idle", 10)
    link = link_of(
        settings=[b"\x00$1=2\xb55\r\n" + SETTINGS, SETTINGS, SETTINGS],
        move=[b"o\xeb\r\nok\r\n"],
        fence=[b"\xfe\xfeok\r\nok\r\n"],
    )
    noisy = b"<Id\xe5e|MPos:0.000,0.000,0.000>\r\n" + idle
    assert zeroed(link, noisy, there).axes["turntable"].move_to(10) == 10


def test_a_controller_that_cuts_its_motors_is_not_used_for_a_scan() -> None:
    """$1=25 is GRBL's default: the tilt would drop between two positions."""
    motion = zeroed(link_of(settings=[SETTINGS.replace(b"$1=255", b"$1=25")]))
    assert any("send $1=255" in note for note in motion.notes)
    with pytest.raises(MotionError, match=r"\(\$1=25\)") as drop:
        motion.hold()
    assert "miniterm scripted 115200" in drop.value.hint
    zeroed(link_of()).hold()


class Port:
    """A port of pyserial that breaks with `error` from now on."""

    def __init__(self, error: Exception, broken_by: str) -> None:
        self.is_open = True
        self._error = error
        self._broken_by = broken_by

    @property
    def in_waiting(self) -> int:
        if self._broken_by == "in_waiting":
            raise self._error
        return 1

    def read(self, _: int) -> bytes:
        raise self._error

    def write(self, _: bytes) -> None:
        raise self._error

    def reset_output_buffer(self) -> None:
        raise self._error

    def close(self) -> None:
        raise self._error


@pytest.mark.parametrize("broken_by", ["in_waiting", "read", "write"])
@pytest.mark.parametrize(
    "error",
    [SerialException("device disconnected"), OSError(5, "Input/output error"), termios.error(5, "Input/output error")],
    ids=["SerialException", "OSError", "termios.error"],
)
def test_an_unplugged_cable_whatever_is_raised(error: Exception, broken_by: str) -> None:
    link = SerialLink("/dev/ttyUSB9", 115_200, lambda *_, **__: Port(error, broken_by))  # type: ignore[arg-type]
    with pytest.raises(MotionError, match="/dev/ttyUSB9 broke") as broken:
        link.write(b"?") if broken_by == "write" else link.read(0.1)
    assert "cable" in broken.value.hint
    link.close()
