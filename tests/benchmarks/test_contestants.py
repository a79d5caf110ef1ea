"""Who takes part."""

from pathlib import Path

from benchmarks.contestants import OURS, Job, align_enfuse, contestants, floor, focusrig, openfocus

JOB = Job(tuple(Path(f"slice_{k}.jpg") for k in range(4)), 2, Path("work"))


def test_ours_and_the_plain_baseline_always_take_part() -> None:
    names = [contestant.name for contestant in contestants(JOB)]
    assert names[:3] == [OURS, "focusrig, method depth", "focusrig, method pyramid"]
    assert "OpenScan3's method (our rendering)" in names


def test_results_do_not_overwrite_each_other() -> None:
    results = [contestant.result for contestant in (*contestants(JOB), floor(JOB))]
    assert len(set(results)) == len(results)


def test_ours_is_the_command_that_anyone_runs() -> None:
    ((command,),) = [focusrig(JOB, "weighted").commands]
    assert command[1:4] == ["-m", "scanner.cli", "stack"]
    assert command[command.index("--reference") + 1] == "2"


def test_align_gets_the_reference_slice_first() -> None:
    align, enfuse = align_enfuse(JOB).commands
    assert align[-4:] == ["slice_2.jpg", "slice_0.jpg", "slice_1.jpg", "slice_3.jpg"]
    assert len([name for name in enfuse if name.startswith("work/aligned_")]) == 4


def test_openfocus_keeps_the_first_slice() -> None:
    assert {contestant.geometry for contestant in openfocus(JOB)} == {0}
