"""Calibrating breathing from the command line."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from scanner.api.app import create_app
from scanner.capture.calibration_data import BreathingCalibration, CalibrationPlan
from scanner.capture.events import Problem, RigStatus, SweepFacts
from scanner.cli import main
from scanner.cli.arguments import parser
from scanner.cli.calibrate_breathing import calibrate, in_words, plan_of
from scanner.cli.client import Client, Unreachable
from scanner.cli.exits import Exit
from scanner.clock import Clock, FakeClock
from scanner.daemon import Daemon
from scanner.errors import NotFound, PlanError, RigBusy
from tests.api.scans import wait_until
from tests.api.servers import serving


def known(minute: int, **more: object) -> BreathingCalibration:
    facts = BreathingCalibration(
        power=1010.5,
        centre=(0.0, 0.0),
        scale_error_ppm=6.2,
        residual_px=0.11,
        slices=28,
        outliers=0,
        positions=4,
        sweep=SweepFacts(near=12.5, far=8.5, count=8, reference=4),
        measured_at=datetime(2026, 11, 22, 9, minute, tzinfo=UTC),
        camera="imx519, 4656 x 3496 px, 4.28 mm",
    )
    return facts.model_copy(update=more)


def rig(activity: str = "", problem: Problem | None = None) -> RigStatus:
    said = f"calibrating breathing: {activity}" if activity else ""
    return RigStatus(facts=None, activity=said, problem=problem)


class Story(Client):
    """A scanner that tells one status of its rig after the other (None: it does not answer), and then what it knows."""

    def __init__(self, *told: RigStatus | None, knew: int | None = 1, knows: int | None = 2) -> None:
        super().__init__("http://rig.local:8080")
        self._told = iter(told)
        self._knowing = iter([knew, *[knows] * 3])
        self.cancelled = False

    def calibrate(self, _plan: CalibrationPlan) -> RigStatus:
        return self.rig()

    def rig(self) -> RigStatus:
        found = next(self._told)
        if found is None:
            raise Unreachable(self.url, OSError("gone"))
        return found

    def breathing(self) -> BreathingCalibration:
        minute = next(self._knowing)
        if minute is None:
            raise NotFound("Not calibrated.")
        return known(minute)

    def cancel_calibration(self) -> None:
        self.cancelled = True


def run(story: Story, clock: Clock | None = None) -> Exit:
    return calibrate(story, CalibrationPlan(), clock or FakeClock())


def test_each_step_is_told_once_and_the_result_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    steps = [rig("starting"), rig("position 1 of 4"), None, rig("position 1 of 4"), rig("position 2 of 4"), rig()]
    assert run(Story(*steps, knew=None)) == Exit.OK
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [
        f"calibrating breathing: {step}" for step in ("starting", "position 1 of 4", "position 2 of 4")
    ]
    assert captured.out.splitlines() == [
        "Breathing of imx519, 4656 x 3496 px, 4.28 mm:",
        "  the picture grows by 0.100% a dioptre towards near, known to 6 ppm a dioptre",
        "  28 slices at 4 positions, 12.50 to 8.50 D",
        "  what is left of their places: 0.11 px",
        "New scans with this camera use it.",
    ]


def test_a_lens_that_shrinks_the_picture_and_slices_passed_over_are_told() -> None:
    words = in_words(known(1, power=-980.0, outliers=3))
    assert "the picture shrinks by 0.101% a dioptre" in words
    assert "8.50 D, 3 of them passed over" in words


def test_a_failure_is_told_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    problem = Problem(code="lens-timeout", message="The lens did not arrive.", hint="Look at the cable.")
    assert run(Story(rig("starting"), rig(problem=problem))) == Exit.FAILED
    assert capsys.readouterr().err.splitlines()[1:] == ["focusrig: The lens did not arrive.", "  Look at the cable."]


@pytest.mark.parametrize("knew", [1, None])
def test_one_that_somebody_else_cancelled_is_no_success(knew: int | None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Story(rig("starting"), rig(), knew=knew, knows=knew)) == Exit.FAILED
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith("focusrig: The calibration was cancelled.\n")


@pytest.mark.parametrize("knew", [1, None])
def test_a_scanner_that_was_restarted_meanwhile_is_told(knew: int | None, capsys: pytest.CaptureFixture[str]) -> None:
    story = Story(rig("starting"), rig("position 1 of 4"), None, None, rig(), knew=knew, knows=knew)
    assert run(story) == Exit.FAILED
    assert capsys.readouterr().err.splitlines()[2:] == [
        "focusrig: The scanner was stopped or restarted before the calibration was over.",
        "  Calibrate again.",
    ]


class Interrupted(FakeClock):
    """A clock on which somebody presses Ctrl-C."""

    def sleep(self, seconds: float) -> None:
        del seconds
        raise KeyboardInterrupt


def test_an_interrupt_cancels_it(capsys: pytest.CaptureFixture[str]) -> None:
    story = Story(rig("starting"))
    assert run(story, Interrupted()) == Exit.INTERRUPTED
    assert story.cancelled
    assert "cancelled" in capsys.readouterr().err


def test_the_arguments_are_a_plan() -> None:
    given = ["calibrate", "breathing", "--positions", "6", "--near", "12", "--far", "9", "--count", "7"]
    assert plan_of(parser().parse_args(given)) == CalibrationPlan(positions=6, near=12, far=9, count=7)
    assert plan_of(parser().parse_args(["calibrate", "breathing"])) == CalibrationPlan()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--positions", "1"], "positions: must be at least 2."),
        (["--near", "8", "--far", "12"], "near 8.0 is not nearer than far 12.0"),
        (["--count", "1"], "count: must be at least 2"),
    ],
)
def test_arguments_that_make_no_plan(given: list[str], words: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan_of(parser().parse_args(["calibrate", "breathing", *given]))
    assert words in caught.value.message
    assert caught.value.hint


@pytest.fixture
def url(daemon: Daemon) -> Iterator[str]:
    with serving(create_app(daemon)) as (_, (host, port)):
        yield f"http://{host}:{port}"


def test_a_whole_calibration(daemon: Daemon, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    sweep = ["--positions", "2", "--near", "12.6", "--far", "8.2", "--count", "5"]
    assert main(["calibrate", "breathing", *sweep, "--server", url]) == Exit.OK
    captured = capsys.readouterr()
    assert captured.out.startswith("Breathing of simulated, 480 x 270 px")
    assert captured.err.startswith("calibrating breathing: ")
    assert daemon.status().rig.calibrated


def test_it_is_cancelled_over_the_wire_and_a_busy_rig_is_told(daemon: Daemon, url: str) -> None:
    client = Client(url)
    plan = CalibrationPlan(positions=24, near=12.6, far=8.2, count=20)
    assert client.calibrate(plan).activity
    with pytest.raises(RigBusy, match="calibrating"):
        client.calibrate(plan)
    client.cancel_calibration()
    wait_until(daemon, lambda status: not status.rig.activity)
    assert not client.rig().calibrated
    with pytest.raises(NotFound, match="not calibrated"):
        client.breathing()


def test_no_scanner_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "breathing", "--server", "http://127.0.0.1:9"]) == Exit.FAILED
    assert "No scanner answers" in capsys.readouterr().err
