"""Whether a slice was exposed at all: frames that are black or white throughout are not aligned, but named."""

from dataclasses import dataclass

import numpy as np

from scanner.slices import LeftOut, Planes

STEP = 8
"""One pixel in this many, across and down, is looked at."""

BLACK = 4.0
"""The brightest places of a black frame, in 8-bit steps, and their share of the reference slice's."""
BLACK_SHARE = 0.05

WHITE = 252.0
WHITE_SHARE = 0.9
"""A frame with more than this share of white is white throughout, unless the reference slice is like that too."""

ALL_WHITE = 0.999
"""With this share there is nothing else, whatever the reference slice is."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """`brightest`: the 99.9 % quantile of luma in 8-bit steps. `white`: share of pixels at the upper end."""

    brightest: float
    white: float

    def fault(self, reference: "Exposed") -> LeftOut | None:
        """What is wrong with a slice like this, None for nothing."""
        if self.brightest < max(BLACK, BLACK_SHARE * reference.brightest):
            return "dark"
        if self.white > (WHITE_SHARE if reference.white < WHITE_SHARE else ALL_WHITE):
            return "saturated"
        return None


def exposed(planes: Planes) -> Exposed:
    """How the slice was exposed."""
    few = planes.y[::STEP, ::STEP] * (255 / (2**planes.bits - 1))
    return Exposed(float(np.quantile(few, 0.999)), float((few >= WHITE).mean()))
