"""README.txt: what is in the zip, and what to do with it in the program that it is for."""

from collections.abc import Iterator

from scanner.ascii_text import ascii_text
from scanner.capture.scan_camera import ScanCamera
from scanner.delivery.manifest import DeliveredPosition, DeliveryManifest
from scanner.delivery.profiles import MASKS
from scanner.delivery.steps import TITLES, metres, prose, steps

TOLD = 10
"""Positions with findings that are named; more of them are counted."""


def readme(manifest: DeliveryManifest) -> str:
    """The text of README.txt, ASCII, for the profile of the manifest."""
    masks = any(each.mask is not None for each in manifest.positions)
    sections = [
        _title(manifest),
        _section("What to look at first", "\n".join(_warnings(manifest))),
        _section("In this zip", _contents(manifest)),
        _section(f"Steps in {TITLES[manifest.profile]}", steps(manifest.profile, manifest.camera, masks)),
        _section("Camera, scale and accuracy", _scale(manifest.camera)),
    ]
    return ascii_text("\n".join(section for section in sections if section))


def _section(title: str, text: str) -> str:
    return f"{title}\n{'-' * len(title)}\n{text}\n" if text else ""


def _title(manifest: DeliveryManifest) -> str:
    name = " ".join(manifest.scan.name.split())
    count, planned = len(manifest.positions), manifest.planned
    title = f"{name}: images for {TITLES[manifest.profile]}"
    made = f"Made by {manifest.software}. " if manifest.software else ""
    done = f"All {planned} positions are here." if count == planned else f"{count} of {planned} positions are here."
    return f"{title}\n{'=' * len(title)}\nScan {manifest.scan.id}. {made}{done}\n"


def _contents(manifest: DeliveryManifest) -> str:
    listed = dict(_listed(manifest))
    widest = max(map(len, listed))
    return "\n".join(f"{name:{widest}}  {what}" for name, what in listed.items())


def _listed(manifest: DeliveryManifest) -> Iterator[tuple[str, str]]:
    """Name and meaning of what is in the zip beside this text."""
    positions = manifest.positions
    if positions:
        shared = manifest.scan.breathing is not None or manifest.scan.slice_count == 1
        how = "all with the geometry of one camera" if shared else "each laid onto its reference slice by itself"
        yield "images/", f"{len(positions)} stacked images, {how}"
    if masks := sum(each.mask is not None for each in positions):
        yield MASKS[manifest.profile]("<name>"), f"{masks} masks: 255 on the object, 0 elsewhere"
    if any(each.depth is not None for each in positions):
        yield "depth/", "16 bit: where each pixel came into focus (depth_scale in manifest.json)"
    if manifest.camera is not None:
        if manifest.profile == "realityscan" and positions:
            yield "images/*.xmp", "pose and calibration of each image"
        yield "reference.csv", "where the camera stood, in metres, from the angles of the rig"
        yield "camera.json", "the camera, and all poses with their rotations"
        yield "calibration.xml", "the camera in the format of Agisoft"
    yield "manifest.json", "every fact of every position and slice, SHA-256 of every image"


def _warnings(manifest: DeliveryManifest) -> Iterator[str]:
    positions = manifest.positions
    if not positions:
        yield "* Nothing is stacked yet. Download again when the first positions are done."
        return
    if len(positions) < manifest.planned:
        over = "was cancelled" if manifest.reason == "cancelled" else "is not complete"
        yield f"* The scan {over}. Positions missing: {manifest.planned - len(positions)}."
    if 0 < (silent := sum(each.taken_at is None for each in positions)) < len(positions):
        yield (
            f"* Images without EXIF, of an older version: {silent}. A program takes them for another camera: take the "
            "scan again, or give all images one camera by hand."
        )
    if manifest.camera is None:
        yield "* This scan does not tell its camera: there are no poses."
    if bare := sum(each.mask is None for each in positions):
        share = "There are no masks" if bare == len(positions) else f"Images without a mask: {bare}"
        yield f"* {share}. Where a background with texture stands still, they may not align."
    yield from _findings([each for each in positions if each.findings])


def _findings(flagged: list[DeliveredPosition]) -> Iterator[str]:
    """The gravest of each position."""
    if not flagged:
        return
    yield f"* Images to look at: {len(flagged)}. All findings are in manifest.json, the gravest of each here:"
    for each in flagged[:TOLD]:
        finding = each.findings[0]
        yield prose(f"{each.image.name.removeprefix('images/')}: {finding.message} {finding.hint}", "  - ", "    ")
    if len(flagged) > TOLD:
        yield f"  - and {len(flagged) - TOLD} more"


def _scale(camera: ScanCamera | None) -> str:
    if camera is None:
        return ""
    names = " ".join(part for part in (camera.names.make, camera.names.model, camera.names.lens) if part)
    pictures = (
        f"{names}: {camera.width} x {camera.height} px of {camera.pixel_pitch_um:g} um, focal length "
        f"{camera.focal_length_mm:.4f} mm = {camera.focal_px:.2f} px, principal point taken as the middle. All images "
        f"have the geometry of slice {camera.reference} of the sweep."
    )
    sigma = (
        f"The sigma of reference.csv, {metres(camera.sigma_mm)} m, is how well these camera positions are known, as a "
        "standard deviation: it lets the program correct them. A smaller one would bend the model to them."
    )
    return "\n\n".join(prose(text) for text in (pictures, _distance(camera), sigma))


def _distance(camera: ScanCamera) -> str:
    if camera.geometry.distance_mm is not None:
        return (
            f"reference.csv gives the scale, in metres: the distance from the axis of the turntable to the lens was "
            f"measured, {camera.distance_mm:g} mm. The model is as exact in size as that."
        )
    return (
        "The distance from the axis of the turntable to the lens was never measured: reference.csv goes by "
        f"{camera.distance_mm:.1f} mm, which is where the images are in focus. Sizes may be about 10 % off. Measure it "
        "and give it in the config as rig.geometry.distance_mm, or scale the model by a length that you know."
    )
