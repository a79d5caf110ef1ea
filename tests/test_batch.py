"""Fusing files without a daemon, with a stacker that only remembers."""

import dataclasses
import errno
import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.batch import BatchOptions, BatchReport, StackInput, find_stacks, outward, passed_over, stack_files
from scanner.clock import FakeClock
from scanner.errors import (
    AlignmentFailed,
    FocusrigError,
    ImageUnreadable,
    NoSpace,
    NotFound,
    PlanError,
    SlicesDiffer,
    StackingError,
    StoreError,
    TooFewSlices,
)
from scanner.slices import Planes, Slice, SliceReport, Stacked
from scanner.store.files import SystemDisk
from scanner.store.images import decode_jpeg, encode_jpeg, exif_of, read_image, with_exif

IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
EXIF = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0\0\0\0\0"


class MemoryStacker:
    """Remembers the order of the slices; the stacked image is the reference slice, the depth a ramp with a hole."""

    def __init__(self, clock: FakeClock | None = None, fails_at: int | None = None) -> None:
        self.order: list[int] = []
        self.brightness: list[int] = []
        self.alive = 0
        self._clock = clock or FakeClock()
        self._fails_at = fails_at
        self._reference: Slice | None = None

    def begin(self, reference: Slice) -> "MemoryStacker":
        self._reference = reference
        self.add(reference)
        return self

    def add(self, slice_: Slice) -> None:
        self._clock.sleep(2.0)
        if slice_.index == self._fails_at:
            raise AlignmentFailed(f"Slice {slice_.index} does not fit.")
        self.order.append(slice_.index)
        self.brightness.append(round(float(slice_.pixels.y.mean())))

    def finish(self) -> Stacked:
        assert self._reference is not None
        pixels = self._reference.pixels
        half = ((pixels.height + 1) // 2, (pixels.width + 1) // 2)
        depth = np.linspace(0, max(self.order), half[0] * half[1], dtype=np.float32).reshape(half)
        depth[0, 0] = np.nan
        mask = np.where(np.isnan(depth), 0, 255).astype(np.uint8)
        residuals = {index: 0.1 * index if index else float("nan") for index in self.order}
        reports = tuple(SliceReport(index, IDENTITY, residuals[index], 0.2) for index in self.order)
        best = np.nan_to_num(np.rint(depth)).astype(np.int16)
        return Stacked(pixels, depth, best, mask, self._reference.index, reports)


class FullDisk(SystemDisk):
    """No room is left for files of one name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._full = False

    def open(self, path: Path, flags: int) -> int:
        self._full = path.name.startswith(self._name)
        return super().open(path, flags)

    def write(self, descriptor: int, data: memoryview) -> int:
        if self._full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(descriptor, data)


def planes(value: int, width: int = 63, height: int = 47, chroma: int = 2) -> Planes:
    shape = (-(-height // chroma), -(-width // chroma))
    texture = np.random.default_rng(value).integers(-3, 4, (height, width)) + value
    return Planes(texture.astype(np.uint8), np.full(shape, 120, np.uint8), np.full(shape, 140, np.uint8))


def make_stack(folder: Path, count: int = 5, name: str = "IMG_{}.JPG", first: int = 8) -> StackInput:
    """Slices of brightness 100, 110, ...; numbered so that 9 and 10 meet."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(folder / name.format(first + index) for index in range(count))
    for index, path in enumerate(paths):
        path.write_bytes(with_exif(encode_jpeg(planes(100 + 10 * index), 96), EXIF + bytes([index])))
    return StackInput(folder.name, paths)


def run(stack: StackInput, out: Path, options: BatchOptions | None = None) -> BatchReport:
    clock = FakeClock()
    return stack_files(stack, out, options or BatchOptions(), MemoryStacker(clock), clock)


def read_depth(path: Path) -> NDArray[np.uint16]:
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    assert pixels.dtype == np.uint16
    return np.asarray(pixels, np.uint16)


# ------------------------------------------------------------------ find


def test_one_folder_is_one_stack_in_natural_order(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase")
    assert find_stacks([tmp_path / "vase"]) == (stack,)
    assert [path.name for path in stack.slices] == [f"IMG_{n}.JPG" for n in (8, 9, 10, 11, 12)]


def test_files_are_one_stack_whatever_the_order_they_came_in(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase")
    (found,) = find_stacks([*stack.slices[::-1], stack.slices[0]])
    assert found == stack


def test_a_folder_of_folders_has_a_stack_each(tmp_path: Path) -> None:
    stacks = tuple(make_stack(tmp_path / "scan" / f"pos_{n}", count=2) for n in (2, 10, 1))
    (tmp_path / "scan" / "empty").mkdir()
    assert find_stacks([tmp_path / "scan"]) == (stacks[2], stacks[0], stacks[1])


def test_folders_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for name in ("a", "b"):
        make_stack(tmp_path / name / "slices", count=2)
    found = find_stacks([tmp_path / "a" / "slices", tmp_path / "b" / "slices"])
    assert [stack.name for stack in found] == ["a_slices", "b_slices"]


def test_the_present_folder_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_stack(tmp_path / "vase", count=2)
    monkeypatch.chdir(tmp_path / "vase")
    assert find_stacks([Path()])[0].name == "vase"


def test_only_images_count_and_hidden_files_do_not(tmp_path: Path) -> None:
    make_stack(tmp_path / "vase", count=2)
    (tmp_path / ".Trash").mkdir()
    for name in ("notes.txt", "._IMG_8.JPG", ".hidden.png", "IMG_9.CR2", "a.jpg.part"):
        (tmp_path / "vase" / name).write_bytes(b"")
    (tmp_path / "vase" / "folder.jpg").mkdir()
    assert len(find_stacks([tmp_path / "vase"])[0].slices) == 2
    assert len(find_stacks([tmp_path])) == 1


@pytest.mark.parametrize("suffix", ["jpg", "JPEG", "Png", "tif", "TIFF"])
def test_suffixes_in_any_case(tmp_path: Path, suffix: str) -> None:
    for n in range(2):
        (tmp_path / f"{n}.{suffix}").write_bytes(b"")
    assert len(find_stacks([tmp_path])[0].slices) == 2


@pytest.mark.parametrize(
    ("names", "error", "words"),
    [
        (["none"], NotFound, "There is no .*none"),
        (["empty"], NotFound, "no images in .*empty"),
        ([], NotFound, "No images were given"),
        (["one/a.jpg", "two"], StackingError, "two is a folder"),
        (["notes.txt", "one/a.jpg"], ImageUnreadable, r"notes\.txt is no image by its name"),
        (["two", "none"], NotFound, "none"),
    ],
)
def test_what_cannot_be_a_stack(tmp_path: Path, names: list[str], error: type[FocusrigError], words: str) -> None:
    for name in ("empty", "one", "two"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("one/a.jpg", "two/a.jpg", "two/b.jpg", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(error, match=words) as raised:
        find_stacks([tmp_path / name for name in names])
    assert raised.value.hint


def test_folders_that_are_passed_over_are_known(tmp_path: Path) -> None:
    make_stack(tmp_path / "scan" / "a", count=2)
    make_stack(tmp_path / "vase", count=2)
    for name in ("scan/empty", "scan/.hidden", "scan/deeper/still", "vase/empty"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "scan" / "notes.txt").touch()
    folders = [tmp_path / "scan", tmp_path / "vase"]
    assert passed_over(folders) == (tmp_path / "scan" / "deeper", tmp_path / "scan" / "empty")
    assert passed_over([tmp_path / "vase" / "IMG_8.JPG"]) == ()


# ------------------------------------------------------------------ stack


@pytest.mark.parametrize("name", ["scan", "scan/one", "scan/one/IMG_8.JPG"])
def test_a_slice_that_is_alone_concerns_its_stack_only(tmp_path: Path, name: str) -> None:
    make_stack(tmp_path / "scan" / "one", count=1)
    make_stack(tmp_path / "scan" / "two", count=2)
    alone = find_stacks([tmp_path / name])[0]
    with pytest.raises(TooFewSlices, match=r"IMG_8\.JPG is alone in one") as raised:
        run(alone, tmp_path / "out.jpg")
    assert raised.value.hint
    assert not (tmp_path / "out.jpg").exists()


@pytest.mark.parametrize(
    ("count", "reference", "expected"),
    [(2, 0, (0, 1)), (5, 2, (2, 1, 3, 0, 4)), (4, 0, (0, 1, 2, 3)), (4, 3, (3, 2, 1, 0)), (1, 0, (0,))],
)
def test_outward_from_the_reference(count: int, reference: int, expected: tuple[int, ...]) -> None:
    assert outward(count, reference) == expected


@pytest.mark.parametrize(
    ("reference", "order"), [("middle", [2, 1, 3, 0, 4]), (0, [0, 1, 2, 3, 4]), (4, [4, 3, 2, 1, 0])]
)
def test_slices_are_read_from_the_reference_outward(tmp_path: Path, reference: str | int, order: list[int]) -> None:
    stacker = MemoryStacker()
    stack = make_stack(tmp_path / "vase")
    report = stack_files(stack, tmp_path / "out.jpg", BatchOptions(reference=reference), stacker)
    assert stacker.order == order
    assert stacker.brightness == [100 + 10 * index for index in order]
    assert report.reference == order[0]


def test_the_result_is_the_picture_with_the_exif_of_the_reference(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase")
    report = run(stack, tmp_path / "out.jpg")
    data = (tmp_path / "out.jpg").read_bytes()
    assert decode_jpeg(data, "out").shapes == planes(120).shapes
    assert float(decode_jpeg(data, "out").y.mean()) == pytest.approx(120, abs=0.5)
    assert exif_of(data) == EXIF + bytes([2])
    assert report.exif


def test_the_report_is_json_and_says_how_each_slice_fared(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase")
    report = run(stack, tmp_path / "out.jpg", BatchOptions(depth=tmp_path / "depth.png"))
    facts = json.loads(json.dumps(dataclasses.asdict(report), allow_nan=False))
    assert facts["input"] == "vase"
    assert facts["output"] == str(tmp_path / "out.jpg")
    assert (facts["width"], facts["height"]) == (63, 47)
    assert facts["seconds"] == 10.0
    assert (facts["depth"], facts["mask"]) == (str(tmp_path / "depth.png"), None)
    assert [entry["index"] for entry in facts["slices"]] == [0, 1, 2, 3, 4]
    assert facts["slices"][3]["file"].endswith("IMG_11.JPG")
    assert facts["slices"][3]["residual_px"] == pytest.approx(0.3)
    assert facts["slices"][0]["residual_px"] is None
    assert facts["slices"][0]["transform"] == [list(row) for row in IDENTITY]


@pytest.mark.parametrize("suffix", [".png", ".tif", ".TIFF"])
def test_lossless_kinds_by_suffix(tmp_path: Path, suffix: str) -> None:
    stack = make_stack(tmp_path / "vase")
    report = run(stack, tmp_path / f"out{suffix}")
    pixels = cv2.imread(str(tmp_path / f"out{suffix}"))
    assert pixels is not None
    assert pixels.shape == (47, 63, 3)
    written, source = read_image(tmp_path / f"out{suffix}"), read_image(stack.slices[2])
    assert int(np.abs(written.y.astype(int) - source.y).max()) <= 1
    assert int(np.abs(written.cb.astype(int) - 120).max()) <= 2
    assert not report.exif


def test_depth_and_mask_are_of_full_size(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase")
    report = run(stack, tmp_path / "out.jpg", BatchOptions(depth=tmp_path / "d.png", mask=tmp_path / "m.PNG"))
    depth = read_depth(tmp_path / "d.png")
    assert depth.shape == (47, 63)
    assert np.all(depth[:2, :2] == 0)
    assert depth[-1, -1] == 5000
    assert report.depth_per_slice == 1000
    assert np.all(np.diff(depth.astype(int)[2::2, 0]) >= 0)
    mask = cv2.imread(str(tmp_path / "m.PNG"), cv2.IMREAD_UNCHANGED)
    assert mask is not None
    assert mask.shape == (47, 63)
    assert np.array_equal(mask == 0, depth == 0)
    assert set(np.unique(mask)) == {0, 255}


def test_depth_of_many_slices_still_fits_16_bit(tmp_path: Path) -> None:
    paths = []
    for index in range(70):
        paths.append(tmp_path / f"{index}.jpg")
        paths[-1].write_bytes(encode_jpeg(planes(100, 8, 8), 96))
    report = run(StackInput("many", tuple(paths)), tmp_path / "out.jpg", BatchOptions(depth=tmp_path / "d.png"))
    assert report.depth_per_slice == 936
    assert read_depth(tmp_path / "d.png").max() == 936 * 70


def test_a_missing_folder_of_the_result_is_made(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase", count=2)
    run(stack, tmp_path / "new" / "deep" / "out.jpg")
    assert (tmp_path / "new" / "deep" / "out.jpg").exists()


def test_slices_of_different_sizes_are_named(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase")
    stack.slices[3].write_bytes(encode_jpeg(planes(100, width=64), 96))
    with pytest.raises(SlicesDiffer, match=r"IMG_11\.JPG has 64 x 47 pixels, but .*IMG_10\.JPG has 63 x 47"):
        run(stack, tmp_path / "out.jpg")


def test_slices_of_different_chroma_are_named(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase")
    stack.slices[0].write_bytes(encode_jpeg(planes(100, chroma=1), 96))
    with pytest.raises(SlicesDiffer, match=r"IMG_8\.JPG and .*IMG_10\.JPG .* colour is stored"):
        run(stack, tmp_path / "out.jpg")


def test_a_truncated_slice_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase")
    whole = stack.slices[4].read_bytes()
    stack.slices[4].write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageUnreadable, match=r"IMG_12\.JPG"):
        run(stack, tmp_path / "out.jpg", BatchOptions(depth=tmp_path / "d.png", mask=tmp_path / "m.png"))
    assert [path.name for path in tmp_path.iterdir()] == ["vase"]


@pytest.mark.parametrize("name", ["out.jpg", "d.png", "m.png"])
def test_a_full_disk_leaves_nothing_of_the_stack(tmp_path: Path, name: str) -> None:
    stack = make_stack(tmp_path / "vase")
    options = BatchOptions(depth=tmp_path / "d.png", mask=tmp_path / "m.png")
    with pytest.raises(NoSpace, match=name) as raised:
        stack_files(stack, tmp_path / "out.jpg", options, MemoryStacker(), disk=FullDisk(name))
    assert [path.name for path in tmp_path.iterdir()] == ["vase"]
    assert raised.value.hint == "Make room on that disk, or write to another one."


def test_a_depth_that_cannot_be_written_takes_the_image_with_it(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase", count=2)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file"):
        run(stack, tmp_path / "out.jpg", BatchOptions(depth=tmp_path / "file" / "d.png"))
    assert not (tmp_path / "out.jpg").exists()


def test_an_error_of_the_stacker_leaves_an_older_result_as_it_is(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase")
    (tmp_path / "out.jpg").write_bytes(b"older")
    with pytest.raises(AlignmentFailed, match=r"IMG_11\.JPG does not fit .*IMG_10\.JPG"):
        stack_files(stack, tmp_path / "out.jpg", BatchOptions(), MemoryStacker(fails_at=3))
    assert (tmp_path / "out.jpg").read_bytes() == b"older"


@pytest.mark.parametrize("reference", [-1, 5, "first", ""])
def test_a_reference_that_is_not_in_the_stack(tmp_path: Path, reference: str | int) -> None:
    stack = make_stack(tmp_path / "vase")
    with pytest.raises(PlanError) as raised:
        run(stack, tmp_path / "out.jpg", BatchOptions(reference=reference))
    assert "0 to 4" in raised.value.hint


@pytest.mark.parametrize(
    ("out", "depth", "mask", "words"),
    [
        ("out.gif", None, None, "does not end in the name of an image"),
        ("out", None, None, "does not end in the name of an image"),
        ("out.jpg", "depth.jpg", None, r"does not end in \.png"),
        ("out.jpg", None, "mask.tif", r"does not end in \.png"),
        ("out.png", "out.png", None, "are the same"),
        ("out.jpg", "a.png", "a.png", "are the same"),
        ("vase/IMG_9.JPG", None, None, "one of the slices"),
    ],
)
def test_what_could_not_be_written_is_said_before_the_work(
    tmp_path: Path, out: str, depth: str | None, mask: str | None, words: str
) -> None:
    stack = make_stack(tmp_path / "vase")
    options = BatchOptions(depth=tmp_path / depth if depth else None, mask=tmp_path / mask if mask else None)
    stacker = MemoryStacker()
    with pytest.raises(StoreError, match=words) as raised:
        stack_files(stack, tmp_path / out, options, stacker)
    assert raised.value.hint
    assert stacker.order == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase", count=2)
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(StoreError, match=r"locked/out\.jpg"):
        run(stack, tmp_path / "locked" / "out.jpg")


def test_with_the_real_stacker_the_result_is_sharper_than_every_slice(tmp_path: Path) -> None:
    """Three slices of a textured plane, each sharp in its own third."""
    noise = np.random.default_rng(5).normal(size=(240, 360)).astype(np.float32)
    texture = np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.2))
    truth = np.clip(128 + 40 * texture / texture.std(), 0, 255).astype(np.uint8)
    chroma = np.full((120, 180), 128, np.uint8)
    paths = []
    errors = []
    for index in range(3):
        pixels = np.asarray(cv2.GaussianBlur(truth, (0, 0), 3.0), np.uint8)
        third = slice(120 * index, 120 * (index + 1))
        pixels[:, third] = truth[:, third]
        errors.append(float(np.abs(pixels.astype(int) - truth).mean()))
        paths.append(tmp_path / f"slice_{index}.jpg")
        paths[-1].write_bytes(encode_jpeg(Planes(pixels, chroma, chroma), 96))
    (stack,) = find_stacks(paths)
    report = stack_files(stack, tmp_path / "out.jpg", BatchOptions(depth=tmp_path / "depth.png"))
    result = read_image(tmp_path / "out.jpg").y
    assert float(np.abs(result.astype(int) - truth).mean()) < 0.25 * min(errors)
    depth = read_depth(tmp_path / "depth.png")
    assert [round(float(np.median(depth[:, 60 + 120 * n])) / 1000) for n in range(3)] == [1, 2, 3]
    assert [entry.index for entry in report.slices] == [0, 1, 2]
    assert sum(entry.share for entry in report.slices) == pytest.approx(1.0, abs=0.05)
