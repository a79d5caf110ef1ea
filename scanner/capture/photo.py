"""EXIF on what a scan writes: one camera for all its images, and a time and an id for each of them."""

from datetime import datetime
from hashlib import sha256

from scanner.capture.scan_camera import scan_camera
from scanner.store.exif import PhotoFacts, exif_block
from scanner.store.images import with_exif
from scanner.store.manifest import Manifest


class Photo:
    """Writes the EXIF of one scan's images."""

    def __init__(self, manifest: Manifest) -> None:
        """The sweep and the exposure must be known by now. Raises WrongState, CorruptState."""
        self._scan = manifest.id
        self._software = manifest.software
        self._camera = scan_camera(manifest)

    def stamped(self, jpeg: bytes, taken_at: datetime, image: str) -> bytes:
        """The JPEG with its EXIF. `taken_at`: wall time, aware; `image`: tells it from all others of the scan."""
        camera = self._camera
        facts = PhotoFacts(
            make=camera.names.make,
            model=camera.names.model,
            serial=camera.names.serial,
            lens=camera.names.lens,
            focal_length_mm=camera.focal_length_mm,
            f_number=camera.f_number,
            pixel_pitch_um=camera.pixel_pitch_um,
            size=(camera.width, camera.height),
            exposure_us=camera.exposure_us,
            iso=camera.iso,
            software=self._software,
            taken_at=taken_at,
            unique=sha256(f"{self._scan}/{image}".encode()).hexdigest()[:32],
        )
        return with_exif(jpeg, exif_block(facts))
