"""The config file: complete, true, and clear about what is wrong."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from scanner.config import Settings, SettingsKeeper, flat_keys, load, overlay
from scanner.errors import ConfigError
from tests.config_example import render

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"


def test_the_example_is_what_the_settings_models_say() -> None:
    assert EXAMPLE.read_text() == render(Settings())


def test_the_example_loads_and_is_the_default() -> None:
    assert load(EXAMPLE) == Settings()


def test_the_example_lists_every_key() -> None:
    text = EXAMPLE.read_text()
    unset = re.findall(r"^# (\w+) =$", text, re.MULTILINE)
    listed = len(flat_keys(tomllib.loads(text))) + len(unset)
    assert listed == len(flat_keys(Settings().model_dump()))


def test_no_file_means_a_simulated_rig() -> None:
    assert load(None).rig.kind == "simulated"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[server]\nprt = 80", "server.prt: there is no such key; did you mean 'port'?"),
        ("[sever]\nport = 80", "sever: there is no such key; did you mean 'server'?"),
        ("[server]\nport = 70000", "server.port: must be at most 65535"),
        ("[server\nport = 80", "is not valid TOML"),
        ("[rig]\nkind = 'arduino'", "rig.kind: must be 'simulated' or 'pi'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=re.escape(words)) as caught:
        load(path)
    assert str(path) in caught.value.message


def test_a_missing_file_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no config file at"):
        load(tmp_path / "nowhere.toml")


def _base(tmp_path: Path) -> Settings:
    return Settings.model_validate({"storage": {"data": tmp_path}, "server": {"port": 9000}})


def test_only_what_differs_from_the_file_is_kept(tmp_path: Path) -> None:
    base = _base(tmp_path)
    keeper = SettingsKeeper(base)
    keeper.keep(base.model_copy(update={"server": base.server.model_copy(update={"names": ("scanner.museum",)})}))
    assert json.loads((tmp_path / "settings.json").read_text()) == {"server": {"names": ["scanner.museum"]}}
    assert keeper.overridden == ("server.names",)


def test_kept_settings_lie_on_top_and_other_keys_of_the_file_still_count(tmp_path: Path) -> None:
    base = _base(tmp_path)
    SettingsKeeper(base).keep(base.model_copy(update={"server": base.server.model_copy(update={"port": 9001})}))
    edited = base.model_copy(update={"server": base.server.model_copy(update={"host": "127.0.0.1"})})
    again = SettingsKeeper(edited).current
    assert (again.server.port, again.server.host) == (9001, "127.0.0.1")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"server": {"port": "x"}}', '{"gone": 1}'])
def test_a_damaged_settings_file_is_named_with_the_way_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.json").write_text(text)
    with pytest.raises(ConfigError, match=r"settings\.json"):
        SettingsKeeper(_base(tmp_path))


@pytest.mark.parametrize(
    "changed",
    [
        {"storage": {"data": "/etc"}},
        {"rig": {"motion": {"port": "/dev/kmsg"}}},
        {"rig": {"camera": {"tuning_file": "/x"}}},
    ],
)
def test_paths_are_never_taken_from_a_client(tmp_path: Path, changed: dict[str, object]) -> None:
    base = _base(tmp_path)
    wanted = Settings.model_validate(overlay(base.model_dump(), changed))
    with pytest.raises(ConfigError, match="names a path on the scanner"):
        SettingsKeeper(base).check(wanted)
