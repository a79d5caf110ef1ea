"""DSLRs for tests: a library that answers like gphoto2 with faults on demand, and libgphoto2's own virtual camera."""

import os
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg

from scanner.clock import Clock, SystemClock
from scanner.hardware.gphoto2_camera import DslrCamera, open_gphoto2
from scanner.hardware.guard import Guard, only_log
from scanner.hardware.settings import CameraSettings

WIDTH, HEIGHT = 240, 160
OPTICS = CameraSettings(driver="gphoto2", focal_length_mm=60, f_number=8, pixel_pitch_um=4, timeout_s=10)

QUICK = OPTICS.model_copy(update={"timeout_s": 0.3})
"""For calls that are to run out of time; the others might, on a busy machine."""

HANG, HANG_FOR_EVER = 1, 2
"""Faults beside the numbers of libgphoto2: a call that ends when it is cancelled, one that does not even then."""


def jpeg(value: int = 90, size: tuple[int, int] = (WIDTH, HEIGHT), exif: bytes = b"", chroma: str = "420") -> bytes:
    """A JPEG of one grey, which tells pictures apart, with an EXIF block."""
    pixels = np.full((size[1], size[0], 3), value, np.uint8)
    return with_exif(bytes(simplejpeg.encode_jpeg(pixels, quality=95, colorsubsampling=chroma)), exif)


def with_exif(data: bytes, exif: bytes) -> bytes:
    if not exif:
        return data
    body = b"Exif\0\0" + exif
    return data[:2] + struct.pack(">BBH", 0xFF, 0xE1, len(body) + 2) + body + data[2:]


def exif(order: str = "<", **tags: float | tuple[int, int]) -> bytes:
    """A TIFF block: names of TAGS; pairs become rationals, other numbers shorts."""
    entries, extra = b"", b""
    after = 26 + 2 + 12 * len(tags) + 4
    for tag, value in sorted((TAGS[name], value) for name, value in tags.items()):
        if isinstance(value, tuple):
            entries += struct.pack(order + "HHII", tag, 5, 1, after + len(extra))
            extra += struct.pack(order + "II", *value)
        else:
            entries += struct.pack(order + "HHIHxx", tag, 3, 1, int(value))
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    first = struct.pack(order + "HHHII", 1, 0x8769, 4, 1, 26) + bytes(4)
    return head + first + struct.pack(order + "H", len(tags)) + entries + bytes(4) + extra


TAGS = {
    "exposure": 0x829A,
    "f_number": 0x829D,
    "iso": 0x8827,
    "focal_length": 0x920A,
    "plane_x": 0xA20E,
    "plane_unit": 0xA210,
    "orientation": 0x0112,
}


class FakeError(Exception):
    """What the library raises."""

    def __init__(self, code: int) -> None:
        super().__init__(f"[{code}]")
        self.code, self.string = code, f"error {code}"


@dataclass
class FakeDial:
    """One setting of a camera."""

    value: str
    choices: list[str] = field(default_factory=list)
    fixed: bool = False


@dataclass
class FakeFile:
    """Where a picture lies, and its bytes."""

    folder: str
    name: str
    data: bytes = b""

    def get_data_and_size(self) -> bytes:
        return self.data


