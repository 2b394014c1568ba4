"""Plug-ins as a command line names them: loaded before anything is composed, and their folders of YAML files found."""

from collections.abc import Iterable, Mapping
from typing import Any

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import ListConfig

from codesign.cli.suggestions import typed
from codesign.errors import ConfigError
from codesign.plugins import load, load_installed, loaded

KEY = "plugins"


class PluginFolders(SearchPathPlugin):
    """Lets Hydra find the YAML files of plug-ins, after those of the package, which they cannot replace."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Add the folder of every loaded plug-in that has one."""
        for plugin in loaded():
            if plugin.config_folder is not None:
                search_path.append(provider=f"plug-in {plugin.name}", path=f"file://{plugin.config_folder.resolve()}")


def load_named(overrides: Iterable[str]) -> None:
    """Load the plug-ins of installed packages, and those that the words of a command line name.

    Raises:
        ConfigError: one is not there, cannot be imported or registers nothing, or jobs of a sweep name different ones.
    """
    load_installed()
    for override in _readable(overrides):
        if override.key_or_group != KEY or override.is_delete():
            continue
        if override.is_sweep_override():
            raise ConfigError(f"the same {KEY} for all jobs", f"'{override.input_line}'", f"write {KEY}=[A,B]")
        load(typed(KEY, override.value()))
    if PluginFolders not in Plugins.instance().discover(SearchPathPlugin):
        Plugins.instance().register(PluginFolders)


def require_loaded(config: Mapping[Any, Any]) -> None:
    """Check that all plug-ins which a composed configuration names are loaded, as the command line names them.

    A file may say what it needs, but nothing is imported because a file says so.

    Raises:
        ConfigError: one is not.
    """
    known = {plugin.name for plugin in loaded()}
    named = config.get(KEY, ())
    for name in typed(KEY, list(named) if isinstance(named, ListConfig) else named):
        if name not in known:
            got = f"'{name}' in a configuration file alone"
            raise ConfigError(f"{KEY} that the command line names", got, f"add {KEY}=[{name}] if you trust it")


def _readable(overrides: Iterable[str]) -> list[Override]:
    """Return the words that may name plug-ins; one that cannot be read is told of when all are."""
    words = [word for word in overrides if word.lstrip("+~").partition("=")[0] == KEY]
    try:
        return OverridesParser.create().parse_overrides(words)
    except HydraException:
        return []
