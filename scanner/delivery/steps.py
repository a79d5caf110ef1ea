"""The steps of each program, as README.txt tells them: menu by menu, and what to leave alone."""

import textwrap
from collections.abc import Iterator

from scanner.capture.scan_camera import ScanCamera
from scanner.delivery.profiles import Profile

TITLES: dict[Profile, str] = {
    "metashape": "Agisoft Metashape",
    "realityscan": "RealityScan (formerly RealityCapture)",
    "colmap": "COLMAP",
    "meshroom": "Meshroom (AliceVision)",
}

WIDTH = 100
"""Characters of a line of README.txt; commands may be longer."""


def prose(text: str, first: str = "", rest: str = "") -> str:
    """`text` in lines of WIDTH, which begin with `first` and then `rest`."""
    return textwrap.fill(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def steps(profile: Profile, camera: ScanCamera | None, masks: bool) -> str:
    """What to do in the program. Left out: what needs masks or a camera where there are none."""
    if profile == "colmap":
        return "\n\n".join(_colmap(camera, masks))
    told = {"metashape": _metashape, "realityscan": _realityscan, "meshroom": _meshroom}[profile]
    numbered = enumerate(told(camera, masks), start=1)
    return "\n".join(prose(text, f"{number}. ", "   ") for number, text in numbered)


def _metashape(camera: ScanCamera | None, masks: bool) -> Iterator[str]:
    """Sources: Metashape user manual, Loading images; Using masks; Setting coordinate system; Aligning photos."""
    yield "Workflow > Add Folder: choose images/, and Single cameras."
    if masks:
        yield (
            "File > Import > Import Masks. Method: From File. Operation: Replacement. Filename template: "
            "{filename}_mask.png. Apply to: All cameras. Choose the folder masks/. White is the object, black is left "
            "out, which is Metashape's own way round."
        )
    if camera is not None:
        yield (
            "Professional edition only: File > Import > Import Reference: reference.csv. Coordinate system: Local "
            "Coordinates (m). Delimiter: Comma. Start import at row: 2. Columns: Label 1, X 2, Y 3, Z 4; Accuracy on: "
            "5, 6, 7; Rotation off. Labels are the names of the images with .jpg."
        )
        yield (
            "Tools > Camera Calibration must list ONE group of all images. EXIF tells the focal length: nothing has to "
            "be entered. Where images carry no EXIF (scans of older versions): tab Initial, open calibration.xml. "
            "Leave everything to be refined: fix nothing."
        )
    key_points = " Apply masks to: Key points." if masks else ""
    source = " Reference preselection: Source." if camera is not None else ""
    yield (
        f"Workflow > Align Photos. Accuracy: High. Generic preselection: on.{source}{key_points} Exclude stationary "
        "tie points: on (the object turns, the background does not). Adaptive camera model fitting: off."
    )
    yield (
        "Tools > Optimize Cameras: f, cx, cy, k1, k2, k3, p1, p2. Then Workflow > Build Model (source: depth maps) and "
        "Build Texture."
    )


def _realityscan(camera: ScanCamera | None, masks: bool) -> Iterator[str]:
    """Sources: RealityScan help, XMP metadata files; Image layers; Alpha channel masks."""
    yield "Workflow > Add Imagery > Folder: choose images/. What belongs to an image is found by its name."
    if masks:
        yield (
            "Open an image in a 2D view, tab Image 2D > Source > Mask, and look: the OBJECT must remain. White is the "
            "object in these masks. The help of RealityScan is ambiguous on which way round it reads them (it calls "
            "white masked, and black unmasked); if it hides the object, invert all files .mask.png and add the folder "
            "anew."
        )
    if camera is not None:
        yield (
            "Poses and focal length come from the XMP files as a first guess (PosePrior and CalibrationPrior are "
            "initial, one calibration group for all). Alignment > Settings > Prior pose settings: set the accuracy of "
            f"positions to {metres(camera.sigma_mm)} m. To align without them, delete images/*.xmp first."
        )
    yield (
        "Select all images: all must be in one calibration group and one lens group. Alignment > Align Images. One "
        "component with all images is right. Then Mesh Model > Normal Detail, and Texture."
    )


def _colmap(camera: ScanCamera | None, masks: bool) -> Iterator[str]:
    """Sources: COLMAP documentation, Command-line interface; FAQ, Mask image regions; help of model_aligner."""
    both = "--database_path database.db --image_path images"
    masked = " \\\n      --ImageReader.mask_path masks" if masks else ""
    yield prose(
        "Run these in the folder of this file. The focal length comes from EXIF; the images do not tell it in 35 mm "
        "film, because COLMAP would take that whole number first, which is up to 3 % off."
    )
    yield (
        f"  colmap feature_extractor {both} \\\n"
        f"      --ImageReader.single_camera 1 --ImageReader.camera_model SIMPLE_RADIAL{masked}\n"
        "  colmap exhaustive_matcher --database_path database.db\n"
        "  mkdir sparse\n"
        f"  colmap mapper {both} --output_path sparse"
    )
    if masks:
        yield prose("A mask is named as its image with .png behind it; features where it is black are left out.")
    if camera is not None:
        yield prose("Where images carry no EXIF (scans of older versions), add to the first command:")
        yield f"      --ImageReader.camera_params {camera.focal_px:.3f},{camera.cx + 0.5:g},{camera.cy + 0.5:g},0"
        yield prose("For metres, and the axis of the turntable upright:")
        yield (
            "  tail -n +2 reference.csv | cut -d, -f1-4 | tr , ' ' > reference.txt\n"
            "  mkdir metres\n"
            "  colmap model_aligner --input_path sparse/0 --output_path metres --ref_images_path reference.txt \\\n"
            f"      --ref_is_gps 0 --alignment_type custom --alignment_max_error {metres(3 * camera.sigma_mm)}"
        )


def _meshroom(camera: ScanCamera | None, masks: bool) -> Iterator[str]:
    """Sources: AliceVision's nodes CameraInit, FeatureExtraction (masksFolder), PrepareDenseScene (masksFolders)."""
    yield "Drop the folder images/ on the panel Images. CameraInit must list ONE intrinsic for all images."
    if camera is not None:
        width = camera.width * camera.pixel_pitch_um / 1000
        yield (
            "The focal length comes from EXIF. Where images carry none (scans of older versions), or the camera is "
            f"marked as unknown: CameraInit > Intrinsics: focal length {camera.focal_length_mm:.4f} mm, sensor width "
            f"{width:.4f} mm, not locked."
        )
    if masks:
        yield (
            "Node FeatureExtraction: Masks Folder: masks/, Mask Extension: png, Invert Masks: off. Node "
            "PrepareDenseScene: Masks Folders: add masks/. A mask is named as its image; what is black is left out."
        )
    yield "Start."
    if camera is not None:
        yield (
            "Meshroom does not read reference.csv. For the right size measure a length on the object, and scale the "
            "model by it (node SfMTransform, method manual)."
        )


def metres(millimetres: float) -> str:
    """A length in metres."""
    return f"{millimetres / 1000:.4g}"
