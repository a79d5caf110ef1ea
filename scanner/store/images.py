"""Images to and from bytes: JPEG as the planes it holds, PNG and TIFF, thumbnails, and EXIF moved without loss.

Pixels are never rotated: an Orientation tag stays what it is, so that every slice and stack of a scan keeps the
geometry of the sensor.
"""

from pathlib import Path

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from scanner.errors import ImageUnreadable, StoreError
from scanner.jpeg import APP0, APP1, APP14, EXIF, SOI, BrokenHeader, Segment, exif_segment, header, segment
from scanner.slices import Mask, Plane, Planes

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # ImageUnreadable tells what a damaged file is

FOCUS_STEPS = 65534
"""Of a focus map, from the far end of the sweep, 1, to its near end, 65535."""

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
_RETAKE = "Copy the file again from where it came, or take the picture anew."

_SUBSAMPLING = {"420": (2, 2), "422": (1, 2), "411": (1, 2)}
"""Chroma rows and columns to a sample as `Planes` holds them; rarer kinds become 4:4:4, 4:1:1 becomes 4:2:2."""

_FROM_BGR = np.array(
    [[0.114, 0.587, 0.299], [0.5, -0.587 / 1.772, -0.299 / 1.772], [-0.114 / 1.402, -0.587 / 1.402, 0.5]]
)
"""Y, Cb, Cr of blue, green, red: BT.601, full range, as in JFIF 1.02, chroma without its zero."""

_STRIP = 128
"""Rows converted at a time: what is touched stays in the cache, and memory small."""

_AS_STORED = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
_PNG, _PNG_COLOURS, _GREY_WITH_OPACITY = b"\x89PNG", 25, 4
_FILTERED = cv2.IMWRITE_PNG_STRATEGY_FILTERED
_ADOBE_NO_TRANSFORM = b"Adobe\0\x64\0\0\0\0\0"


def encode_jpeg(planes: Planes, quality: int) -> bytes:
    """The planes as a JPEG, as they are, 16 bit rounded to 8: no colour conversion, no resampling. `quality` 1..100.

    From 96 on the encoder is accurate; below, it takes a fast transform that makes 95 worse than 94 (on smooth texture
    44.5 dB, against 48.8 dB at 96 for a file 8 % larger).
    """
    whole = _planes(*(_eight_bit(plane, zero) for plane, zero in
                      ((planes.y, 0), (planes.cb, planes.neutral), (planes.cr, planes.neutral))))  # fmt: skip
    return bytes(simplejpeg.encode_jpeg_yuv_planes(whole.y, whole.cb, whole.cr, quality=quality))


def encode_image(planes: Planes, suffix: str, quality: int) -> bytes:
    """The planes as the file that `suffix` names: one of SUFFIXES. PNG and TIFF are lossless, RGB, of the planes' bits.

    `quality` 1..100 is that of a JPEG. Raises StoreError for another suffix.
    """
    kind = suffix.lower()
    if kind not in SUFFIXES:
        raise StoreError(f"{suffix or 'No suffix'} does not name an image.", f"Use one of {' '.join(SUFFIXES)}.")
    return encode_jpeg(planes, quality) if kind in (".jpg", ".jpeg") else _encode(kind, _to_bgr(planes))


def encode_depth(depth: NDArray[np.float32], size: tuple[int, int], per_slice: int) -> bytes:
    """A depth map of `Stacked` as PNG, 16 bit grey, of `size` (width, height), each value taken twice a way.

    The value is `per_slice` x (index of the sharpest slice + 1), rounded; 0 where nothing is sharp.
    """
    values = np.nan_to_num(np.round(per_slice * (depth + 1.0)), nan=0.0)
    return _encode_map(np.clip(values, 0, 65535).astype(np.uint16), size)


def encode_index(best: NDArray[np.int16], size: tuple[int, int]) -> bytes:
    """`best` of `Stacked`, the index of the sharpest slice, as PNG, 16 bit grey, of `size` (width, height), each value
    taken twice a way."""
    return _encode_map(best.astype(np.uint16), size)


def encode_focus_map(focus: NDArray[np.float32], size: tuple[int, int], far: float, near: float) -> bytes:
    """A map of focus positions as PNG, 16 bit grey, of `size` (width, height), each value taken twice a way.

    The value is 1 at `far` or beyond, 65535 at `near` or beyond, even between; 0 where `focus` is NaN. Where `far` is
    `near`, it is 1.
    """
    share = (focus - far) / (near - far) if near != far else 0.0 * focus
    values = np.nan_to_num(1.0 + np.round(FOCUS_STEPS * np.clip(share, 0.0, 1.0)), nan=0.0)
    return _encode_map(values.astype(np.uint16), size)


