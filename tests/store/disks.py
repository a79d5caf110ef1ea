"""Disks that fail, stop, or lose what was not synced; and the model of a power cut."""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from scanner.store.files import SystemDisk

Step: TypeAlias = Callable[[], None]


class PowerCut(BaseException):
    """The process is gone: nothing may catch this, not even a clean-up for errors."""


class CountingDisk(SystemDisk):
    """The machine's disk, every call counted; what `at_step` does happens before the call of that number."""

    def __init__(self) -> None:
        self.steps = 0
        self.calls: list[str] = []
        self.at_step: Callable[[int, str], None] = lambda _step, _call: None

    def open(self, path: Path, flags: int) -> int:
        self._step(f"open {path.name}")
        return super().open(path, flags)

    def write(self, descriptor: int, data: memoryview) -> int:
        self._step("write")
        return super().write(descriptor, data)

    def truncate(self, descriptor: int, size: int) -> None:
        self._step("truncate")
        super().truncate(descriptor, size)

    def sync(self, descriptor: int) -> None:  # noqa: ARG002  real syncs cost seconds and prove nothing about power
        self._step("sync")

    def rename(self, source: Path, target: Path) -> None:
        self._step(f"rename {source.name} {target.name}")
        super().rename(source, target)

    def remove(self, path: Path) -> None:
        self._step(f"remove {path.name}")
        super().remove(path)

    def make_folder(self, path: Path) -> None:
        self._step(f"make_folder {path.name}")
        super().make_folder(path)

    def remove_folder(self, path: Path) -> None:
        self._step(f"remove_folder {path.name}")
        super().remove_folder(path)

    def _step(self, call: str) -> None:
        self.steps += 1
        self.calls.append(call)
        self.at_step(self.steps - 1, call)


def stop_at(step: int) -> Callable[[int, str], None]:
    """The process dies before call `step`, and does nothing after."""

    def act(now: int, _call: str) -> None:
        if now >= step:
            raise PowerCut

    return act


def fail_at(step: int, number: int, lasting: bool = False) -> Callable[[int, str], None]:
    """Call `step` fails with errno `number`; `lasting`: and so does every write and sync after it."""

    def act(now: int, call: str) -> None:
        if now == step or (lasting and now > step and call in ("write", "sync")):
            raise OSError(number, os.strerror(number))

    return act


def torn_writes(disk: CountingDisk, seed: int) -> None:
    """Make every write of `disk` write only part of what it was given, as the system may."""
    chance = random.Random(seed)  # noqa: S311
    whole = disk.write

    def write(descriptor: int, data: memoryview) -> int:
        return whole(descriptor, data[: chance.randint(1, len(data))])

    disk.write = write  # type: ignore[method-assign]


@dataclass(eq=False)
class _File:
    now: bytes = b""
    synced: bytes = b""

    def after_the_cut(self, chance: random.Random) -> bytes:
        """What was synced stays; of what came after, some part, or zeros, or nothing."""
        if self.now == self.synced:
            return self.now
        safe = next(self.now[:n] for n in range(len(self.now), -1, -1) if self.synced.startswith(self.now[:n]))
        new = self.now[len(safe) :]
        kept = new[: chance.randint(0, len(new))]
        zeros = bytes(chance.choice((0, len(new) - len(kept))))
        return chance.choice((self.synced, safe + kept + zeros))


@dataclass(eq=False)
class _Folder:
    synced: dict[str, "_File | _Folder"] = field(default_factory=dict)
    pending: list[Callable[[dict[str, "_File | _Folder"]], object]] = field(default_factory=list)

    def entries(self, count: int | None = None) -> dict[str, "_File | _Folder"]:
        """The names in the folder when only `count` of the changes since the last sync survive."""
        names = dict(self.synced)
        for change in self.pending[:count]:
            change(names)
        return names

    def change(self, change: Callable[[dict[str, "_File | _Folder"]], object]) -> None:
        self.pending.append(change)

    def sync(self) -> None:
        self.synced, self.pending = self.entries(), []


class VolatileDisk(CountingDisk):
    """The machine's disk, and beside it a model of which bytes and names would outlive a power cut.

    The model keeps the promises of POSIX and no others: fsync of a file keeps its content, fsync of a folder its names;
    of what was not synced, any beginning of a folder's changes, and any part of a file's, may survive.
    """

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root
        self._top = _Folder()
        self._files: dict[int, _File | _Folder] = {}

    def open(self, path: Path, flags: int) -> int:
        descriptor = super().open(path, flags)
        if flags & os.O_DIRECTORY:
            self._files[descriptor] = self._folder(path)
            return descriptor
        folder = self._folder(path.parent)
        node = folder.entries().get(path.name)
        if node is None:
            node = _File()
            folder.change(lambda names, new=node: names.__setitem__(path.name, new))  # type: ignore[misc]
        self._files[descriptor] = node
        return descriptor

    def write(self, descriptor: int, data: memoryview) -> int:
        count = super().write(descriptor, data)
        node = self._files[descriptor]
        assert isinstance(node, _File)
        node.now += bytes(data[:count])
        return count

    def truncate(self, descriptor: int, size: int) -> None:
        super().truncate(descriptor, size)
        node = self._files[descriptor]
        assert isinstance(node, _File)
        node.now = node.now[:size].ljust(size, b"\0")

    def sync(self, descriptor: int) -> None:
        super().sync(descriptor)
        node = self._files[descriptor]
        if isinstance(node, _File):
            node.synced = node.now
        else:
            node.sync()

    def rename(self, source: Path, target: Path) -> None:
        assert source.parent == target.parent
        super().rename(source, target)
        self._folder(source.parent).change(lambda names: names.__setitem__(target.name, names.pop(source.name)))

    def remove(self, path: Path) -> None:
        super().remove(path)
        self._folder(path.parent).change(lambda names: names.pop(path.name))

    def remove_folder(self, path: Path) -> None:
        super().remove_folder(path)
        self._folder(path.parent).change(lambda names: names.pop(path.name))

    def make_folder(self, path: Path) -> None:
        super().make_folder(path)
        new = _Folder()
        self._folder(path.parent).change(lambda names: names.__setitem__(path.name, new))

    def cut(self, target: Path, seed: int) -> None:
        """Write into `target` one of the states that the disk may be in if the power went now."""
        _after_the_cut(self._top, target, random.Random(seed))  # noqa: S311

    def _folder(self, path: Path) -> _Folder:
        node: _File | _Folder = self._top
        for name in path.relative_to(self._root).parts:
            assert isinstance(node, _Folder)
            node = node.entries()[name]
        assert isinstance(node, _Folder)
        return node


def _after_the_cut(folder: _Folder, target: Path, chance: random.Random) -> None:
    target.mkdir()
    for name, node in folder.entries(chance.randint(0, len(folder.pending))).items():
        if isinstance(node, _Folder):
            _after_the_cut(node, target / name, chance)
        else:
            (target / name).write_bytes(node.after_the_cut(chance))
