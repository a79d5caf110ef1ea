"""Which files make a stack."""

from pathlib import Path

import pytest

from scanner.batch import find_stacks, passed_over
from scanner.errors import FocusrigError, ImageUnreadable, NotFound, StackingError
from tests.batch.stacks import make_stack


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