def encode_mask(mask: Mask, size: tuple[int, int]) -> bytes:
    """A mask of `Stacked` as PNG, 8 bit grey, 0 or 255, of `size` (width, height), its outline smooth.

    Enlarged as it is, it would show every half-size pixel as a block: it is softened first. A straight edge stays where
    it is; what is a single half-size pixel wide goes.
    """
    soft = np.asarray(cv2.GaussianBlur(mask, (3, 3), 0, borderType=cv2.BORDER_REPLICATE), np.uint8)
    whole = _whole(soft, size, cv2.INTER_LINEAR)
    return _encode(".png", np.asarray(cv2.threshold(whole, 127, 255, cv2.THRESH_BINARY)[1], np.uint8))


def decode_jpeg(data: bytes, name: str) -> Planes:
    """The very planes that a JPEG holds, chroma at its own resolution. `name` is for messages.

    4:2:0, 4:2:2 and 4:4:4 stay what they are; grey gets neutral chroma, 4:2:0. Raises ImageUnreadable for what is not a
    JPEG, is not complete, or is CMYK.
    """
    try:
        _, _, colours, subsampling = simplejpeg.decode_jpeg_header(data)
        if colours == "Gray":
            return _grey(simplejpeg.decode_jpeg(data, "GRAY")[..., 0])
        if colours == "RGB":
            return _from_bgr(simplejpeg.decode_jpeg(data, "BGR"))
        if colours != "YCbCr":
            raise ImageUnreadable(f"{name} is a JPEG in {colours} colours.", "Save it as an ordinary sRGB JPEG.")
        pixels = simplejpeg.decode_jpeg(_without_transform(data, name), "RGB", fastupsample=True)
    except ValueError as error:
        raise ImageUnreadable(f"{name} is not a complete JPEG: {error}.", _RETAKE) from error
    rows, columns = _SUBSAMPLING.get(subsampling, (1, 1))
    y = np.asarray(cv2.extractChannel(pixels, 0), np.uint8)
    return _planes(y, pixels[::rows, ::columns, 1], pixels[::rows, ::columns, 2])


def read_image(path: Path) -> Planes:
    """The planes of a JPEG, or of a PNG or TIFF, 8 or 16 bit a channel as they are, as 4:4:4; opacity is left out.

    Raises ImageUnreadable for a file that is not there, is no image, is not complete, or holds other numbers.
    """
    return read_coloured(path)[0]


