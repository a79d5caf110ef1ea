"""Run one command and print its CPU seconds and peak resident size in MB.

A process of its own, because Linux counts the size of the parent at the time of the start to that of the child: a small
parent measures small children truly.
"""

import os
import sys


def main() -> None:
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
    _, status, usage = os.wait4(child, 0)
    if status:
        sys.exit(f"{' '.join(sys.argv[1:4])} failed with status {os.waitstatus_to_exitcode(status)}.")
    sys.stdout.write(f"{usage.ru_utime + usage.ru_stime:.3f} {usage.ru_maxrss / 1024:.1f}\n")


if __name__ == "__main__":
    main()
