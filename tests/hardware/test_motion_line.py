"""The line: events in order, alive until it is found broken, and opened again once for each time it is asked."""

from dataclasses import dataclass, field

import pytest

from scanner.errors import HardwareMissing, MotionError
from scanner.hardware.motion_line import Line, Link, only
from scanner.hardware.wire.dialect import Banner, Ok, Refused
from scanner.hardware.wire.grbl import Grbl


@dataclass
class Wire:
    """A link that gives what it has; `broken` raises."""

    name: str = "wire"
    data: list[bytes] = field(default_factory=list)
    sent: bytes = b""
    broken: bool = False
    closed: int = 0

    def read(self, timeout: float) -> bytes:
        if self.broken:
            raise MotionError(f"Gone after {timeout}.", "Plug it in.")
        return self.data.pop(0) if self.data else b""

    def write(self, data: bytes) -> None:
        if self.broken:
            raise MotionError("Gone.", "Plug it in.")
        self.sent += data

    def close(self) -> None:
        self.closed += 1


def test_events_come_in_order_however_they_were_cut() -> None:
    line = Line(only(Wire(data=[b"ok\r\nerr", b"or:9\r\nok\r\n"])), Grbl())
    assert line.take() is None
    assert line.poll(0.0)
    assert (line.take(), line.take()) == (Ok(), None)
    assert line.poll(0.0)
    assert isinstance(line.take(), Refused)
    assert line.take() == Ok()
    assert not line.poll(0.0)


def test_reading_and_writing_find_out_that_it_is_broken() -> None:
    for use in ("read", "write"):
        wire = Wire()
        line = Line(only(wire), Grbl())
        assert line.alive
        wire.broken = True
        with pytest.raises(MotionError):
            line.poll(0.0) if use == "read" else line.write(b"?")
        assert not line.alive


def test_opened_again_it_knows_nothing_of_before() -> None:
    wires = [Wire(data=[b"ok\nGrbl 1."]), Wire(data=[b"1h ['$' for help]\n", b"Grbl 1.1h\n"])]
    first, second = wires
    line = Line(lambda: wires.pop(0), Grbl())
    line.poll(0.0)
    first.broken = True
    with pytest.raises(MotionError):
        line.poll(0.0)
    line.reopen()
    assert (line.alive, first.closed, second.closed) == (True, 1, 0)
    assert line.take() is None
    line.poll(0.0)
    assert line.take() == Banner("")
    line.write(b"?")
    assert (first.sent, second.sent) == (b"", b"?")


def test_what_cannot_be_opened_again_stays_dead_and_keeps_its_name() -> None:
    wire = Wire()
    line = Line(only(wire), Grbl())
    for _ in range(2):
        with pytest.raises(HardwareMissing, match="wire cannot be opened again"):
            line.reopen()
        assert (line.alive, line.name) == (False, "wire")


def test_given_up_it_is_closed_and_dead() -> None:
    wire = Wire()
    line = Line(only(wire), Grbl())
    line.give_up()
    assert (line.alive, wire.closed) == (False, 1)
    line.close()
    assert wire.closed == 2


def test_a_link_is_a_link() -> None:
    link: Link = Wire()
    assert only(link)() is link
