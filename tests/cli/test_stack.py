"""Stacking files from the command line."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from scanner.batch import StackInput
from scanner.cli import main
from scanner.cli.arguments import parser
from scanner.cli.exits import Exit
from scanner.cli.stack import plan_jobs
from scanner.plan.stacking import StackingPlan
from scanner.slices import Plane


def texture(seed: int) -> Plane:
    """Fine and coarse, as things are."""
    noise = np.random.default_rng(seed).normal(size=(160, 240)).astype(np.float32)
    scales = [cv2.GaussianBlur(noise, (0, 0), sigma) for sigma in (1.0, 4.0, 10.0)]
    mixed = sum(scale / float(scale.std()) for scale in scales)
    return np.asarray(np.clip(128 + 25 * np.asarray(mixed), 0, 255), np.uint8)


def draw_stack(folder: Path, suffix: str = ".jpg", dtype: type = np.uint8) -> None:
    """Two pictures of one texture: the left half sharp in one, the right half in the other."""
    folder.mkdir(parents=True)
    sharp = texture(7)
    soft = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 3.0), np.uint8)
    left, right = sharp.copy(), soft.copy()
    left[:, 120:], right[:, 120:] = soft[:, 120:], sharp[:, 120:]
    for name, pixels in (("1", left), ("2", right)):
        values: Plane = pixels.astype(dtype) * (np.iinfo(dtype).max // 255)
        (folder / f"{name}{suffix}").write_bytes(cv2.imencode(suffix, values)[1].tobytes())


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sharpness(path: Path) -> float:
    pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    return float(cv2.Laplacian(pixels, cv2.CV_64F).var())


def test_one_folder_is_one_image(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw_stack(place / "beetle")
    assert main(["stack", "beetle"]) == Exit.OK
    assert capsys.readouterr().out == "beetle_stacked.jpg\n"
    slices = [sharpness(place / "beetle" / name) for name in ("1.jpg", "2.jpg")]
    assert sharpness(place / "beetle_stacked.jpg") > 1.2 * max(slices)


def test_a_folder_of_folders_is_a_folder_of_images(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        draw_stack(place / "in" / name)
    assert main(["stack", "in", "-o", "out", "--mask", "masks"]) == Exit.OK
    captured = capsys.readouterr()
    assert captured.out == "out/a.jpg\nout/b.jpg\n"
    assert captured.err == "0/2  a\n1/2  b\n2/2\n"
    assert sorted(path.name for path in (place / "masks").iterdir()) == ["a_mask.png", "b_mask.png"]


def test_one_that_fails_does_not_stop_the_rest(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw_stack(place / "in" / "a")
    draw_stack(place / "in" / "b")
    (place / "in" / "a" / "2.jpg").write_bytes(b"\xff\xd8 torn")
    assert main(["stack", "in", "-o", "out", "--json"]) == Exit.PARTLY
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert [stack["output"] for stack in report["stacks"]] == ["out/b.jpg"]
    assert [(failed["input"], failed["code"]) for failed in report["failed"]] == [("a", "image-unreadable")]
    assert "focusrig: " in captured.err
    assert "Traceback" not in captured.err


def test_a_slice_alone_fails_alone_and_empty_folders_are_noted(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b", "c"):
        draw_stack(place / "in" / name)
    (place / "in" / "a" / "2.jpg").unlink()
    (place / "in" / "empty").mkdir()
    assert main(["stack", "in", "-o", "out"]) == Exit.PARTLY
    captured = capsys.readouterr()
    assert captured.out == "out/b.jpg\nout/c.jpg\n"
    assert captured.err.startswith(
        "There are no images in in/empty: passed over.\n0/3  a\nfocusrig: in/a/1.jpg is alone"
    )
    assert captured.err.endswith("\n2 of 3 stacked, 1 failed\n")
    assert "3/3" not in captured.err


@pytest.mark.parametrize("option", ["-o", "--depth", "--mask"])
def test_several_stacks_need_a_folder(place: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
    for name in ("a", "b"):
        draw_stack(place / "in" / name)
    (place / "x.png").touch()
    assert main(["stack", "in", option, "x.png"]) == Exit.FAILED
    assert capsys.readouterr().err == (
        "focusrig: x.png is a file, but 2 stacks need a folder.\n  Give the name of a folder.\n"
    )
    assert sorted(path.name for path in place.iterdir()) == ["in", "x.png"]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["nothing"], "There is no nothing"),
        (["empty"], "no images"),
        (["beetle/1.jpg"], "alone"),
        (["beetle", "--reference", "7"], "reference slice 7"),
        (["beetle", "-o", "beetle/1.jpg"], "one of the slices"),
        (["beetle", "-o", "x.gif"], "x.gif does not end in the name of an image"),
        (["beetle", "--depth", "x.tif"], "x.tif would be a PNG"),
        (["beetle", "--index", "x.jpg"], "x.jpg would be a PNG"),
    ],
)
def test_what_cannot_be_stacked(place: Path, capsys: pytest.CaptureFixture[str], argv: list[str], words: str) -> None:
    draw_stack(place / "beetle")
    (place / "empty").mkdir()
    assert main(["stack", *argv]) == Exit.FAILED
    err = capsys.readouterr().err
    assert words in err
    assert "stacked, 1 failed" not in err  # one stack is not counted
    assert sorted(path.name for path in place.iterdir()) == ["beetle", "empty"]


ONE = [StackInput("a", (Path("1.jpg"), Path("2.jpg")))]
TWO = [*ONE, StackInput("b", (Path("3.jpg"), Path("4.jpg")))]


@pytest.mark.parametrize(
    ("stacks", "options", "outputs"),
    [
        (ONE, [], ["a_stacked.jpg"]),
        (ONE, ["-o", "x.png"], ["x.png"]),
        (ONE, ["-o", "folder"], ["folder/a.jpg"]),
        (TWO, [], ["stacked/a.jpg", "stacked/b.jpg"]),
        (TWO, ["-o", "folder"], ["folder/a.jpg", "folder/b.jpg"]),
        (TWO, ["-o", "x.png"], ["x.png/a.jpg", "x.png/b.jpg"]),
    ],
)
def test_where_images_go(stacks: list[StackInput], options: list[str], outputs: list[str]) -> None:
    jobs = plan_jobs(stacks, parser().parse_args(["stack", "in", *options]))
    assert [str(job.output) for job in jobs] == outputs


def test_depth_and_mask_go_beside(place: Path) -> None:
    arguments = parser().parse_args(["stack", "in", "--depth", "d", "--mask", "m.png"])
    (job,) = plan_jobs(ONE, arguments)
    assert (str(job.options.depth), str(job.options.mask)) == ("d/a_depth.png", "m.png")
    assert [str(job.options.mask) for job in plan_jobs(TWO, arguments)] == ["m.png/a_mask.png", "m.png/b_mask.png"]
    assert place.is_dir()
    (job,) = plan_jobs(ONE, parser().parse_args(["stack", "in", "--index", "i"]))
    assert (str(job.options.index), job.options.depth, job.options.mask) == ("i/a_index.png", None, None)


def test_the_whole_plan_comes_from_the_command_line() -> None:
    given = StackingPlan(
        method="pyramid",
        measure="gradient",
        window=1.5,
        steepness=4,
        reference=1,
        unaligned="fail",
        slab=5,
        quality=90,
    )
    options = [
        text for name, value in given.model_dump(exclude={"breathing"}).items() for text in (f"--{name}", str(value))
    ]
    (job,) = plan_jobs(ONE, parser().parse_args(["stack", "in", *options]))
    assert job.options.plan == given
    (plain,) = plan_jobs(ONE, parser().parse_args(["stack", "in"]))
    assert plain.options.plan == StackingPlan()


def test_the_method_is_used_and_16_bit_stay_16(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw_stack(place / "beetle", suffix=".png", dtype=np.uint16)
    for method in ("weighted", "depth"):
        argv = ["stack", "beetle", "--method", method, "-o", f"{method}.tif", "--index", "index.png", "--json"]
        assert main(argv) == Exit.OK
        (report,) = json.loads(capsys.readouterr().out)["stacks"]
        assert (report["bits"], report["plan"]["method"]) == (16, method)
    weighted, depth = (cv2.imread(f"{name}.tif", cv2.IMREAD_UNCHANGED) for name in ("weighted", "depth"))
    assert weighted is not None
    assert depth is not None
    assert weighted.dtype == depth.dtype == np.uint16
    assert not np.array_equal(weighted, depth)
    index = cv2.imread("index.png", cv2.IMREAD_UNCHANGED)
    assert index is not None
    assert set(np.unique(index)) == {0, 1}


def test_findings_are_told_one_a_line_or_in_the_report(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw_stack(place / "beetle")
    black = np.zeros((160, 240), np.uint8)
    (place / "beetle" / "3.jpg").write_bytes(cv2.imencode(".jpg", black)[1].tobytes())
    argv = ["stack", "beetle", "--reference", "1"]
    assert main(argv) == Exit.OK
    lines = capsys.readouterr().err.splitlines()
    assert any(line.startswith("beetle: Left out: slice 3.jpg, ") for line in lines)
    assert main([*argv, "--json"]) == Exit.OK
    captured = capsys.readouterr()
    assert "Left out" not in captured.err
    (report,) = json.loads(captured.out)["stacks"]
    assert "left-out-dark" in [finding["code"] for finding in report["findings"]]
    assert report["slices"][2]["left_out"] == "dark"


def test_fail_on_what_cannot_be_aligned_names_the_file(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw_stack(place / "beetle")
    (place / "beetle" / "3.jpg").write_bytes(cv2.imencode(".jpg", texture(8))[1].tobytes())
    assert main(["stack", "beetle", "--reference", "1", "--unaligned", "fail"]) == Exit.FAILED
    assert "Slice beetle/3.jpg does not fit the reference slice beetle/2.jpg." in capsys.readouterr().err
    assert [path.name for path in place.iterdir()] == ["beetle"]
