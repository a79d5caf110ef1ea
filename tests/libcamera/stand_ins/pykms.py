"""Stands in for pykms, which draws on a screen: picamera2 imports it for the names of its pixel formats alone."""


class _Names(type):
    def __getattr__(cls, name: str) -> str:
        return name


class PixelFormat(metaclass=_Names):
    """Every name is itself."""
