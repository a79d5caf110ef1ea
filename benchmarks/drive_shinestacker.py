"""Run shinestacker without its window; started by the Python of its own environment, where this project is not.

`python drive_shinestacker.py METHOD RESULT REFERENCE SLICE...`, METHOD being PyramidStack or DepthMapStack.
"""

import importlib
import shutil
import sys
import tempfile
from pathlib import Path


def main() -> None:
    method, result, reference, *names = sys.argv[1:]
    shine = importlib.import_module("shinestacker")
    with tempfile.TemporaryDirectory(dir=Path(result).parent) as work:
        slices = Path(work) / "slices"
        slices.mkdir()
        for name in names:
            (slices / Path(name).name).symlink_to(Path(name).resolve())
        job = shine.StackJob("job", work, input_path="slices")
        job.add_action(shine.CombinedActions("aligned", [shine.AlignFrames()], reference_index=int(reference) + 1))
        job.add_action(shine.FocusStack("stacked", getattr(shine, method)()))
        job.run()
        (made,) = (Path(work) / "stacked").iterdir()
        shutil.copyfile(made, result)


if __name__ == "__main__":
    main()
