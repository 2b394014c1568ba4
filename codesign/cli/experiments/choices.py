"""The configuration of `codesign evolve` for chosen options, composed without a command line."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from codesign.cli.catalogue import experiment_catalogue
from codesign.cli.composition import VERSION_BASE, config_folder, explained
from codesign.cli.named_plugins import load_named
from codesign.cli.schemas import Catalogue, register
from codesign.cli.suggestions import typed
from codesign.plugins import loaded, used_by

_COMPOSING = threading.Lock()
"""Hydra keeps what it composes from in one place for the whole process."""


def options(group: str) -> tuple[str, ...]:
    """Return the names of the options in a group of conf/, and of the YAML files of plug-ins, in order."""
    own = (plugin.config_folder for plugin in loaded())
    folders = [config_folder(), *(folder for folder in own if folder is not None)]
    return tuple(sorted({path.stem for folder in folders for path in (folder / group).glob("*.yaml")}))


def named_plugins(config: Mapping[str, Any]) -> list[str]:
    """Return the loose plug-ins that whoever opens a run of a configuration must name: those it names or uses."""
    used = [plugin.name for plugin in used_by(config) if not plugin.package]
    return sorted({*typed("plugins", config["plugins"]), *used})


def current_catalogue() -> Catalogue:
    """Return what the configuration of an experiment may hold, the plug-ins of installed packages included.

    Raises:
        ConfigError: such a plug-in cannot be loaded.
    """
    load_named(())
    return experiment_catalogue()


@contextmanager
def _without_others() -> Iterator[None]:
    """Put away what the process composes from, and bring it back: the caller may itself be a Hydra application."""
    own = GlobalHydra.instance()
    before, own.hydra = own.hydra, None
    try:
        yield
    finally:
        GlobalHydra.instance().hydra = before  # which Hydra may have made anew meanwhile


def composed(catalogue: Catalogue, choices: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """Return the configuration that `codesign evolve` composes, plain, and its title with references still in it.

    What the process has of Hydra beside this, such as the application that it may be, stays as it is.

    Args:
        catalogue: what the configuration may hold.
        choices: options by group, each one that `options` names; those of `experiment` and `debug` too. All others are
            those of conf/config.yaml.

    Raises:
        ConfigError: choices that cannot be composed.
    """
    overrides = [f"{group}={name}" for group, name in choices.items()]
    with _COMPOSING, explained(catalogue):
        register(catalogue)
        with (
            _without_others(),
            initialize_config_dir(str(config_folder()), job_name="codesign", version_base=VERSION_BASE),
        ):
            config = compose("config", overrides)
        unresolved: Any = OmegaConf.to_container(config, resolve=False)
        plain: Any = OmegaConf.to_container(config, resolve=True)
    return plain, unresolved["title"]
