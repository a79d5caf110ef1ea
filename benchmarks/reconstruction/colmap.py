"""Reconstruction by COLMAP (pycolmap, on the processor), which tells cameras by EXIF alone.

Set by hand, and alike for all images, are: the seeds, and one thread, so that a run can be repeated; that the principal
point is refined, as others do by default; and what counts as a stray, so that small faults of images show at all.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

STRAY_PX = 1.5
"""What lies farther from where it should is a stray. COLMAP's own 4 pixels are for photographs from anywhere; with them
the errors of truth itself are twice as large, and scatter by a tenth from seed to seed."""
_ERRORS = 2
"""Level of what COLMAP logs."""
LEAST_TRACK = 3
"""A point counts that is seen in as many images: two cannot contradict each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """One reconstruction, in a frame of its own.

    `given`: images handed over; `cameras`: that COLMAP told apart among them, by EXIF; `centres`: where the camera of
    each registered image stands, (3,); `points`: (n, 3), of tracks of three images and more; `reprojection_px`: mean.
    """

    given: int
    cameras: int
    centres: dict[str, NDArray[np.float64]]
    points: NDArray[np.float64]
    reprojection_px: float


def find_matches(images: Path, masks: Path | None, database: Path) -> None:
    """Features of all `images`, and what matches between every pair, into a new `database`.

    `masks`: folder of `<image>.png`; no feature is taken where they are 0.
    """
    import pycolmap

    pycolmap.logging.minloglevel = _ERRORS
    pycolmap.set_random_seed(0)
    reader = pycolmap.ImageReaderOptions()
    if masks is not None:
        reader.mask_path = masks
    extraction, matching = pycolmap.FeatureExtractionOptions(), pycolmap.FeatureMatchingOptions()
    extraction.num_threads = matching.num_threads = 1
    matching.skip_geometric_verification = True
    pycolmap.extract_features(
        database,
        images,
        camera_mode=pycolmap.CameraMode.AUTO,
        reader_options=reader,
        extraction_options=extraction,
        device=pycolmap.Device.cpu,
    )
    pycolmap.match_exhaustive(database, matching_options=matching, device=pycolmap.Device.cpu)


def reconstruct(images: Path, database: Path, folder: Path, seed: int) -> Model:
    """The largest model that comes of the matches in `database`; one without images where none does.

    `folder`: for what COLMAP writes. `seed`: of the search for matches that agree, and of the mapping.
    """
    import pycolmap

    pycolmap.logging.minloglevel = _ERRORS
    folder.mkdir(parents=True)
    verified = folder / "verified.db"
    shutil.copy(database, verified)
    _verify(verified, seed)
    options = pycolmap.IncrementalPipelineOptions()
    options.num_threads, options.extract_colors = 1, False
    options.ba_refine_principal_point = True
    options.mapper.filter_max_reproj_error = STRAY_PX
    options.triangulation.merge_max_reproj_error = options.triangulation.complete_max_reproj_error = STRAY_PX
    options.random_seed = options.mapper.random_seed = options.triangulation.random_seed = seed
    models = pycolmap.incremental_mapping(verified, images, folder, options=options)
    with pycolmap.Database.open(database) as opened:
        given, cameras = opened.num_images(), opened.num_cameras()
    if not models:
        return Model(given, cameras, {}, np.empty((0, 3)), 0.0)
    best = max(models.values(), key=lambda model: int(model.num_reg_images()))
    registered = [best.image(index) for index in best.reg_image_ids()]
    points = [point.xyz for point in best.points3D.values() if point.track.length() >= LEAST_TRACK]
    return Model(
        given=given,
        cameras=cameras,
        centres={image.name: np.asarray(image.projection_center()) for image in registered},
        points=np.array(points).reshape(-1, 3),
        reprojection_px=float(best.compute_mean_reprojection_error()),
    )


def _verify(database: Path, seed: int) -> None:
    """Keep the matches of each pair that one epipolar geometry explains."""
    import pycolmap

    pycolmap.set_random_seed(seed)
    verifier, geometry = pycolmap.GeometricVerifierOptions(), pycolmap.TwoViewGeometryOptions()
    verifier.num_threads, geometry.ransac.random_seed = 1, seed
    geometry.ransac.max_error = STRAY_PX
    pycolmap.geometric_verification(database, verifier_options=verifier, two_view_geometry_options=geometry)
