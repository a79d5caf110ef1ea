"""The steps of an axis from the command line."""

import pytest

from scanner.capture.events import RigStatus
from scanner.cli import main
from scanner.cli.calibrate_axis import answered, axis_of, in_words, legs, move
from scanner.cli.client import Client
from scanner.cli.exits import Exit
from scanner.daemon import Daemon
from scanner.daemon.setup import AxisSteps
from scanner.errors import NotFound, OutOfRange, PositionLost
from scanner.hardware.protocols import AxisFacts
from tests.capture.fakes import FakeRig

ENDLESS = AxisFacts(name="turntable", low=None, high=None, step=0.1, can_home=False)
TILT = AxisFacts(name="tilt", low=-20, high=70, step=0.1, can_home=False)
RAIL = AxisFacts(name="focus", low=0, high=30, step=0.01, can_home=True, unit="mm")


class Bench(Client):
    """A scanner whose axes go at once where they are told to; `angle`: where each one stands."""

    def __init__(self, angle: float | None = 0.0) -> None:
        super().__init__("http://rig.local:8080")
        self.moves: list[tuple[str, float]] = []
        self._status = RigStatus(facts=FakeRig().open().facts, axes={"turntable": angle, "tilt": angle})

    def rig(self) -> RigStatus:
        return self._status

    def move_axis(self, name: str, angle: float) -> RigStatus:
        self.moves.append((name, angle))
        return self._status


@pytest.mark.parametrize(
    ("axis", "angle", "by", "targets"),
    [
        (ENDLESS, 0, 360, [90, 180, 270, 360]),
        (ENDLESS, 350, 30, [380]),
        (ENDLESS, 10, 100, [60, 110]),
        (ENDLESS, 0, 720, [90, 180, 270, 360, 450, 540, 630, 720]),
        (TILT, 0, 60, [60]),
        (TILT, 60, 60, [0]),
        (TILT, -20, 90, [70]),
        (RAIL, 5, 25, [30]),
        (RAIL, 30, 30, [0]),
    ],
)
def test_the_way_there(axis: AxisFacts, angle: float, by: float, targets: list[float]) -> None:
    assert list(legs(axis, angle, by)) == pytest.approx(targets)


def test_a_way_that_is_too_far_says_what_is_possible() -> None:
    with pytest.raises(OutOfRange) as caught:
        list(legs(TILT, 30, 80))
    assert caught.value.message == "From 30 ° the tilt can go 40 ° up and 50 ° down."
    assert "then it can go 90 °" in caught.value.hint
    with pytest.raises(OutOfRange, match="the focus can go 10 mm up and 20 mm down"):
        list(legs(RAIL, 20, 31))


def test_the_turntable_is_moved_on_from_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench(angle=45.0)
    move(bench, ENDLESS, 180)
    assert bench.moves == [("turntable", 135.0), ("turntable", 225.0)]
    assert capsys.readouterr().err == "turntable: to 135 °\nturntable: to 225 °\n"


def test_an_axis_that_does_not_know_where_it_is_does_not_move() -> None:
    bench = Bench(angle=None)
    with pytest.raises(PositionLost, match="Nobody knows where the tilt stands") as caught:
        move(bench, TILT, 10)
    assert "set its zero" in caught.value.hint
    assert bench.moves == []


def test_an_axis_that_the_rig_does_not_have() -> None:
    assert axis_of(Bench(), "tilt").high == 70
    with pytest.raises(NotFound) as caught:
        axis_of(Bench(), "focus")
    assert caught.value.hint == "It has: turntable, tilt."


class Person:
    """Gives one answer after the other; `asked`: the questions."""

    def __init__(self, *answers: str) -> None:
        self._answers = iter(answers)
        self.asked: list[str] = []

    def __call__(self, question: str) -> str:
        self.asked.append(question)
        return next(self._answers)


@pytest.mark.parametrize(
    ("answers", "number"), [(["352.4"], 352.4), (["352,4"], 352.4), (["", "far", "-3", "0", "nan", "1e9", "12"], 12.0)]
)
def test_a_person_is_asked_until_there_is_a_number(answers: list[str], number: float) -> None:
    person = Person(*answers)
    assert answered(ENDLESS, person) == number
    assert person.asked[0] == "How far did it turn? (degrees)"
    assert set(person.asked[1:]) <= {"A number of degrees, please, such as 352.4:"}
    assert len(person.asked) == len(answers)


def test_a_rail_is_asked_for_in_millimetres() -> None:
    person = Person("9.5")
    assert answered(RAIL, person) == 9.5
    assert person.asked == ["How far did it move? (millimetres)"]


def test_before_and_after_in_words() -> None:
    words = in_words(AxisSteps(name="turntable", before=9.0, after=9.18))
    assert words.splitlines() == [
        "turntable: 9 steps a degree before, 9.18 now (+2.00%).",
        "The rig was opened anew: home its axes, or set their zero, before the next picture.",
    ]
    assert "1600 steps a millimetre before, 1568 now (-2.00%)" in in_words(
        AxisSteps(name="focus", before=1600, after=1568)
    )


def test_a_whole_calibration(daemon: Daemon, daemon_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing moves where the answer is given; the settings hold the new steps."""
    before = daemon.settings.rig.motion.turntable.steps_per_degree
    arguments = ["calibrate", "axis", "turntable", "--by", "360", "--turned", "352.4", "--server", daemon_url]
    assert main(arguments) == Exit.OK
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "turntable: 8.88889 steps a degree before, 9.08059 now (+2.16%)." in captured.out
    assert daemon.settings.rig.motion.turntable.steps_per_degree == pytest.approx(before * 360 / 352.4)


def test_it_moves_before_it_asks(daemon: Daemon, daemon_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    client = Client(daemon_url)
    move(client, axis_of(client, "turntable"), 100)
    assert daemon.status().rig.axes["turntable"] == pytest.approx(100, abs=0.1)
    assert client.calibrate_axis("turntable", 100, 100).after == pytest.approx(3200 / 360)
    assert main(["calibrate", "axis", "focus", "--by", "5", "--server", daemon_url]) == Exit.FAILED
    assert "no axis 'focus'" in capsys.readouterr().err
