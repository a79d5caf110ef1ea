"""How grave findings are together."""

from scanner.doctor.findings import Finding, Level, failed, ok, only_hardware_missing, problem, warning, worst
from scanner.errors import CameraTimeout


def test_each_kind_has_its_level() -> None:
    assert ok("disk", "there") == Finding(Level.OK, "disk", "there")
    assert warning("disk", "slow", "another") == Finding(Level.WARNING, "disk", "slow", "another")
    assert problem("lens", "stuck", "turn it", hardware=True) == Finding(
        Level.PROBLEM, "lens", "stuck", "turn it", hardware=True
    )


def test_a_device_that_fails_is_a_problem_in_its_own_words() -> None:
    error = CameraTimeout("No frames.", "Check the cable.")
    assert failed("camera", error) == Finding(Level.PROBLEM, "camera", "No frames.", "Check the cable.", hardware=True)


def test_when_only_hardware_is_missing() -> None:
    fine = Finding(level=Level.OK, subject="x", message="y", hardware=True)
    disk = Finding(level=Level.PROBLEM, subject="x", message="y")
    camera = Finding(level=Level.PROBLEM, subject="x", message="y", hardware=True)
    assert only_hardware_missing([fine, camera])
    for others in ([], [fine], [disk], [disk, camera]):
        assert not only_hardware_missing(others)


def test_the_worst_counts() -> None:
    def found(*levels: Level) -> list[Finding]:
        return [Finding(level=level, subject="x", message="y") for level in levels]

    assert worst([]) == Level.OK
    assert worst(found(Level.OK, Level.PROBLEM, Level.WARNING)) == Level.PROBLEM
    assert worst(found(Level.WARNING, Level.OK)) == Level.WARNING
