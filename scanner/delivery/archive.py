"""The zip for photogrammetry: images under the names that a program expects, and all it wants to know."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from scanner.delivery.cameras import PosedImage, calibration_xml, camera_json, reference_csv, sidecar_xmp
from scanner.delivery.manifest import DeliveryManifest, manifest_of
from scanner.delivery.profiles import PositionFiles, Profile, position_files
from scanner.delivery.readme import readme
from scanner.store.archive import Archive, Entry
from scanner.store.scan_folder import ScanFolder

__all__ = ["Profile", "photogrammetry_archive"]


def photogrammetry_archive(folder: ScanFolder, profile: Profile = "metashape") -> Archive:
    """The zip of what is stacked so far, laid out as `profile` wants it; before that, of README and manifest alone.

    The same scan in the same state gives the same bytes. Raises StoreError where the journal cannot be read.
    """
    history = folder.history()
    files = [position_files(folder, done, profile) for done in history.in_order]
    manifest = manifest_of(folder, history, files, profile)
    entries = (
        *_images(files),
        *_beside(manifest),
        Entry.of_bytes("manifest.json", manifest.json_text().encode()),
        Entry.of_bytes("README.txt", readme(manifest).encode()),
    )
    return Archive(entries, folder.manifest.created_at)


def _images(files: list[PositionFiles]) -> Iterator[Entry]:
    yield from (each.image for each in files)
    yield from (each.mask for each in files if each.mask is not None)
    yield from (each.depth for each in files if each.depth is not None)


def _beside(manifest: DeliveryManifest) -> Iterator[Entry]:
    """What is said of the camera, where it is known."""
    camera = manifest.camera
    if camera is None:
        return
    images = tuple(
        PosedImage(
            label=each.image.name.removeprefix("images/"), turntable=each.turntable, tilt=each.tilt, pose=each.pose
        )
        for each in manifest.positions
        if each.pose is not None
    )
    if manifest.profile == "realityscan":
        for image in images:
            yield Entry.of_bytes(
                f"images/{PurePosixPath(image.label).stem}.xmp", sidecar_xmp(camera, image.pose).encode()
            )
    yield Entry.of_bytes("reference.csv", reference_csv(camera, images).encode())
    yield Entry.of_bytes("camera.json", camera_json(camera, images).encode())
    yield Entry.of_bytes("calibration.xml", calibration_xml(camera).encode())
