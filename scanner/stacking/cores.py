"""How many cores the stacker takes."""

import os

import cv2


def leave_one() -> int:
    """Let OpenCV use all cores of this process but one, which stays with the thread that owns the rig.

    Returns how many it may use: at least 1. Without this a slice in work can hold up the wait for the lens.
    """
    cores = max(1, len(os.sched_getaffinity(0)) - 1)
    cv2.setNumThreads(cores)
    return cores
