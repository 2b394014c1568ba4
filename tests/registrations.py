"""Undoing what plug-ins register, so that no test sees those of another."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hydra.core.config_store import ConfigStore

from codesign import plugins
from codesign.plugins import KINDS, loading
from codesign.plugins.sources import _PROVIDED


@contextmanager
def undone() -> Iterator[None]:
    """Undo all registrations made inside, and forget the modules that made them."""
    entries: list[tuple[Any, dict[str, Any]]] = [(kind.entries(), dict(kind.entries())) for kind in KINDS.values()]
    registered, known, modules = plugins.registered(), dict(loading._loaded), set(sys.modules)
    try:
        yield
    finally:
        keys = {f"{key}.yaml" for _, key in plugins.registered().keys() - registered.keys()}
        added = {module.partition(".")[0] for module in plugins.registered().values()}
        added |= {name.partition(".")[0] for name in loading._loaded.keys() - known.keys()}
        plugins.withdraw(registered)
        for registry, before in entries:
            registry.clear()
            registry.update(before)
        loading._loaded.clear()
        loading._loaded.update(known)
        _PROVIDED.sources.clear()
        for name in set(sys.modules) - modules:
            if name.partition(".")[0] in added:
                del sys.modules[name]
        _forget(ConfigStore.instance().repo, keys)


def _forget(group: dict[str, Any], keys: set[str]) -> None:
    for name in list(group):
        if name in keys:
            del group[name]
        elif isinstance(group[name], dict):
            _forget(group[name], keys)
