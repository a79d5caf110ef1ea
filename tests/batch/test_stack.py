"""One stack from files to file, with a stacker that only remembers; at last with the real one."""

import dataclasses
import json
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from scanner.batch import BatchOptions, StackInput, find_stacks, outward, stack_files
from scanner.errors import AlignmentFailed, ImageUnreadable, PlanError, SlicesDiffer, TooFewSlices
from scanner.plan.stacking import Method, StackingPlan
from scanner.slices import Planes
from scanner.store.images import decode_jpeg, encode_image, encode_jpeg, exif_of, read_image
from tests.batch.stacks import EXIF, IDENTITY, MemoryStacker, make_stack, planes, read_depth, run


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
    options = BatchOptions(StackingPlan.model_validate({"reference": reference}))
    report = stack_files(stack, tmp_path / "out.jpg", options, stacker)
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
    assert mask[0, 0] == 0
    assert np.all(mask[depth == 5000] == 255)
    assert set(np.unique(mask)) == {0, 255}


def test_the_index_is_that_of_the_sharpest_slice_everywhere(tmp_path: Path) -> None:
    report = run(make_stack(tmp_path / "vase"), tmp_path / "out.jpg", BatchOptions(index=tmp_path / "i.png"))
    index = read_depth(tmp_path / "i.png")
    assert index.shape == (47, 63)
    assert (index[0, 0], index[-1, -1]) == (0, 4)
    assert report.index == str(tmp_path / "i.png")


def deep_stack(folder: Path, suffix: str = ".tif") -> StackInput:
    """Three slices of 16 bit, of values between those of 8."""
    folder.mkdir()
    paths = tuple(folder / f"{index}{suffix}" for index in range(3))
    for index, path in enumerate(paths):
        y = np.full((48, 64), 257 * (100 + index) + 77, np.uint16)
        neutral = np.full((48, 64), 32768, np.uint16)
        path.write_bytes(encode_image(Planes(y, neutral, neutral), suffix, 96))
    return StackInput(folder.name, paths)


@pytest.mark.parametrize(("suffix", "bits"), [(".tif", 16), (".png", 16), (".jpg", 8)])
def test_a_stack_of_16_bit_is_written_with_16_where_the_file_can(tmp_path: Path, suffix: str, bits: int) -> None:
    stack = deep_stack(tmp_path / "deep")
    report = run(stack, tmp_path / f"out{suffix}")
    written = read_image(tmp_path / f"out{suffix}")
    assert report.bits == written.bits == bits
    assert (written.y == (257 * 101 + 77 if bits == 16 else 101)).all()


def test_slices_of_different_depths_are_named(tmp_path: Path) -> None:
    stack = deep_stack(tmp_path / "deep")
    flat = np.full((48, 64), 100, np.uint8)
    stack.slices[2].write_bytes(encode_image(Planes(flat, flat, flat), ".tif", 96))
    with pytest.raises(SlicesDiffer, match=r"2\.tif has 8 bits a channel, but .*1\.tif has 16") as raised:
        run(stack, tmp_path / "out.jpg")
    assert raised.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_truncated_file_of_any_kind_is_named(tmp_path: Path, suffix: str) -> None:
    stack = deep_stack(tmp_path / "deep", suffix)
    whole = stack.slices[0].read_bytes()
    stack.slices[0].write_bytes(whole[: len(whole) * 3 // 4])
    with pytest.raises(ImageUnreadable, match=rf"0\{suffix} is not a complete"):
        run(stack, tmp_path / "out.jpg", BatchOptions(index=tmp_path / "i.png"))
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]


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


def grey_or_coloured(path: Path, *, coloured: bool, seed: int) -> None:
    """A file of 63 x 47; JPEG as 4:2:0."""
    pixels = np.random.default_rng(seed).integers(0, 255, (47, 63, 3), np.uint8)
    cv2.imwrite(str(path), pixels if coloured else pixels[..., 0])


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
@pytest.mark.parametrize(("odd", "coloured"), [(0, True), (2, True), (0, False)])
def test_a_grey_slice_among_coloured_ones_is_named(tmp_path: Path, suffix: str, odd: int, *, coloured: bool) -> None:
    paths = tuple(tmp_path / f"{index}{suffix}" for index in range(3))
    for index, path in enumerate(paths):
        grey_or_coloured(path, coloured=(index == odd) != coloured, seed=index)
    grey, other = (odd, 1) if coloured else (1, odd)
    with pytest.raises(SlicesDiffer, match=rf"{grey}\{suffix} is grey, but .*{other}\{suffix} has colour") as raised:
        run(StackInput("mixed", paths), tmp_path / "out.jpg")
    assert "same program" in raised.value.hint
    assert not (tmp_path / "out.jpg").exists()


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_a_stack_all_grey_is_a_stack(tmp_path: Path, suffix: str) -> None:
    paths = tuple(tmp_path / f"{index}{suffix}" for index in range(3))
    for index, path in enumerate(paths):
        grey_or_coloured(path, coloured=False, seed=index)
    run(StackInput("grey", paths), tmp_path / "out.png")
    assert (read_image(tmp_path / "out.png").cb == 128).all()


def test_a_grey_slice_with_opacity_is_grey_too(tmp_path: Path) -> None:
    """PNG, colour type 4: two bytes a pixel, each row after a filter byte."""
    paths = tuple(tmp_path / f"{index}.png" for index in range(3))
    for index, path in enumerate(paths):
        grey_or_coloured(path, coloured=True, seed=index)
    rows = b"".join(b"\0" + bytes([column, 255]) * 63 for column in range(47))
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 63, 47, 8, 4, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    paths[0].write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(struct.pack(">I", len(c)) + kind + c + struct.pack(">I", zlib.crc32(kind + c)) for kind, c in chunks)
    )
    with pytest.raises(SlicesDiffer, match=r"0\.png is grey"):
        run(StackInput("mixed", paths), tmp_path / "out.jpg")


