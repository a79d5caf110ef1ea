"""The injected clocks."""

import threading

from scanner.clock import FakeClock, SystemClock


def test_the_system_clock_is_monotonic_and_says_utc() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(0.001)
    assert clock.monotonic() > before
    assert clock.now().utcoffset() is not None
    assert not clock.wait(threading.Event(), 0.001)


def test_the_fake_clock_jumps_instead_of_waiting() -> None:
    clock = FakeClock()
    start = clock.now()
    clock.sleep(3600)
    clock.sleep(-5)
    assert clock.monotonic() == 3600
    assert (clock.now() - start).total_seconds() == 3600


def test_waiting_on_a_set_event_takes_no_time() -> None:
    clock, event = FakeClock(), threading.Event()
    assert not clock.wait(event, 5)
    event.set()
    assert clock.wait(event, 5)
    assert clock.monotonic() == 5
