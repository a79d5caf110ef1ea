"""The least that any stacker of files does, as a process: decode all slices, encode one; with OpenCV and nothing else.

`python benchmarks/floor.py RESULT SLICE...`
"""

import sys

import cv2

QUALITY = 95


def main() -> None:
    picture = None
    for name in sys.argv[2:]:
        picture = cv2.imread(name)
    if picture is None:
        sys.exit("No slice, or the last one cannot be read.")
    cv2.imwrite(sys.argv[1], picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


if __name__ == "__main__":
    main()