@dataclass
class FakeDslr:
    """A camera on the bus. `faults`: call -> what its next calls do: 0 well, a number of libgphoto2, HANG...

    `pictures`: what the releases give, the last again and again; `companions`: endings of the files that come after
    the first of each release.
    """

    model: str = "Nikon DSC D750"
    port: str = "usb:001,004"
    serial: str = "3001234"
    pictures: list[bytes] = field(default_factory=lambda: [jpeg()])
    endings: tuple[str, ...] = (".JPG",)
    dials: dict[str, FakeDial] = field(default_factory=dict)
    live: bytes | None = None
    there: bool = True
    faults: dict[str, deque[int]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    events: deque[FakeFile] = field(default_factory=deque)
    let_go: threading.Event = field(default_factory=threading.Event)
    releases: int = 0

    def __post_init__(self) -> None:
        self.dials.setdefault("serialnumber", FakeDial(self.serial, fixed=True))
        self.dials.setdefault("shutterspeed", FakeDial("1/100", ["bulb", "1/200", "1/100", "1/50", "1", "30"]))
        self.dials.setdefault("iso", FakeDial("200", ["Auto", "100", "200", "400", "800"]))

    def fail(self, call: str, *numbers: int) -> None:
        self.faults[call] = deque(numbers)

    def does(self, call: str, cancelled: Callable[[], bool]) -> None:
        """Note a call, and fail as asked."""
        self.calls.append(call)
        if not self.there:
            raise FakeError(-52)
        if cancelled():
            raise FakeError(-112)
        queue = self.faults.get(call)
        number = queue.popleft() if queue else 0
        if number in (HANG, HANG_FOR_EVER):
            while not (cancelled() and number == HANG) and not self.let_go.wait(0.005):
                pass
            number = -112
        if number:
            raise FakeError(number)

    def release(self) -> FakeFile:
        self.releases += 1
        data = self.pictures.pop(0) if len(self.pictures) > 1 else self.pictures[0]
        files = [FakeFile("/card", f"DSC_{self.releases:04d}{ending}") for ending in self.endings]
        for file in files:
            self.files[file.name] = data if file.name.endswith((".JPG", ".jpeg")) else b"II*\0raw"
        self.events.extend(files[1:])
        return files[0]


class FakeList:
    """What was found on the bus."""

    def __init__(self, found: list[FakeDslr]) -> None:
        self._found = found

    def count(self) -> int:
        return len(self._found)

    def get_name(self, index: int) -> str:
        return self._found[index].model

    def get_value(self, index: int) -> str:
        return self._found[index].port


class FakeContext:
    """Asks whether a call is to end."""

    def __init__(self) -> None:
        self._ask: Callable[[object, object], int] = lambda _context, _data: 0

    def set_cancel_func(self, ask: Callable[[object, object], int], _data: object) -> object:
        self._ask = ask
        return self

    def cancelled(self) -> bool:
        return self._ask(self, None) == FakeGphoto2.GP_CONTEXT_FEEDBACK_CANCEL


class FakeWidget:
    """A dial as the library hands it out: setting it changes nothing until it is handed back."""

    def __init__(self, dial: FakeDial) -> None:
        self._dial = dial
        self._value = dial.value

    def get_value(self) -> str:
        return self._value

    def set_value(self, value: str) -> None:
        self._value = value

    def get_type(self) -> int:
        return FakeGphoto2.GP_WIDGET_RADIO if self._dial.choices else FakeGphoto2.GP_WIDGET_TEXT

    def get_choices(self) -> list[str]:
        return self._dial.choices

    def get_readonly(self) -> int:
        return int(self._dial.fixed)


class FakePorts:
    """The ports of the machine."""

    def __init__(self) -> None:
        self.loaded = False

    def load(self) -> None:
        self.loaded = True

    def lookup_path(self, path: str) -> str:
        assert self.loaded
        return path

    def __getitem__(self, path: str) -> str:
        return path


class FakeCamera:
    """A connection to a camera; as in the real library a second one needs a new object."""

    def __init__(self, bus: list[FakeDslr]) -> None:
        self._bus = bus
        self._port = ""
        self._used = False

    def set_port_info(self, port: str) -> None:
        self._port = port

    def init(self, context: FakeContext) -> None:
        assert not self._used, "libgphoto2 crashes where a camera is initialised twice"
        self._used = True
        self._dslr(context, "init")

    def exit(self, context: FakeContext) -> None:
        self._dslr(context, "exit")

    def capture(self, kind: int, context: FakeContext) -> FakeFile:
        assert kind == FakeGphoto2.GP_CAPTURE_IMAGE
        dslr = self._dslr(context, "capture")
        if dslr.events:  # as a Canon does: what was added last passes for the picture
            return dslr.events.popleft()
        return dslr.release()

    def capture_preview(self, file: None, context: FakeContext) -> FakeFile:
        assert file is None
        dslr = self._dslr(context, "capture_preview")
        if dslr.live is None:
            raise FakeError(-6)
        return FakeFile("", "", dslr.live)

    def file_get(self, folder: str, name: str, kind: int, file: None, context: FakeContext) -> FakeFile:
        assert (folder, kind, file) == ("/card", FakeGphoto2.GP_FILE_TYPE_NORMAL, None)
        return FakeFile(folder, name, self._dslr(context, "file_get").files[name])

    def file_delete(self, _folder: str, name: str, context: FakeContext) -> None:
        del self._dslr(context, "file_delete").files[name]

    def wait_for_event(self, milliseconds: int, context: FakeContext) -> tuple[int, FakeFile | None]:
        assert 0 < milliseconds < 1000
        dslr = self._dslr(context, "wait_for_event")
        if not dslr.events:
            return FakeGphoto2.GP_EVENT_TIMEOUT, None
        return FakeGphoto2.GP_EVENT_FILE_ADDED, dslr.events.popleft()

    def get_single_config(self, name: str, context: FakeContext) -> FakeWidget:
        dials = self._dslr(context, f"get {name}").dials
        if name not in dials:
            raise FakeError(-2)
        return FakeWidget(dials[name])

    def set_single_config(self, name: str, widget: FakeWidget, context: FakeContext) -> None:
        self._dslr(context, f"set {name}").dials[name].value = widget.get_value()

    def _dslr(self, context: FakeContext, call: str) -> FakeDslr:
        dslr = next((dslr for dslr in self._bus if dslr.port == self._port), None)
        if dslr is None:
            raise FakeError(-52)
        dslr.does(call, context.cancelled)
        return dslr


class FakeCameras:
    """The class `Camera` of the library."""

    def __init__(self, bus: list[FakeDslr]) -> None:
        self._bus = bus

    def __call__(self) -> FakeCamera:
        return FakeCamera(self._bus)

    def autodetect(self, context: FakeContext) -> FakeList:
        assert isinstance(context, FakeContext)
        return FakeList([dslr for dslr in self._bus if dslr.there])


class FakeGphoto2:
    """The library, with the cameras that are on the bus."""

    GPhoto2Error = FakeError
    Context = FakeContext
    PortInfoList = FakePorts
    GP_CAPTURE_IMAGE, GP_FILE_TYPE_NORMAL = 0, 1
    GP_CONTEXT_FEEDBACK_OK, GP_CONTEXT_FEEDBACK_CANCEL = 0, 1
    GP_EVENT_UNKNOWN, GP_EVENT_TIMEOUT, GP_EVENT_FILE_ADDED = 0, 1, 2
    GP_WIDGET_TEXT, GP_WIDGET_RADIO, GP_WIDGET_MENU = 2, 5, 6

    def __init__(self, *bus: FakeDslr) -> None:
        self.bus = list(bus)
        self.Camera = FakeCameras(self.bus)


def open_fake(*bus: FakeDslr, settings: CameraSettings = OPTICS, clock: Clock | None = None) -> DslrCamera:
    """The driver over cameras of the fake library."""
    return open_gphoto2(settings, clock or SystemClock(), lambda _name: FakeGphoto2(*bus), Guard(only_log))


@contextmanager
def virtual_library(folder: Path, *pictures: bytes) -> Iterator[Any]:
    """The real gphoto2 with its virtual camera, a D750 that has `pictures` and gives one of them at each release.

    It gives 26 pictures in its life, which ends when its last connection does.
    """
    card = folder / "DCIM"
    card.mkdir(parents=True)
    for index, data in enumerate(pictures or (jpeg(),)):
        (card / f"IMG_{index}.jpg").write_bytes(data)
    library = import_module("gphoto2")
    own = Path(str(library.__file__)).parent / "libgphoto2"
    wanted = {"VCAMERADIR": str(folder), "IOLIBS": str(own / "vusb"), "CAMLIBS": str(own / "camlibs")}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)  # libgphoto2 reads them whenever it looks for cameras
    try:
        yield library
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def open_virtual(library: Any, settings: CameraSettings = OPTICS, clock: Clock | None = None) -> DslrCamera:
    """The driver over the virtual camera."""
    return open_gphoto2(settings, clock or SystemClock(), lambda _name: library, Guard(only_log))
