"""Imports that fail as told."""

from types import ModuleType

from scanner.doctor.libraries import Importer

MISMATCH = ValueError("numpy.dtype size changed, may indicate binary incompatibility. Expected 96, got 88")
ABSENT = ModuleNotFoundError("No module named 'picamera2'", name="picamera2")


def importer(**broken: Exception) -> Importer:
    """Imports that fail as told, and work otherwise."""

    def load(name: str) -> ModuleType:
        if name in broken:
            raise broken[name]
        return ModuleType(name)

    return load
