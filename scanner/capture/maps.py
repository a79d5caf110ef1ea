"""The maps of a position beside its image, as files: the mask of the object, and its depth."""

from dataclasses import dataclass

from scanner.capture.events import SweepFacts
from scanner.plan.scan import OutputPlan
from scanner.slices import Stacked
from scanner.store.images import encode_focus_map, encode_mask
from scanner.store.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Maps:
    """Encodes what a plan wants kept. `sweep`: its ends are the ends of the depth scale, the same at all positions."""

    output: OutputPlan
    sweep: SweepFacts

    def mask(self, stacked: Stacked) -> bytes | None:
        """PNG, 8 bit, of the size of the image: 255 on the object, else 0. None where none is wanted."""
        return encode_mask(stacked.mask, stacked.pixels.size) if self.output.masks else None

    def depth(self, stacked: Stacked) -> bytes | None:
        """PNG, 16 bit, as `encode_focus_map` has it; None where none is wanted, or the slices do not tell depth."""
        focus = stacked.focus_map() if self.output.depth and self.sweep.count > 1 else None
        if focus is None:
            return None
        return encode_focus_map(focus, stacked.pixels.size, self.sweep.far, self.sweep.near)


def maps_of(manifest: Manifest) -> Maps:
    """What the plan of a scan wants kept; its sweep must be known by now."""
    return Maps(manifest.plan.output, SweepFacts.model_validate(manifest.sweep))
