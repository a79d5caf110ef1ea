"""Where the frames of a simulated sensor come from: exposure after exposure, whether anybody wants them or not.

What happens is worked out when somebody asks, in the order of time: exposures end, and some time later their frames
complete. When a frame completes libcamera commands the lens and writes that position into the frame: it was exposed
before.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from scanner.clock import Clock
from scanner.hardware.settings import SimulatedSettings
from scanner.hardware.simulated.sensor_exposure import SENSOR_DELAY, ExposureLoop
from scanner.hardware.simulated.sensor_faults import Misfortune
from scanner.hardware.simulated.sensor_frames import Frame, Surroundings
from scanner.hardware.simulated.sensor_lens import LensDrive, LensLoop, LensScale
from scanner.hardware.simulated.sensor_traits import SensorTraits
from scanner.hardware.simulated.sway import Sway
from scanner.units import Dioptres, Seconds

LENS_RANGE: tuple[Dioptres, Dioptres, Dioptres] = (0.0, 15.0, 1.0)
"""Lowest, highest and default lens position, as the scale of the lens shows them."""
READOUT = 0.5
"""From the end of a frame's exposure to its completion, in frame periods; each frame of lead adds one."""
STEADY_FRAMES = 100
"""After so many frames that nobody took, nothing changes any more, and the rest is skipped."""


class FrameSource:
    """`deliver` gets each frame that completes. `blocked` says whether all buffers are taken: then none is exposed.

    `period`: seconds from frame to frame, while exposures are shorter.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        clock: Clock,
        settings: SimulatedSettings,
        *,
        traits: SensorTraits,
        misfortune: Misfortune,
        deliver: Callable[[Frame], None],
        blocked: Callable[[], bool],
    ) -> None:
        self._surroundings, self._clock, self._traits, self._misfortune = surroundings, clock, traits, misfortune
        self._deliver, self._blocked = deliver, blocked
        self._fixed = settings.fixed_focus
        self._scale = LensScale(settings.lens_offset, settings.lens_scale)
        self._lens = LensDrive(
            self._scale.shown(traits.rest) if self._fixed else LENS_RANGE[2], settings.lens_lag_ms * 1e-3
        )
        self._lens_loop = LensLoop(self._lens)
        self._exposure = ExposureLoop()
        self._place = surroundings.place()
        self._sway = Sway(settings.sway_px, settings.sway_ms * 1e-3, self._place)
        self._flying: deque[Frame] = deque()
        self._index = 0
        self._next_at: Seconds = 0.0
        self._hung = self._dead = False
        self.period: Seconds = 1 / settings.frame_rate

    def start(self, controls: Mapping[str, Any]) -> None:
        """Controls given before the camera starts hold from its first frame on."""
        self._exposure.start(controls)
        self._lens_loop.start()
        if "LensPosition" in controls:
            self._lens_loop.order(self._index, float(controls["LensPosition"]))
        self._hung = False
        self._next_at = self._clock.monotonic() + 2 * self.period

    def stop(self) -> None:
        """Frames that are underway are lost; a lens that is driven drops to its rest."""
        self._flying.clear()
        if not self._fixed:
            self._lens_loop.rest(LENS_RANGE[0], self._clock.monotonic())

    def set(self, controls: Mapping[str, Any], buffers: int) -> None:
        """They travel with the next request that is queued: behind the `buffers` that are queued already."""
        request = self._index + buffers
        self._exposure.set(dict(controls), request)
        if "LensPosition" in controls and not self._misfortune.strikes(self._misfortune.now.ignore_lens):
            self._lens_loop.order(request, float(controls["LensPosition"]))

    def hang(self, *, for_good: bool) -> None:
        """No more frames until the camera is started anew, or opened anew."""
        self._hung, self._dead = True, self._dead or for_good

    def catch_up(self) -> None:
        """All that happened while nobody looked: those frames show the pose of the last look."""
        now = self._clock.monotonic()
        for _ in range(2 * STEADY_FRAMES):
            if not self.next(now, passed=True):
                break
        skipped = max(0, int((now - self._next_at) / self.period))
        self._index += skipped
        self._next_at += skipped * self.period
        self._look_around(now)

    def next(self, until: Seconds, *, passed: bool = False) -> bool:
        """Let the next thing happen, unless it happens after `until` or never; False then.

        `passed`: it happened in the past, else wait for it; in between, look where the axes are.
        """
        stopped, blocked = self._hung or self._dead, self._blocked()
        if self._flying and not stopped and (blocked or self._flying[0].completed <= self._next_at):
            return self._complete(until, passed=passed)
        if stopped or blocked:
            if passed:
                self._next_at = max(self._next_at, until)
            return False
        return self._expose(until, passed=passed)

    def _expose(self, until: Seconds, *, passed: bool) -> bool:
        lamp, faults, ended = self._surroundings.lamp(), self._misfortune.now, self._next_at
        if ended > until:
            return False
        for_good = self._misfortune.strikes(faults.hang_for_good)
        if for_good or self._misfortune.strikes(faults.hang):
            self.hang(for_good=for_good)
            return False
        look = self._exposure.next(self._index, lamp)
        if not passed:
            self._clock.sleep(ended - self._clock.monotonic())
            self._look_around(ended)
        middle, length = ended - look.time_us * 0.5e-6, max(self.period, look.time_us * 1e-6)
        completed = ended + READOUT * self.period + (self._traits.lead - 1) * length
        frame = Frame(
            index=self._index,
            ended=ended,
            completed=max(completed, self._flying[-1].completed) if self._flying else completed,
            duration=length,
            look=look,
            lamp=lamp,
            lens=self._scale.true(self._lens.at(middle)),
            place=self._place,
            shift=self._sway.shift(middle),
        )
        self._flying.append(frame)
        self._index += 1
        self._next_at = ended + length + (faults.late_s if self._misfortune.strikes(faults.late) else 0)
        return True

    def _complete(self, until: Seconds, *, passed: bool) -> bool:
        frame = self._flying[0]
        if frame.completed > until:
            return False
        if not passed:
            self._clock.sleep(frame.completed - self._clock.monotonic())
        self._flying.popleft()
        together = self._traits.tells_control_list
        held = self._misfortune.now.hold_back if frame.look.dark else 0
        reached = frame.index - held - (SENSOR_DELAY if together else 0)
        reported = self._lens_loop.frame(reached, frame.completed)
        self._deliver(
            replace(
                frame,
                reported_lens=None if self._fixed else reported,
                control_list=reached if together else None,
            )
        )
        return True

    def _look_around(self, now: Seconds) -> None:
        self._place = self._surroundings.place()
        self._sway.sees(self._place, now)