def read_coloured(path: Path) -> tuple[Planes, bool]:
    """As `read_image`, and whether the file holds colour: the chroma of a grey one is neutral, but so is that of night.

    Raises ImageUnreadable.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImageUnreadable(f"{path} cannot be read: {error.strerror}.", "Check its name and its rights.") from error
    if data[:2] == bytes((0xFF, SOI)):
        return decode_jpeg(data, str(path)), simplejpeg.decode_jpeg_header(data)[2] != "Gray"
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), _AS_STORED) if data else None
    if pixels is None:
        raise ImageUnreadable(f"{path} is not a complete JPEG, PNG or TIFF.", _RETAKE)
    if pixels.dtype not in (np.uint8, np.uint16):
        raise ImageUnreadable(f"{path} holds numbers of type {pixels.dtype}.", "Save it with 8 or 16 bits a channel.")
    coloured = pixels.ndim == 3 and not (data.startswith(_PNG) and data[_PNG_COLOURS] == _GREY_WITH_OPACITY)
    bgr = pixels if pixels.ndim == 3 else cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
    return _from_bgr(np.asarray(bgr, pixels.dtype)), coloured


def thumbnail(planes: Planes, width: int = 320) -> bytes:
    """A small JPEG, `width` pixels wide or as wide as the picture where that is narrower, in the same proportions."""
    return encode_jpeg(shrunk(planes, width), quality=80)


def shrunk(planes: Planes, width: int) -> Planes:
    """The picture in the same proportions and 4:2:0, `width` pixels wide, or as it is wide where that is less."""
    width = min(width, planes.width)
    height = max(1, round(planes.height * width / planes.width))
    y = _shrunk(planes.y, width, height)
    cb, cr = (_shrunk(plane, (width + 1) // 2, (height + 1) // 2) for plane in (planes.cb, planes.cr))
    return Planes(y, cb, cr)


def exif_of(jpeg: bytes) -> bytes | None:
    """The EXIF block of a JPEG (a TIFF structure, without the marker), None for none. Raises ImageUnreadable."""
    try:
        found = exif_segment(jpeg)
    except BrokenHeader as error:
        raise _unreadable("This data", error) from error
    return found.exif if found else None


def with_exif(jpeg: bytes, exif: bytes) -> bytes:
    """The same JPEG, bit for bit, with this EXIF block (at most 65,527 bytes) in place of its own.

    Raises ImageUnreadable.
    """
    segments, scan = _header(jpeg, "This data")
    others = [segment(other.kind, other.body) for other in segments if other.exif is None]
    return jpeg[:2] + segment(APP1, EXIF + exif) + b"".join(others) + jpeg[scan:]


def _shrunk(plane: Plane, width: int, height: int) -> Plane:
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA), plane.dtype)


def _planes(y: Plane, cb: Plane, cr: Plane) -> Planes:
    return Planes(np.ascontiguousarray(y), np.ascontiguousarray(cb), np.ascontiguousarray(cr))


def _eight_bit(plane: Plane, zero: int) -> Plane:
    """The plane in 8 bit: 65535 becomes 255, `zero`, the value of grey in chroma, 128."""
    if plane.itemsize == 1:
        return plane
    offset = 128 - zero / 257 if zero else 0
    return np.asarray(cv2.convertScaleAbs(plane, alpha=1 / 257, beta=offset), np.uint8)


def _grey(y: Plane) -> Planes:
    neutral = np.full(((y.shape[0] + 1) // 2, (y.shape[1] + 1) // 2), 128, np.uint8)
    return _planes(y, neutral, neutral.copy())


def _from_bgr(pixels: Plane) -> Planes:
    """Planes, 4:4:4, of (height, width, 3) BGR, uint8 or uint16, full range BT.601."""
    most = np.iinfo(pixels.dtype).max
    zero = (0, (most + 1) // 2, (most + 1) // 2)
    planes = [np.empty(pixels.shape[:2], pixels.dtype) for _ in zero]
    for top in range(0, pixels.shape[0], _STRIP):
        rows = slice(top, top + _STRIP)
        values = _mixed(pixels[rows], np.column_stack((_FROM_BGR, zero)), most)
        for channel, plane in enumerate(planes):
            plane[rows] = values[..., channel]
    return Planes(*planes)


def _to_bgr(planes: Planes) -> Plane:
    """(height, width, 3) BGR. Chroma samples lie in the middle of the pixels they stand for, as JFIF has it."""
    chroma = [_enlarged(plane, planes) for plane in (planes.cb, planes.cr)]
    back = np.linalg.inv(_FROM_BGR)
    matrix = np.column_stack((back, back @ (0, -planes.neutral, -planes.neutral)))
    pixels = np.empty((*planes.y.shape, 3), planes.y.dtype)
    for top in range(0, planes.height, _STRIP):
        rows = slice(top, top + _STRIP)
        together = np.dstack((planes.y[rows], *(plane[rows] for plane in chroma)))
        pixels[rows] = _mixed(together, matrix, np.iinfo(pixels.dtype).max)
    return pixels


def _mixed(values: Plane, matrix: NDArray[np.float64], most: int) -> NDArray[np.float32]:
    """(height, width, 3) values through a 3x4 matrix, rounded and clipped to 0..`most`."""
    mixed = np.asarray(cv2.transform(values.astype(np.float32), matrix), np.float32)
    return np.clip(np.rint(mixed, out=mixed), 0, most, out=mixed)


def _enlarged(plane: Plane, planes: Planes) -> Plane:
    rows, columns = (-(-full // part) for full, part in zip(planes.y.shape, plane.shape, strict=True))
    if (rows, columns) == (1, 1):
        return plane
    size = (plane.shape[1] * columns, plane.shape[0] * rows)
    whole = np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR), plane.dtype)
    return whole[: planes.height, : planes.width]


def _whole(half: Plane, size: tuple[int, int], interpolation: int) -> Plane:
    """A map of half size in `size` (width, height): twice as large both ways, what is too much cut off."""
    height, width = half.shape
    whole = np.asarray(cv2.resize(half, (2 * width, 2 * height), interpolation=interpolation), half.dtype)
    return np.ascontiguousarray(whole[: size[1], : size[0]])


def _encode_map(half: Plane, size: tuple[int, int]) -> bytes:
    """Filtered: 40 % smaller than OpenCV's choice at the same speed; a level, even the lowest, makes it 2.5 times as
    slow, for it tries all filters (12 MP: 0.11 s and 1.1 to 1.8 MB; 0.27 s and 1.0 to 1.7 MB at levels 1 and 3)."""
    return _encode(".png", _whole(half, size, cv2.INTER_NEAREST), cv2.IMWRITE_PNG_STRATEGY, _FILTERED)


def _encode(suffix: str, pixels: Plane, *options: int) -> bytes:
    done, data = cv2.imencode(suffix, pixels, options)
    if not done:
        raise StoreError(f"The {suffix} file could not be encoded.", "Write a .jpg.")
    return bytes(data.tobytes())


def _without_transform(jpeg: bytes, name: str) -> bytes:
    """The JPEG relabelled as untransformed components, so that the decoder hands out Y, Cb and Cr as they are stored.

    Decoded as RGB and converted back, strong colours would be clipped: by up to 36 grey levels of chroma. Libjpeg takes
    components as they are when an Adobe segment says "no transform" and no JFIF segment speaks against it.
    """
    segments, scan = _header(jpeg, name)
    tables = [segment(other.kind, other.body) for other in segments if other.kind not in (APP0, APP1, APP14)]
    return b"".join((jpeg[:2], segment(APP14, _ADOBE_NO_TRANSFORM), *tables, memoryview(jpeg)[scan:]))


def _header(jpeg: bytes, name: str) -> tuple[list[Segment], int]:
    try:
        return header(jpeg)
    except BrokenHeader as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: BrokenHeader) -> ImageUnreadable:
    return ImageUnreadable(f"{name} {error}.", _RETAKE)