def test_a_coloured_slice_that_is_black_is_no_grey_one(tmp_path: Path) -> None:
    paths = tuple(tmp_path / f"{index}.png" for index in range(3))
    for index, path in enumerate(paths):
        grey_or_coloured(path, coloured=True, seed=index)
    cv2.imwrite(str(paths[2]), np.zeros((47, 63, 3), np.uint8))
    assert len(run(StackInput("night", paths), tmp_path / "out.png").slices) == 3


def test_a_truncated_slice_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase")
    whole = stack.slices[4].read_bytes()
    stack.slices[4].write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageUnreadable, match=r"IMG_12\.JPG"):
        run(stack, tmp_path / "out.jpg", BatchOptions(depth=tmp_path / "d.png", mask=tmp_path / "m.png"))
    assert [path.name for path in tmp_path.iterdir()] == ["vase"]


def test_an_error_of_the_stacker_leaves_an_older_result_as_it_is(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase")
    (tmp_path / "out.jpg").write_bytes(b"older")
    with pytest.raises(AlignmentFailed, match=r"IMG_11\.JPG does not fit .*IMG_10\.JPG"):
        stack_files(stack, tmp_path / "out.jpg", BatchOptions(), MemoryStacker(fails_at=3))
    assert (tmp_path / "out.jpg").read_bytes() == b"older"


def test_a_reference_that_is_not_in_the_stack(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase")
    with pytest.raises(PlanError) as raised:
        run(stack, tmp_path / "out.jpg", BatchOptions(StackingPlan(reference=5)))
    assert "0 to 4" in raised.value.hint


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


def checkers(index: int, height: int = 200, width: int = 300) -> Planes:
    """One of three slices of a noise texture, sharp in its third of the picture, in 16 bit."""
    noise = np.random.default_rng(5).normal(size=(height, width)).astype(np.float32)
    texture = np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.2))
    sharp = (30000 + 9000 * texture / texture.std()).clip(0, 65535).astype(np.uint16)
    pixels = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 3.0), np.uint16)
    third = slice(width // 3 * index, width // 3 * (index + 1))
    pixels[:, third] = sharp[:, third]
    neutral = np.full((height, width), 32768, np.uint16)
    return Planes(pixels, neutral, neutral)


@pytest.mark.parametrize("method", ["weighted", "depth", "pyramid"])
def test_every_method_makes_16_bit_of_16_bit(tmp_path: Path, method: Method) -> None:
    paths = []
    for index in range(3):
        paths.append(tmp_path / f"{index}.png")
        paths[-1].write_bytes(encode_image(checkers(index), ".png", 96))
    (stack,) = find_stacks(paths)
    report = stack_files(stack, tmp_path / "out.tif", BatchOptions(StackingPlan(method=method)))
    result = read_image(tmp_path / "out.tif")
    assert report.bits == result.bits == 16
    assert report.plan["method"] == method
    for index in range(3):
        inside = np.s_[20:-20, 100 * index + 20 : 100 * index + 80]
        difference = np.abs(result.y[inside].astype(int) - checkers(index).y[inside])
        assert difference.mean() < 900
    assert len(np.unique(result.y)) > 5000
