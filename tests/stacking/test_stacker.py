"""What a stack must be: sharper than any slice, in the reference slice's geometry, whole to its borders."""


from scanner.slices import Slice, Stacked
from scanner.stacking.stacker import Stacker
from tests.stacking.scene import Scene, psnr


def stacked(slices: list[Slice]) -> Stacked:
    builder = Stacker().begin(slices[0])
    for slice_ in slices[1:]:
        builder.add(slice_)
    return builder.finish()


def test_stack_is_much_nearer_to_the_truth_than_the_best_slice() -> None:
    scene = Scene()
    slices = scene.slices()
    truth, where = scene.truth().y, scene.object()
    result = psnr(stacked(slices).pixels.y, truth, where)
    assert result >= max(psnr(s.pixels.y, truth, where) for s in slices) + 6
    assert result >= 39
