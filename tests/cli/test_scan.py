"""Plans from files, and following a scan to its end."""

import io
import json
import tomllib
from pathlib import Path

import pytest

from scanner.api.app import create_app
from scanner.capture.events import FinishReason, Problem, RunState, ScanStatus
from scanner.cli import main
from scanner.cli.client import Client, Unreachable
from scanner.cli.exits import Exit
from scanner.cli.output import ProgressBar
from scanner.cli.scan import PATIENCE_S, follow, read_plan, tell_end, watch
from scanner.clock import FakeClock
from scanner.daemon import Daemon
from scanner.errors import PlanError
from tests.api.scans import SMALL_PLAN
from tests.api.servers import serving

TOML = 'name = "vase"\n[path]\nkind = "rings"\nrings = [{ count = 3, tilt_deg = 10 }]\n[sweep]\nnear = 9\nfar = 6\n'
JSON = json.dumps(tomllib.loads(TOML))


@pytest.mark.parametrize(("name", "text"), [("plan.toml", TOML), ("plan.json", JSON), ("plan", TOML), ("plan", JSON)])
def test_a_plan_is_toml_or_json(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    plan = read_plan(str(tmp_path / name))
    assert (plan.name, len(plan.positions()), plan.sweep.near) == ("vase", 3, 9)


@pytest.mark.parametrize("text", [TOML, JSON, "", "{}"])
def test_a_plan_on_standard_input(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert read_plan("-").positions()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("plan.json", "{", "not valid JSON"),
        ("plan.toml", "x", "not valid TOML"),
        ("plan.toml", "pth = 1", "pth: there is no such key; did you mean 'path'?"),
        ("plan.toml", "name = 1", "name: must be text."),
        ("plan.json", "[]", "must be a table"),
        ("none.json", None, "There is no plan"),
        ("plan.json", b"\xff", "is not text."),
        ("", None, "cannot be read: Is a directory."),
    ],
)
def test_a_plan_that_is_none(tmp_path: Path, name: str, text: str | bytes | None, words: str) -> None:
    if text is not None:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(PlanError) as caught:
        read_plan(str(tmp_path / name))
    assert words in caught.value.message
    assert name in caught.value.message
    assert "Errno" not in caught.value.message
    assert not caught.value.message.endswith("?.")
    assert caught.value.hint


def status(stacked: int = 0, state: RunState = RunState.RUNNING, **more: object) -> ScanStatus:
    facts = {"id": "x", "name": "vase", "created_at": "2026-01-01T00:00:00Z", "positions_total": 3}
    return ScanStatus.model_validate(facts | {"state": state, "stacked": stacked} | more)


class Story(Client):
    """A scanner that tells one status after the other; None: it does not answer."""

    def __init__(self, *told: ScanStatus | None) -> None:
        super().__init__("http://rig.local:8080")
        self._told = iter(told)

    def scan(self, _scan_id: str) -> ScanStatus:
        found = next(self._told)
        if found is None:
            raise Unreachable(self.url, OSError("gone"))
        return found


END = status(3, RunState.FINISHED, reason=FinishReason.COMPLETED)


def test_a_scan_is_followed_to_its_end() -> None:
    out = io.StringIO()
    story = Story(status(1, activity="capturing", eta_s=100), status(2), None, END)
    assert follow(story, status(activity="starting"), ProgressBar(out), FakeClock()) == END
    assert out.getvalue() == "0/3  starting\n1/3  capturing, 2 min left\n2/3\n3/3  completed\n"


def test_a_paused_scan_is_waited_for_and_its_problem_told() -> None:
    out = io.StringIO()
    full = Problem(code="no-space", message="The card is full.")
    story = Story(status(1, RunState.PAUSED, problem=full), status(2, RunState.PAUSED), END)
    follow(story, status(), ProgressBar(out), FakeClock())
    assert "1/3  paused: The card is full.\n2/3  paused\n" in out.getvalue()


def test_a_scanner_that_stays_away_is_given_up() -> None:
    clock = FakeClock()
    with pytest.raises(Unreachable):
        follow(Story(*[None] * 1000), status(), ProgressBar(io.StringIO()), clock)
    assert PATIENCE_S < clock.monotonic() < PATIENCE_S + 5


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (END, Exit.OK),
        (status(0, RunState.FINISHED, reason=FinishReason.COMPLETED), Exit.OK),
        (status(2, RunState.FINISHED, reason=FinishReason.CANCELLED), Exit.PARTLY),
        (status(2, RunState.FINISHED, reason=FinishReason.FAILED), Exit.PARTLY),
        (status(0, RunState.FINISHED, reason=FinishReason.FAILED), Exit.FAILED),
    ],
)
def test_the_end_has_an_exit_code(end: ScanStatus, code: Exit, capsys: pytest.CaptureFixture[str]) -> None:
    assert tell_end(Story(), end) == code
    url = "http://rig.local:8080/api/v1/scans/x/stacks.zip\n"
    assert capsys.readouterr().out == (url if end.stacked else "")


def test_a_failure_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    problem = Problem(code="lens-timeout", message="The lens did not arrive.", hint="Look at the cable.")
    tell_end(Story(), status(0, RunState.FINISHED, reason=FinishReason.FAILED, problem=problem))
    assert capsys.readouterr().err == "focusrig: The lens did not arrive.\n  Look at the cable.\n"


class Interrupted(FakeClock):
    """A clock on which somebody presses Ctrl-C."""

    def sleep(self, seconds: float) -> None:
        del seconds
        raise KeyboardInterrupt


def test_an_interrupt_leaves_the_scan_running(capsys: pytest.CaptureFixture[str]) -> None:
    assert watch(Story(), status(), ProgressBar(io.StringIO()), Interrupted()) == Exit.INTERRUPTED
    assert capsys.readouterr().err == "The scan goes on without this command; see http://rig.local:8080/\n"


def test_a_whole_scan(daemon: Daemon, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.json").write_text(SMALL_PLAN.model_dump_json())
    with serving(create_app(daemon)) as (_, (host, port)):
        assert main(["scan", str(tmp_path / "plan.json"), "--server", f"http://{host}:{port}"]) == Exit.OK
    captured = capsys.readouterr()
    assert captured.out.startswith(f"http://{host}:{port}/api/v1/scans/")
    assert captured.err.splitlines()[-1] == "2/2  completed"


def test_no_scanner_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.json").write_text("{}")
    assert main(["scan", str(tmp_path / "plan.json"), "--server", "http://127.0.0.1:9"]) == Exit.FAILED
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [
        "focusrig: No scanner answers at http://127.0.0.1:9: Connection refused.",
        "  Start it with focusrig serve, or give --server.",
    ]
