"""Fusing image files without a rig and without a daemon."""

from scanner.batch.inputs import StackInput, find_stacks, passed_over
from scanner.batch.report import BatchReport, SliceResult
from scanner.batch.stack import outward, stack_files
from scanner.batch.targets import BatchOptions

__all__ = [
    "BatchOptions",
    "BatchReport",
    "SliceResult",
    "StackInput",
    "find_stacks",
    "outward",
    "passed_over",
    "stack_files",
]
