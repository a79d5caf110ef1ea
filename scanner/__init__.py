"""Focusrig: a focus-stacking scanner daemon for turntable rigs."""

from importlib.metadata import version

__version__ = version("focusrig")
