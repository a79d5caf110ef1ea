#!/bin/sh
# Runs inside the Debian that build.sh made: the tests on the virtual camera. Arguments go to pytest.
set -eu
cd /project
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/project:/project/tests/libcamera/stand_ins:/run/metadata
export LIBCAMERA_LOG_LEVELS=ERROR FOCUSRIG_VIRTUAL_CAMERA=1
export MALLOC_ARENA_MAX=1  # the memory that a process holds then says what it uses

mkdir -p /run/metadata/focusrig.dist-info  # the project is not installed here, and yet asks for its own version
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
printf 'Metadata-Version: 2.1\nName: focusrig\nVersion: %s\n' "$version" >/run/metadata/focusrig.dist-info/METADATA

gcc -shared -fPIC -O1 -Wall -Wextra -Werror -o /run/dma_heap.so tests/libcamera/dma_heap.c
python -m tests.libcamera.frames /run/frames

# picamera2 itself calls Thread.setDaemon. A hang is a failure with a trace, not a wait for ever.
exec env LD_PRELOAD=/run/dma_heap.so timeout --foreground --signal=ABRT --kill-after=5 900 python -X faulthandler -m pytest \
    -p no:cacheprovider --confcutdir=tests/libcamera -W 'ignore:setDaemon:DeprecationWarning' \
    tests/libcamera "$@"
