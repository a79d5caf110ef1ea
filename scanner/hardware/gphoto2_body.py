"""One DSLR as libgphoto2 has it: the few calls that Focusrig makes of it, and its errors in words."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, TypeAlias

from scanner.errors import CameraError, CameraTimeout, HardwareError, HardwareMissing

Library: TypeAlias = Any
"""The module gphoto2, which has no types, or one that answers like it."""

EVENT_MS = 20
EVENTS = 500
"""A Canon tells dozens of changed properties after each picture."""

# Results of libgphoto2, from gphoto2-result.h and gphoto2-port-result.h.
BAD_PARAMETERS, NO_MEMORY, UNKNOWN_PORT, NOT_SUPPORTED, IO, TIMEOUT = -2, -3, -5, -6, -7, -10
IO_INIT, IO_READ, IO_WRITE, IO_UPDATE, CLEAR_HALT, USB_FIND, USB_CLAIM, IO_LOCK = -31, -34, -35, -37, -51, -52, -53, -60
MODEL_NOT_FOUND, CANCEL, NO_SPACE = -105, -112, -115

GONE = (UNKNOWN_PORT, IO_INIT, USB_FIND, MODEL_NOT_FOUND)
HELD = (USB_CLAIM, IO_LOCK)
SILENT = (IO, TIMEOUT, IO_READ, IO_WRITE, IO_UPDATE, CLEAR_HALT, CANCEL)
FULL = (NO_MEMORY, NO_SPACE)
NO_SUCH_DIAL = (BAD_PARAMETERS, NOT_SUPPORTED)

PLUG_IN = "Check its USB cable and battery, switch it on, and switch off its automatic power-off."


class Refused(CameraError):
    """The camera answered, but with an error: `number` is that of libgphoto2."""

    def __init__(self, message: str, hint: str = "", number: int = 0) -> None:
        super().__init__(message, hint)
        self.number = number


def in_words(what: str, number: int, text: str) -> HardwareError:
    """The error of libgphoto2 that came while Focusrig wanted to do `what`."""
    if number in GONE:
        return HardwareMissing(f"The camera is gone: could not {what} ({text}).", PLUG_IN)
    if number in HELD:
        return HardwareMissing(
            f"Another program holds the camera: could not {what} ({text}).",
            "On a desktop that is gvfs: end it with `gio mount -s gphoto2`, or for good with "
            "`systemctl --user mask gvfs-gphoto2-volume-monitor`. Close other camera programs.",
        )
    if number in SILENT:
        return CameraTimeout(f"The camera does not answer: could not {what} ({text}).", PLUG_IN)
    if number in FULL:
        return Refused(
            f"The memory of the camera is full: could not {what} ({text}).", "Empty its card, then go on.", number
        )
    return Refused(
        f"The camera refused to {what} ({text}).",
        "Switch the lens to manual focus, leave the menus of the camera, and look at what its display says.",
        number,
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture lies in the camera."""

    folder: str
    name: str

    @property
    def is_jpeg(self) -> bool:
        return PurePosixPath(self.name).suffix.lower() in (".jpg", ".jpeg")

    def belongs_to(self, other: "Place") -> bool:
        """Whether both come of one release: the same name but for its ending, or both in the camera's memory, where
        libgphoto2 names pictures capt0000 and so on."""
        mine, others = PurePosixPath(self.name).stem, PurePosixPath(other.name).stem
        return mine == others or (mine.startswith("capt") and others.startswith("capt"))


@dataclass(frozen=True, slots=True)
class Dial:
    """One setting of a camera; `choices` is empty where any text may be set."""

    name: str
    value: str
    choices: tuple[str, ...]
    fixed: bool


class Body:
    """A camera that is connected. Every call may block, and raises the library's own error.

    The binding lets other threads run in all of them but `delete` and `leave`: how long these take is up to the
    timeouts of libgphoto2's own USB layer.
    """

    def __init__(self, library: Library, port: str, context: Any) -> None:  # noqa: ANN401  an object of the library
        self._library = library
        self._context = context
        ports = library.PortInfoList()
        ports.load()
        self._camera = library.Camera()
        self._camera.set_port_info(ports[ports.lookup_path(port)])
        self._camera.init(context)

    def press(self) -> Place:
        """Release the shutter and wait until the camera has the picture; where its first file lies."""
        place = self._camera.capture(self._library.GP_CAPTURE_IMAGE, self._context)
        return Place(place.folder, place.name)

    def download(self, place: Place) -> bytes:
        """The file that lies there."""
        file = self._camera.file_get(place.folder, place.name, self._library.GP_FILE_TYPE_NORMAL, None, self._context)
        return bytes(file.get_data_and_size())

    def delete(self, place: Place) -> None:
        """Remove the file that lies there."""
        self._camera.file_delete(place.folder, place.name, self._context)

    def view(self) -> bytes:
        """A JPEG of the live view. What was asked first may have lain ready: the second was exposed since."""
        self._camera.capture_preview(None, self._context)
        return bytes(self._camera.capture_preview(None, self._context).get_data_and_size())

    def news(self) -> list[Place]:
        """Pictures that were added, until the camera has nothing more to tell."""
        added = []
        for _ in range(EVENTS):
            kind, what = self._camera.wait_for_event(EVENT_MS, self._context)
            if kind == self._library.GP_EVENT_TIMEOUT:
                break
            if kind == self._library.GP_EVENT_FILE_ADDED:
                added.append(Place(what.folder, what.name))
        return added

    def dial(self, *names: str) -> Dial | None:
        """The first of these settings that the camera has."""
        for name in names:
            try:
                widget = self._camera.get_single_config(name, self._context)
            except self._library.GPhoto2Error as error:
                if error.code in NO_SUCH_DIAL:
                    continue
                raise
            listed = widget.get_type() in (self._library.GP_WIDGET_RADIO, self._library.GP_WIDGET_MENU)
            choices = tuple(str(choice) for choice in widget.get_choices()) if listed else ()
            return Dial(name, str(widget.get_value()), choices, bool(widget.get_readonly()))
        return None

    def turn(self, dial: Dial, value: str) -> None:
        """Set a dial to one of its choices."""
        widget = self._camera.get_single_config(dial.name, self._context)
        widget.set_value(value)
        self._camera.set_single_config(dial.name, widget, self._context)

    def leave(self) -> None:
        """End the connection. The object is of no use afterwards: libgphoto2 cannot begin again with it."""
        self._camera.exit(self._context)
