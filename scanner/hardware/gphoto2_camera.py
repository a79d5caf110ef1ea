"""The camera driver for DSLRs over libgphoto2. The only module that imports gphoto2. Focus is a rail's business."""

import importlib
import logging
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from typing import Any

from scanner.clock import Clock
from scanner.errors import CameraError, ConfigError, FixedFocus, HardwareMissing
from scanner.hardware.gphoto2_body import NOT_SUPPORTED, Body, Library, Place, Refused
from scanner.hardware.gphoto2_exposure import expected_s, prepare, read_exposure, set_exposure
from scanner.hardware.gphoto2_jpeg import ShotFacts, mirrored, planes_of, shot_facts, small_planes_of
from scanner.hardware.gphoto2_session import Session
from scanner.hardware.guard import Guard
from scanner.hardware.protocols import CameraFacts, Capture, Exposure
from scanner.hardware.settings import CameraSettings
from scanner.slices import Planes
from scanner.units import Dioptres, Seconds

LISTEN_S: Seconds = 0.05
"""Pause between two questions for a file that is still to come."""

log = logging.getLogger(__name__)


class DslrCamera:
    """A DSLR on USB. Only one thread may call it. It takes one picture when it is opened, to learn its size.

    Raises CameraError, ConfigError, HardwareMissing, RigLost.
    """

    def __init__(self, session: Session, settings: CameraSettings, clock: Clock) -> None:
        self._session = session
        self._settings = settings
        self._clock = clock
        self._locked: Exposure | None = None
        self._prepared = 0
        self._live = True
        self._latest: Place | None = None
        jpeg, _ = session.persist(self._picture)
        self._told = shot_facts(jpeg)
        self._facts = _facts(session, settings, planes_of(jpeg), self._told)

    @property
    def facts(self) -> CameraFacts:
        return self._facts

    def lock(self, exposure: Exposure | None) -> Exposure:
        """Turn shutter and ISO to the nearest that the camera has, autofocus and automatic white balance off.

        Returns what the dials say then; colour gains are 1.0, a DSLR has its own. None: what the camera is set to
        stays, as its own meter was asked by whoever set it. Raises CameraError where the camera chooses by itself or
        does not tell; HardwareMissing, RigLost.
        """
        self._locked = exposure
        self._prepared = 0
        self._locked = self._session.persist(self._lock)
        return self._locked

    def focus(self, lens: Dioptres) -> Dioptres:
        """Raises FixedFocus: Focusrig does not drive the lens of a DSLR."""
        raise FixedFocus(
            f"The lens of the {self._facts.model} is not driven; {lens:g} D was asked for.",
            'Focus by a rail: rig.focus.drive = "rail".',
        )

    def capture(self) -> Capture:
        """Take one full picture. `taken_at` is when the shutter was told to release: the exposure begins soon after.

        Exposure and gain are those of its EXIF, else those that are locked, else 0 and 1.
        Raises CameraError, HardwareMissing, RigLost.
        """
        jpeg, taken_at = self._session.persist(self._picture)
        told, locked = shot_facts(jpeg), self._locked
        return Capture(
            pixels=self._as_ever(self._turned(planes_of(jpeg))),
            lens=None,
            exposure_us=told.exposure_us or (locked.time_us if locked else 0),
            gain=told.gain or (locked.gain if locked else 1.0),
            taken_at=taken_at,
        )

    def look(self) -> Planes:
        """A small picture, 4:4:4: of the live view, or where the camera has none a full picture made small.

        Raises CameraError, HardwareMissing, RigLost.
        """
        return self._turned(small_planes_of(self._session.persist(self._glance), self._settings.preview_width))

    def close(self) -> None:
        """Release the camera; calling it twice is harmless."""
        self._session.close()

    # ------------------------------------------------------------------ look

    def _lock(self) -> Exposure:
        self._prepare()
        time_us, gain = self._session.call("read its exposure", read_exposure)
        time_us, gain = time_us or self._told.exposure_us, gain or self._told.gain or 1.0
        if not time_us:
            raise CameraError("This camera does not tell its exposure.", "Choose another camera, or its M mode.")
        self._session.exposure_s = time_us * 1e-6
        return Exposure(time_us=time_us, gain=gain, red_gain=1.0, blue_gain=1.0)

    def _prepare(self) -> None:
        """Once for each connection: a camera that was away may have forgotten its dials."""
        if self._prepared == self._session.connections:
            return
        self._session.call("set its dials", prepare)
        if (wanted := self._locked) is not None:
            self._session.call("set its exposure", lambda body: set_exposure(body, wanted))
        self._session.exposure_s = self._session.call("read its shutter", expected_s)
        self._prepared = self._session.connections

    # -------------------------------------------------------------- pictures

    def _glance(self) -> bytes:
        if self._live:
            try:
                return self._session.call("show its live view", Body.view)
            except Refused as error:
                self._live = error.number != NOT_SUPPORTED
                log.warning("%s Taking a full picture instead.", error.message)
        return self._picture()[0]

    def _picture(self) -> tuple[bytes, Seconds]:
        """A JPEG and when it was asked for. It is deleted in the camera; a raw file of the same release, which may come
        late, goes before the next picture."""
        self._prepare()
        self._clear(self._session.call("tell its news", Body.news))  # else a late file would pass for the new one
        asked = self._clock.monotonic()
        first = self._latest = self._session.call("take a picture", Body.press)
        files = [first]
        while not files[-1].is_jpeg and (more := self._wait_for_more(asked)):
            files += more
        if not files[-1].is_jpeg:
            self._clear(files)
            raise CameraError(
                "The camera gave a raw file and no JPEG.", "Set its picture quality to JPEG, fine, largest size."
            )
        jpeg = self._session.call("hand out the picture", lambda body: body.download(files[-1]))
        self._clear(files)
        return jpeg, asked

    def _wait_for_more(self, since: Seconds) -> list[Place]:
        """The files that follow a raw one of the same release, a JPEG last; none past the deadline."""
        deadline = since + 2 * self._session.exposure_s + self._settings.timeout_s
        while self._clock.monotonic() < deadline:
            added = self._session.call("tell its news", Body.news)
            if mine := [place for place in added if self._is_mine(place)]:
                return sorted(mine, key=lambda place: place.is_jpeg)
            self._clock.sleep(LISTEN_S)
        return []

    def _clear(self, places: Iterable[Place]) -> None:
        """Delete what Focusrig's own releases left in the camera; pictures of others stay."""
        for place in {place: None for place in places if self._is_mine(place)}:
            try:
                self._session.call("delete a picture", partial(Body.delete, place=place))
            except Refused as error:
                log.warning("%s stays in the camera: %s", place.name, error.message)

    def _is_mine(self, place: Place) -> bool:
        return self._latest is not None and place.belongs_to(self._latest)

    def _turned(self, planes: Planes) -> Planes:
        return mirrored(planes, hflip=self._settings.hflip, vflip=self._settings.vflip)

    def _as_ever(self, planes: Planes) -> Planes:
        width, height = self._facts.width, self._facts.height
        if planes.size != (width, height):
            raise CameraError(
                f"The camera's picture is {planes.width} x {planes.height} pixels, no longer {width} x {height}.",
                "Leave the size of its pictures as it was when the rig was opened, or open the rig again.",
            )
        return planes


