"""The settings that a command works with."""

from pathlib import Path

import pytest

from scanner.cli.arguments import parser
from scanner.cli.settings import settings_of
from scanner.config import Settings
from scanner.errors import ConfigError


@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_the_command_line_names_file_and_folder(tmp_path: Path, command: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[storage]\ndata = "there"\nreserve_mb = 7\n')
    of_file = settings_of(parser().parse_args([command, "--config", str(config)]))
    assert (of_file.storage.data, of_file.storage.reserve_mb) == (Path("there"), 7)
    moved = settings_of(parser().parse_args([command, "--config", str(config), "--data", "here"]))
    assert (moved.storage.data, moved.storage.reserve_mb) == (Path("here"), 7)


def test_without_a_file_all_is_default() -> None:
    assert settings_of(parser().parse_args(["doctor"])) == Settings()


def test_a_file_that_is_missing() -> None:
    with pytest.raises(ConfigError, match=r"nothing\.toml"):
        settings_of(parser().parse_args(["doctor", "--config", "nothing.toml"]))
