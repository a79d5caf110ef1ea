"""What may be asked of a simulated sensor: picamera2's words, and no others."""

from collections.abc import Mapping
from typing import Any

WISHES: Mapping[str, Any] = {
    "main": {},
    "lores": None,
    "raw": {},
    "transform": None,
    "colour_space": None,
    "buffer_count": 1,
    "controls": {},
    "display": None,
    "encode": None,
    "queue": True,
    "sensor": {},
    "use_case": "still",
}
"""Arguments of create_still_configuration, and what they are when not given."""
STREAM_WISHES = ("format", "size", "stride", "preserve_ar")


def still_configuration(resolution: tuple[int, int], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """`wanted` with all that it leaves out, sizes made even. Raises TypeError, ValueError for words nobody knows."""
    for name in wanted:
        if name not in WISHES:
            raise TypeError(f"create_still_configuration() got an unexpected keyword argument {name!r}")
    full = {**WISHES, **wanted}
    main = _stream({"format": "BGR888", "size": resolution}, full["main"])
    lores = None if full["lores"] is None else _stream({"format": "YUV420", "size": main["size"]}, full["lores"])
    return full | {"main": main, "lores": lores}


def require_small(lores: Mapping[str, Any], main: Mapping[str, Any]) -> None:
    """The small stream is YUV, and no larger than the full one. Raises RuntimeError."""
    if any(small > whole for small, whole in zip(lores["size"], main["size"], strict=True)):
        raise RuntimeError("lores stream dimensions may not exceed main stream")
    if lores["format"] not in ("YUV420", "NV12"):
        raise RuntimeError("lores stream must be YUV")


def _stream(ordinary: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    for name in wanted:
        if name not in STREAM_WISHES:
            raise ValueError(f"Bad key {name!r}: valid stream configuration keys are {STREAM_WISHES}")
    width, height = wanted.get("size", ordinary["size"])
    return {**ordinary, **wanted, "size": (width // 2 * 2, height // 2 * 2)}