Importer = Callable[[str], Any]


def open_gphoto2(
    settings: CameraSettings, clock: Clock, load: Importer = importlib.import_module, guard: Guard | None = None
) -> DslrCamera:
    """The DSLR on USB; `settings.serial` chooses among several. `load` imports gphoto2 by name. `guard`: what happens
    when a call hangs beyond all deadlines; None: the process ends.

    Raises HardwareMissing, ConfigError, CameraError, RigLost.
    """
    if settings.tuning_file or settings.sensor_mode:
        raise ConfigError(
            "A DSLR has no tuning_file and no sensor_mode.", "Remove them from rig.camera, or choose driver picamera2."
        )
    with ExitStack() as opened:
        session = Session(_library(load), settings, guard or Guard())
        opened.callback(session.close)
        camera = DslrCamera(session, settings, clock)
        opened.pop_all()
        return camera


def _library(load: Importer) -> Library:
    try:
        return load("gphoto2")
    except ModuleNotFoundError as error:
        raise HardwareMissing(
            f"The library {error.name} is not there.", 'Install it: pip install "focusrig[dslr]".'
        ) from error
    except ImportError as error:
        raise HardwareMissing(
            f"The library gphoto2 cannot be loaded: {error}.", 'Install it anew: pip install "focusrig[dslr]".'
        ) from error


def _facts(session: Session, settings: CameraSettings, planes: Planes, told: ShotFacts) -> CameraFacts:
    """The settings first, then what EXIF tells. Raises ConfigError where neither knows, or the size is another."""
    size = (settings.width or planes.width, settings.height or planes.height)
    if size != planes.size:
        raise ConfigError(
            f"The {session.model} takes {planes.width} x {planes.height} pixels, not {size[0]} x {size[1]}.",
            "Set its picture size at the camera, or remove rig.camera.width and height.",
        )
    optics = {
        "focal_length_mm": settings.focal_length_mm or told.focal_length_mm,
        "f_number": settings.f_number or told.f_number,
        "pixel_pitch_um": settings.pixel_pitch_um or told.pixel_pitch_um,
    }
    unknown = [f"rig.camera.{name}" for name, value in optics.items() if not value]
    if unknown:
        raise ConfigError(f"The {session.model} does not tell its optics.", f"Set {', '.join(unknown)} in the config.")
    return CameraFacts(
        model=session.model,
        serial=settings.serial or session.serial,
        width=size[0],
        height=size[1],
        lens=None,
        hflip=settings.hflip,
        vflip=settings.vflip,
        **optics,
    )
