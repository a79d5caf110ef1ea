"""The settings of a command: those of the config file, with what the command line says instead."""

import argparse

from scanner.config import Settings, load


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The settings in the file of --config, all defaults without one, with the folder of --data. Raises ConfigError."""
    settings = load(arguments.config)
    if arguments.data is None:
        return settings
    return settings.model_copy(update={"storage": settings.storage.model_copy(update={"data": arguments.data})})
