"""Dice that fall the same way for the same seed."""

from scanner.hardware.simulated.sensor_faults import Misfortune, SensorFaults


def thrown(misfortune: Misfortune, chance: float, times: int = 1000) -> list[bool]:
    return [misfortune.strikes(chance) for _ in range(times)]


def test_the_same_seed_falls_the_same_way_and_another_does_not() -> None:
    one, same, other = (thrown(Misfortune(SensorFaults(seed=seed)), 0.3) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_chances_come_true() -> None:
    misfortune = Misfortune(SensorFaults(seed=4))
    assert 240 < sum(thrown(misfortune, 0.3)) < 360
    assert all(thrown(misfortune, 1.0))


def test_what_cannot_happen_throws_no_dice() -> None:
    one, two = Misfortune(SensorFaults()), Misfortune(SensorFaults())
    assert not any(thrown(one, 0.0))
    assert thrown(one, 0.5) == thrown(two, 0.5)


def test_what_happened_is_counted_over_changes() -> None:
    misfortune = Misfortune(SensorFaults())
    struck = sum(thrown(misfortune, 0.3))
    misfortune.become(SensorFaults(seed=9, repeat=0.5))
    assert misfortune.now.repeat == 0.5
    struck += sum(thrown(misfortune, 0.3))
    assert misfortune.count == struck
