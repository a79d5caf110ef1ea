"""The focus scale from the command line."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from scanner.api.examples import FOCUS_SCALE, RIG
from scanner.capture.events import FocusScale, Problem, RigStatus
from scanner.capture.focus_scale import FocusCalibration, FocusPoint
from scanner.cli import main
from scanner.cli.calibrate_focus import away, calibrate, in_words, misuse
from scanner.cli.client import Client
from scanner.cli.exits import Exit
from scanner.clock import FakeClock, SystemClock
from scanner.config import Settings
from scanner.daemon import Daemon
from scanner.errors import NotFound
from tests.capture.flat import FlatRig

ONE = FOCUS_SCALE.model_copy(update={"points": FOCUS_SCALE.points[:1], "offset": None, "slope": None, "residual": None})
FACTS = RIG.facts.focus if RIG.facts else None


class Bench(Client):
    """A scanner that takes one look at its rig to measure a target; `problem`: what the measurement ends with."""

    def __init__(self, problem: Problem | None = None) -> None:
        super().__init__("http://rig.local:8080")
        self.measured: list[float] = []
        self._problem = problem

    def calibrate_focus(self, distance_mm: float) -> RigStatus:
        self.measured.append(distance_mm)
        return RIG.model_copy(update={"activity": "calibrating focus: measuring"})

    def rig(self) -> RigStatus:
        return RIG.model_copy(update={"problem": self._problem})

    def focus_scale(self) -> FocusCalibration:
        if not self.measured:
            raise NotFound("Not calibrated.")
        found = ONE if len(self.measured) == 1 else FOCUS_SCALE
        return found.model_copy(update={"measured_at": datetime(2026, 1, len(self.measured), tzinfo=UTC)})


def test_each_target_is_asked_for_and_the_law_told(capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench()
    asked: list[str] = []

    def asking(question: str) -> str:
        asked.append(question)
        return ""

    assert calibrate(bench, [90, 200], asking, FakeClock()) == Exit.OK
    assert bench.measured == [90, 200]
    assert asked == [f"Put the target {mm} mm before the lens, then press Enter." for mm in (90, 200)]
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [
        "calibrating focus: measuring",
        "at 90 mm the lens is sharpest at 10.90 D",
        "calibrating focus: measuring",
        "at 200 mm the lens is sharpest at 4.97 D",
    ]
    assert captured.out.splitlines() == [
        "focus scale, imx519, /base/soc/i2c0mux/i2c@1/imx519@1a:",
        "  90 mm: sharpest at 10.90 D",
        "  200 mm: sharpest at 4.97 D",
        "  the lens shows 0.970 x 1000 mm / distance +0.12 D",
        "  a third distance would prove it",
        "  15 D: 65 mm",
        "  11.25 D: 87 mm",
        "  7.5 D: 131 mm",
        "  3.75 D: 267 mm",
        "  0 D: infinity",
    ]


def test_after_one_target_it_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert calibrate(Bench(), [90], None, FakeClock()) == Exit.OK
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  90 mm: sharpest at 10.90 D",
        "One more distance is needed, well nearer or farther: two make the scale.",
    ]


def test_a_third_target_tells_how_well_the_law_holds() -> None:
    points = (*FOCUS_SCALE.points, FocusPoint(distance_mm=400.0, focus=2.5))
    words = in_words(FOCUS_SCALE.model_copy(update={"points": points, "residual": 0.034}), FACTS)
    assert "  the targets lie within 0.03 D of that" in words.splitlines()


def test_without_an_open_rig_the_law_alone_is_told() -> None:
    assert in_words(FOCUS_SCALE, None).splitlines()[-1] == "  a third distance would prove it"


def test_a_failure_ends_it_before_the_next_target(capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench(Problem(code="calibration-failed", message="Nothing comes into focus.", hint="Put a target there."))
    assert calibrate(bench, [90, 200], None, FakeClock()) == Exit.FAILED
    assert bench.measured == [90]
    assert capsys.readouterr().err.splitlines()[1:] == ["focusrig: Nothing comes into focus.", "  Put a target there."]


class Interrupted(FakeClock):
    """A clock on which somebody presses Ctrl-C."""

    def sleep(self, seconds: float) -> None:
        del seconds
        raise KeyboardInterrupt


def test_an_interrupt_cancels_it_and_what_is_left() -> None:
    class Cancelling(Bench):
        cancelled = 0

        def cancel_calibration(self) -> None:
            self.cancelled += 1

    bench = Cancelling()
    assert calibrate(bench, [90, 200], None, Interrupted()) == Exit.INTERRUPTED
    assert (bench.measured, bench.cancelled) == ([90], 1)


@pytest.mark.parametrize(("lens", "words"), [(10.0, "102 mm"), (0.12, "infinity"), (0.0, "infinity"), (1.12, "970 mm")])
def test_what_lens_positions_mean(lens: float, words: str) -> None:
    assert away(lens, FocusScale(offset=0.12, slope=0.97 if lens != 10.0 else 1.008)) == words


@pytest.mark.parametrize(
    ("distances", "yes", "forget", "words"),
    [
        ([], False, False, "Give the distance"),
        ([], True, False, "Give the distance"),
        ([90.0, 200.0], True, False, "--yes takes one distance"),
        ([90.0], False, True, "--forget goes without"),
        ([90.0, 200.0], False, False, ""),
        ([90.0], True, False, ""),
        ([], False, True, ""),
    ],
)
def test_arguments_that_do_not_go_together(distances: list[float], yes: bool, forget: bool, words: str) -> None:
    found = misuse(distances, yes=yes, forget=forget)
    assert found.startswith(words)
    assert bool(found) == bool(words)


def test_misuse_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "focus"]) == Exit.USAGE
    assert main(["calibrate", "focus", "90", "200", "--yes"]) == Exit.USAGE
    assert "--help" in capsys.readouterr().err


@pytest.fixture
def daemon(settings: Settings) -> Iterator[Daemon]:
    """On a rig that answers at once, before a target at 120 mm."""
    rig = FlatRig()
    rig.target(120)
    daemon = Daemon(settings, SystemClock(), lambda _settings, _clock: rig.open())
    daemon.start()
    yield daemon
    daemon.close()


@pytest.fixture
def server(daemon_url: str) -> list[str]:
    return ["--server", daemon_url]


def test_a_target_is_measured_and_forgotten(
    daemon: Daemon, server: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate", "focus", "120", "--yes", *server]) == Exit.OK
    captured = capsys.readouterr()
    (point,) = daemon.calibrations.focus.calibration().points
    assert f"  120 mm: sharpest at {point.focus:.2f} D" in captured.out.splitlines()
    assert captured.err.startswith("calibrating focus: ")
    assert main(["calibrate", "focus", "--forget", *server]) == Exit.OK
    assert "forgotten" in capsys.readouterr().out
    assert main(["calibrate", "focus", "--forget", *server]) == Exit.FAILED
    assert "not calibrated" in capsys.readouterr().err
