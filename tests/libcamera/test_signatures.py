"""What the driver calls exists in picamera2 as it calls it, and in the simulated sensor too: names, kinds, defaults."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from picamera2 import Picamera2
from picamera2.request import CompletedRequest

from scanner.hardware.picamera_api import Picamera2Like, RequestLike
from scanner.hardware.picamera_session import Session
from scanner.hardware.settings import CameraSettings
from scanner.hardware.simulated.sensor import SimulatedRequest, SimulatedSensor
from tests.libcamera.cameras import Bench, VirtualCamera
from tests.libcamera.conftest import Figure

PAIRS = [(Picamera2Like, SimulatedSensor, Picamera2), (RequestLike, SimulatedRequest, CompletedRequest)]
VARIADIC = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)


def _used() -> Iterator[Any]:
    """Each member that the driver uses: who declares it, its name, the declaration, and the real one."""
    for protocol, simulated, real in PAIRS:
        for name in sorted(name for name in vars(protocol) if not name.startswith("_")):
            for declaring in (protocol, simulated):
                yield pytest.param(declaring, name, real, id=f"{declaring.__name__}.{name}")


def _difference(declared: inspect.Parameter, real: inspect.Signature) -> str | None:
    """Why an argument given as declared would not do what it should; None where all is well."""
    found = real.parameters.get(declared.name)
    if found is None:
        return f"{declared.name} does not exist"
    by_name_only = declared.kind is inspect.Parameter.KEYWORD_ONLY
    if found.kind is not declared.kind and not (by_name_only and found.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD):
        return f"{declared.name} is {found.kind.description}, not {declared.kind.description}"
    if declared.default is not inspect.Parameter.empty and declared.default != found.default:
        return f"{declared.name} is {found.default!r} when not given, not {declared.default!r}"
    return None


def _differences(declared: inspect.Signature, real: inspect.Signature) -> list[str]:
    named = [parameter for parameter in declared.parameters.values() if parameter.kind not in VARIADIC]
    found = [found for parameter in named if (found := _difference(parameter, real))]
    by_position = [one.name for one in named if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    if by_position != list(real.parameters)[: len(by_position)]:
        found.append(f"the order is {list(real.parameters)}, not {by_position}")
    names = {one.name for one in named}
    left_out = [one for name, one in real.parameters.items() if name not in names and one.kind not in VARIADIC]
    return found + [f"{one.name} has to be given" for one in left_out if one.default is inspect.Parameter.empty]


@pytest.mark.parametrize(("declaring", "name", "real"), list(_used()))
def test_is_as_declared(declaring: type, name: str, real: type) -> None:
    declared = inspect.getattr_static(declaring, name)
    if isinstance(declared, property):
        found = inspect.getattr_static(real, name, None)
        assert found is None or isinstance(found, property)  # sensor_resolution is an attribute of each camera
        return
    assert _differences(inspect.signature(declared), inspect.signature(getattr(real, name))) == []


def test_the_camera_has_the_attributes(bench: Bench) -> None:
    properties = [name for name, one in vars(Picamera2Like).items() if isinstance(one, property)]
    assert properties
    with bench.bare() as camera:
        assert [name for name in properties if name not in vars(camera) and name not in dir(Picamera2)] == []
        assert camera.sensor_resolution == (1536, 864)


class Listening(VirtualCamera):
    """Remembers what it was asked for."""

    def create_still_configuration(self, *given: Any, **wanted: Any) -> dict[str, Any]:
        self.wanted = wanted
        made: dict[str, Any] = super().create_still_configuration(*given, **wanted)
        return made


def test_the_configuration_is_asked_for_in_words_that_exist(figure: Figure) -> None:
    cameras: list[Listening] = []

    def opener() -> Listening:
        cameras.append(Listening())
        return cameras[-1]

    session = Session(opener, CameraSettings())
    session.close()
    wanted = cameras[0].wanted
    assert set(wanted) <= set(inspect.signature(Picamera2.create_still_configuration).parameters)
    assert {"main", "lores", "buffer_count"} <= set(wanted)
    figure(", ".join(wanted))


def test_a_difference_is_seen() -> None:
    def real(self: object, wait: float | None = None, flush: int | None = None) -> None: ...

    def as_real(self: object, wait: float | None = None) -> None: ...

    def by_name(self: object, *, wait: float) -> None: ...

    def renamed(self: object, timeout: float | None = None) -> None: ...

    def other_default(self: object, wait: float = 1.0) -> None: ...

    def other_order(self: object, flush: int | None = None, wait: float | None = None) -> None: ...

    def must(self: object, wait: float) -> None: ...

    def differences(declared: Any, of: Any = real) -> list[str]:
        return _differences(inspect.signature(declared), inspect.signature(of))

    assert differences(as_real) == differences(by_name) == []
    assert differences(renamed)[0] == "timeout does not exist"
    assert differences(other_default) == ["wait is None when not given, not 1.0"]
    assert differences(other_order) == ["the order is ['self', 'wait', 'flush'], not ['self', 'flush', 'wait']"]
    assert differences(lambda self: None, must) == ["wait has to be given"]  # noqa: ARG005  the signature counts
