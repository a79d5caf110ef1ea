"""No call into a device may wait for ever: every file of the hardware room is searched for calls without a deadline.

Calls that can be given a deadline must have one. Those of picamera2 that cannot are made under a guard, or handed to
what guards them.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import scanner.hardware

ROOM = Path(scanner.hardware.__file__).parent

WAITING = {"join", "wait", "get", "result", "acquire", "communicate", "poll", "wait_for", "recv", "accept"}
"""Without any argument these wait for ever: of threads, events, queues, futures, locks, processes, pollers."""

NEED = {
    "Serial": {"timeout", "write_timeout"},
    "capture_request": {"wait"},
    "run": {"timeout"},
    "check_output": {"timeout"},
    "check_call": {"timeout"},
    "create_connection": {"timeout"},
    "urlopen": {"timeout"},
}
"""Calls with the deadlines they must be given by name (`run`, `check_*`: of subprocess)."""

UNLIMITED = {"start", "stop", "configure", "close", "cancel_all_and_flush"}
"""Of a camera of picamera2: these know no deadline."""

WATCHED = {"configure"}
"""Functions of ours that call them, and therefore are themselves called under a guard only."""


class Parents(ast.NodeVisitor):
    """The way from each node up to the module."""

    def __init__(self) -> None:
        self.of: dict[ast.AST, ast.AST] = {}

    def generic_visit(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            self.of[child] = node
        super().generic_visit(node)

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self.of:
            node = self.of[node]
            yield node


def without_deadline(source: str) -> list[str]:
    """The calls in a module that may wait for ever, as `line: code`."""
    tree = ast.parse(source)
    parents = Parents()
    parents.visit(tree)
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [f"{call.lineno}: {ast.unparse(call)}" for call in calls if _waits(call, parents)]


def _waits(call: ast.Call, parents: Parents) -> bool:
    name, owner = _name(call)
    named = {keyword.arg for keyword in call.keywords}
    if name in WAITING and owner not in (None, "select"):  # select.poll() makes a poller
        return not call.args and not named
    if name in NEED and (name != "run" or owner == "subprocess"):
        return not NEED[name] <= named
    if name == "select" and owner == "select":
        return len(call.args) < 4
    if name in UNLIMITED and (name in WATCHED if owner is None else owner.split(".")[-1].strip("_") == "camera"):
        return not any(_guards(node) for node in parents.above(call))
    return False


def _name(call: ast.Call) -> tuple[str, str | None]:
    """What is called, and on what; None for a plain function."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr, ast.unparse(call.func.value)
    return (call.func.id, None) if isinstance(call.func, ast.Name) else ("", None)


def _guards(node: ast.AST) -> bool:
    """A block under a limit, or a function that is handed on unmade, to be called under one."""
    if isinstance(node, ast.With):
        return any("limit(" in ast.unparse(item.context_expr) for item in node.items)
    return isinstance(node, ast.Lambda) or (isinstance(node, ast.FunctionDef) and node.name in WATCHED)


def modules() -> list[Path]:
    return sorted(ROOM.rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOM)))
def test_no_call_waits_for_ever(path: Path) -> None:
    assert without_deadline(path.read_text("utf-8")) == []


def test_the_room_is_looked_through() -> None:
    names = {path.name for path in modules()}
    assert {"serial_motion.py", "picamera_session.py", "gphoto2_session.py", "controller.py", "health.py"} <= names


@pytest.mark.parametrize(
    "source",
    [
        "thread.join()",
        "self._done.wait()",
        "jobs.get()",
        "future.result()",
        "self._lock.acquire()",
        "subprocess.run(['vcgencmd'])",
        "serial.Serial(port, baud, timeout=1)",
        "self._camera.capture_request()",
        "camera.capture_request(flush=True)",
        "select.select([master], [], [])",
        "self._camera.stop()",
        "with lock:\n    camera.close()",
        "def end(camera):\n    camera.stop()",
        "configure(camera, settings)",
    ],
)
def test_a_call_without_a_deadline_is_found(source: str) -> None:
    assert len(without_deadline(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "', '.join(words)",
        "thread.join(1.0)",
        "self._done.wait(timeout=2)",
        "metadata.get('ExposureTime')",
        "future.result(timeout=seconds)",
        "subprocess.run(command, timeout=2)",
        "serial.Serial(port, baud, timeout=1, write_timeout=1)",
        "camera.capture_request(wait=4.0)",
        "select.select([master], [], [], 0.1)",
        "with self._guard.limit(5, 'stopping the camera'):\n    self._camera.stop()",
        "watched(lambda: camera.close())",
        "watched(camera.close)",
        "watched(lambda: configure(camera, settings))",
        "def configure(camera):\n    camera.configure(wanted)",
        "run.run(rig)",
        "axis.stop()",
    ],
)
def test_what_ends_by_itself_is_left_alone(source: str) -> None:
    assert without_deadline(source) == []
