"""What a scan has made: archives and single images. All are served from the files in place."""

from fastapi import APIRouter, Request, Response

from scanner.api.dependencies import PositionIndex, ScanId, SliceIndex, TheDaemon, WantedProfile
from scanner.api.downloads import FileContent, download
from scanner.api.openapi import binary, headers, problems

router = APIRouter(prefix="/scans/{scan_id}", tags=["images"])

JPEG = "image/jpeg"
PNG = "image/png"
ZIP = "application/zip"

_ZIP = {**binary(ZIP, ranges=True), **problems(404, 422)}
_JPEG = {**binary(JPEG, ranges=True), **problems(404, 422)}
_PNG = {**binary(PNG, ranges=True), **problems(404, 422)}
_HEAD = {**headers(), **problems(404)}


@router.head(
    "/stacks.zip", summary="Size of all stacked images", response_class=Response, responses=_HEAD | problems(422)
)
@router.get("/stacks.zip", summary="All stacked images", response_class=Response, responses=_ZIP)
def download_stacks(
    scan_id: ScanId, request: Request, daemon: TheDaemon, profile: WantedProfile = "metashape"
) -> Response:
    """Stacked images, masks, poses and manifest, ready for photogrammetry; of a running scan what is there so far."""
    suffix = "" if profile == "metashape" else f"_{profile}"
    name = f"{scan_id}_photogrammetry{suffix}.zip"
    return download(request, daemon.files.stacks_archive(scan_id, profile), ZIP, name)


@router.head("/slices.zip", summary="Size of all slices", response_class=Response, responses=_HEAD)
@router.get("/slices.zip", summary="All slices", response_class=Response, responses=_ZIP)
def download_slices(scan_id: ScanId, request: Request, daemon: TheDaemon) -> Response:
    """The slices of every position that is done, one folder a position."""
    return download(request, daemon.files.slices_archive(scan_id), ZIP, f"{scan_id}_slices.zip")


@router.head(
    "/positions/{position}/stack.jpg", summary="Size of a stacked image", response_class=Response, responses=_HEAD
)
@router.get("/positions/{position}/stack.jpg", summary="A stacked image", response_class=Response, responses=_JPEG)
def get_stack(scan_id: ScanId, position: PositionIndex, request: Request, daemon: TheDaemon) -> Response:
    """The stacked image of one position, full size."""
    return download(request, FileContent(daemon.files.stack_path(scan_id, position)), JPEG)


@router.head(
    "/positions/{position}/slices/{index}.jpg", summary="Size of a slice", response_class=Response, responses=_HEAD
)
@router.get("/positions/{position}/slices/{index}.jpg", summary="A slice", response_class=Response, responses=_JPEG)
def get_slice(
    scan_id: ScanId, position: PositionIndex, index: SliceIndex, request: Request, daemon: TheDaemon
) -> Response:
    """One slice of one position, full size."""
    return download(request, FileContent(daemon.files.slice_path(scan_id, position, index)), JPEG)


@router.head(
    "/positions/{position}/thumbnail.jpg", summary="Size of a thumbnail", response_class=Response, responses=_HEAD
)
@router.get("/positions/{position}/thumbnail.jpg", summary="A thumbnail", response_class=Response, responses=_JPEG)
def get_thumbnail(scan_id: ScanId, position: PositionIndex, request: Request, daemon: TheDaemon) -> Response:
    """A small picture of the stacked image of one position."""
    return download(request, FileContent(daemon.files.thumbnail_path(scan_id, position)), JPEG)


@router.head("/positions/{position}/mask.png", summary="Size of a mask", response_class=Response, responses=_HEAD)
@router.get("/positions/{position}/mask.png", summary="A mask", response_class=Response, responses=_PNG)
def get_mask(scan_id: ScanId, position: PositionIndex, request: Request, daemon: TheDaemon) -> Response:
    """Where the object is in the stacked image of one position: 255, else 0; full size."""
    return download(request, FileContent(daemon.files.mask_path(scan_id, position)), PNG)


@router.head("/positions/{position}/depth.png", summary="Size of a depth map", response_class=Response, responses=_HEAD)
@router.get("/positions/{position}/depth.png", summary="A depth map", response_class=Response, responses=_PNG)
def get_depth(scan_id: ScanId, position: PositionIndex, request: Request, daemon: TheDaemon) -> Response:
    """Where the stacked image of one position came into focus: 16 bit, scaled as `depth_scale` in the manifest says."""
    return download(request, FileContent(daemon.files.depth_path(scan_id, position)), PNG)
