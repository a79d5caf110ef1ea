"""What is told of a reconstruction, and how sure it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from benchmarks.reconstruction.colmap import Model
from benchmarks.reconstruction.geometry import Surface, excess_size, rms, similarity

FEWEST = 6
"""Registered images and points that a figure needs."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one reconstruction; NaN where there is none to speak of.

    `registered` of `given` images; `cameras` told apart by EXIF; `points` in three images or more; `shape_um`: median
    distance of a point from the object's surface; `centres_pct`: rms error of the camera centres in per cent of the
    radius of their orbit; `size_pct`: how much too large the object is beside the orbit; `reprojection_px`: mean.
    """

    given: float
    registered: float
    cameras: float
    points: float
    shape_um: float = float("nan")
    centres_pct: float = float("nan")
    size_pct: float = float("nan")
    reprojection_px: float = float("nan")


def figures(model: Model, centres: Mapping[str, NDArray[np.float64]], surface: Surface, radius: float) -> Figures:
    """`centres`: where the camera of each image really stood, (3,), metres; `radius`: of their orbit, metres."""
    names = sorted(model.centres)
    counts = (model.given, len(names), model.cameras, len(model.points))
    if min(len(names), len(model.points)) < FEWEST:
        return Figures(*counts)
    found, known = (np.array([places[name] for name in names]) for places in (model.centres, centres))
    laid = similarity(found, known)
    points = laid(model.points)
    return Figures(
        *counts,
        shape_um=1e6 * float(np.median(np.abs(surface(points)))),
        centres_pct=100 * rms(laid(found), known) / radius,
        size_pct=100 * excess_size(points, surface),
        reprojection_px=model.reprojection_px,
    )


def median(runs: Sequence[Figures]) -> Figures:
    """Figure by figure."""
    return _each(runs, lambda values: float(np.median(values)))


def spread(runs: Sequence[Figures]) -> Figures:
    """Half the way from the least to the greatest, figure by figure."""
    return _each(runs, lambda values: (max(values) - min(values)) / 2)


def _each(runs: Sequence[Figures], of: Callable[[list[float]], float]) -> Figures:
    return Figures(*(of([getattr(run, field.name) for run in runs]) for field in fields(Figures)))
