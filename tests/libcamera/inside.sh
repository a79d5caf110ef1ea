#!/bin/sh
# Runs inside the Debian that build.sh made: the tests on the virtual camera. Arguments go to pytest.
set -eu
cd /project
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/project:/project/tests/libcamera/stand_ins
export LIBCAMERA_LOG_LEVELS=ERROR FOCUSRIG_VIRTUAL_CAMERA=1
export MALLOC_ARENA_MAX=1  # the memory that a process holds then says what it uses

gcc -shared -fPIC -O1 -Wall -Wextra -Werror -o /tmp/dma_heap.so tests/libcamera/dma_heap.c
python -m tests.libcamera.frames /tmp/frames

# picamera2 itself calls Thread.setDaemon. A hang is a failure with a trace, not a wait for ever.
exec env LD_PRELOAD=/tmp/dma_heap.so timeout --foreground --kill-after=5 900 python -X faulthandler -m pytest \
    -p no:cacheprovider --confcutdir=tests/libcamera -W 'ignore:setDaemon:DeprecationWarning' \
    tests/libcamera "$@"
