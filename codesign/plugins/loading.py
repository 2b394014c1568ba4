"""Plug-ins that are loaded: modules of installed packages that announce themselves, and modules that a user names.

Nothing else is ever imported. A configuration, a run folder or an experiment may say which plug-ins it needs, which is
compared with what is loaded and never acted upon.
"""

import hashlib
import importlib
import socket
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from codesign.errors import ConfigError
from codesign.plugins.importing import import_found, import_from
from codesign.plugins.registration import registered
from codesign.plugins.sources import provide, sources_of

GROUP = "codesign.plugins"
"""Entry point group by which installed packages announce the module of their plug-ins."""

CONFIG = "conf"
"""Folder beside a module, or inside a package, with the YAML files of its plug-ins."""


@dataclass(frozen=True, eq=False)
class Plugin:
    """A module that registers something.

    Attributes:
        name: of the module.
        file: where it was found; None for one that came from another process.
        package: the installed package that it belongs to; empty for a loose module.
        version: of that package.
        sources: source text of a loose module and of those inside it, see `codesign.plugins.sources`.
    """

    name: str
    file: Path | None
    package: str
    version: str
    sources: Mapping[str, tuple[str, bool]]

    @property
    def top(self) -> str:
        """The module, or the package that it is in; what it registers is registered by these."""
        return self.name.partition(".")[0]

    @property
    def checksum(self) -> str:
        """SHA-256 of the sources of a loose module."""
        return hashlib.sha256(repr(sorted(self.sources.items())).encode()).hexdigest()

    @property
    def config_folder(self) -> Path | None:
        """Folder of its YAML files; None where it has none."""
        if self.file is None or (self.package and self.file.name != "__init__.py"):
            return None  # beside an installed module lie the folders of others
        folder = self.file.parent / CONFIG
        return folder if folder.is_dir() else None


_loaded: dict[str, Plugin] = {}


def loaded() -> tuple[Plugin, ...]:
    """Return all plug-ins, those too that a Python program imported by itself."""
    tops = {plugin.top for plugin in _loaded.values()}
    for module in dict.fromkeys(registered().values()):
        top = module.partition(".")[0]
        if top != "__main__" and top not in tops and top in sys.modules:
            tops.add(top)
            _loaded[top] = _described(sys.modules[top], *_package_of(top))
    return tuple(_loaded.values())


def load_installed() -> None:
    """Load the plug-ins of all installed packages that announce some.

    Raises:
        ConfigError: one raises while it is imported, or registers nothing.
    """
    for name, package, version in _announced(tuple(sys.path)):
        if name not in _loaded:
            remedy = f"mend the package {package}, or pip uninstall {package}"
            module = import_found(name, Path.cwd(), f"of {package} {version}", remedy)
            _loaded[name] = _described(module, package, version)


def load(names: Iterable[str], folder: Path | None = None) -> None:
    """Load modules that a user named, from the working directory or as installed.

    Args:
        names: of modules, such as steady or lab.tasks.
        folder: where they are looked for before anywhere else; None for the working directory.

    Raises:
        ConfigError: there is no such module, it raises while it is imported, or registers nothing.
    """
    place = Path.cwd() if folder is None else folder
    for name in names:
        if name in {plugin.name for plugin in loaded()}:
            continue
        module = import_from(name, place)
        if module is None:
            package, version = _package_of(name)
            where = f"of {package} {version}" if package else ""
            _loaded[name] = _described(import_found(name, place, where), package, version)
        else:
            _loaded[name] = _described(module)


def restore(plugins: Iterable[Plugin]) -> None:
    """Load plug-ins as another process has them: loose ones from their sources, others from their packages.

    Raises:
        ConfigError: a package is not installed here, or another version of it is.
    """
    for plugin in plugins:
        if plugin.name in _loaded:
            continue
        if plugin.package:
            _require_package(plugin)
        else:
            provide(plugin.sources)
        importlib.import_module(plugin.name)
        _loaded[plugin.name] = plugin


def used_by(*values: Any) -> tuple[Plugin, ...]:
    """Return the plug-ins whose classes settings are of, or whose entries settings and configurations name."""
    tops = {top for value in values for top in _tops_in(value, registered())}
    return tuple(plugin for plugin in loaded() if plugin.top in tops)


def main_entries_in(*values: Any) -> list[str]:
    """Return what settings and configurations name that the program itself registers, which is in no module.

    Other processes cannot import it, and who opens a run cannot name it.
    """
    own = {key: module for key, module in registered().items() if module == "__main__"}
    return sorted({f"{kind} {key}" for kind, key in own if _names(values, key, own)})


def _names(values: Any, key: str, own: Mapping[tuple[str, str], str]) -> bool:
    return "__main__" in _tops_in(values, {each: module for each, module in own.items() if each[1] == key})


def _tops_in(value: Any, owners: Mapping[tuple[str, str], str]) -> set[str]:
    found = {type(value).__module__.partition(".")[0]}
    if isinstance(value, str):
        found |= {module.partition(".")[0] for (_, key), module in owners.items() if key == value}
    elif isinstance(value, Mapping):
        found |= {top for pair in value.items() for each in pair for top in _tops_in(each, owners)}
    elif isinstance(value, list | tuple):
        found |= {top for each in value for top in _tops_in(each, owners)}
    elif is_dataclass(value):
        found |= {top for item in fields(value) for top in _tops_in(getattr(value, item.name), owners)}
        # A controller may name senses without a setting for them.
        found |= _tops_in(getattr(value, "senses", None), owners)
    return found


@cache
def _announced(path: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
    """Return module, package and version of what packages on a path announce, in one order everywhere."""
    del path
    points = [(point.module, point.dist) for point in metadata.entry_points(group=GROUP)]
    return tuple(sorted({(name, dist.name, dist.version) for name, dist in points if dist is not None}))


def _package_of(name: str) -> tuple[str, str]:
    """Return the installed package that a module belongs to, and its version; empty texts for a loose one."""
    top = name.partition(".")[0]
    for module, package, version in _announced(tuple(sys.path)):
        if module.partition(".")[0] == top:
            return package, version
    packages = metadata.packages_distributions().get(top, [])
    return (packages[0], metadata.version(packages[0])) if packages else ("", "")


def _described(module: ModuleType, package: str = "", version: str = "") -> Plugin:
    file = getattr(module, "__file__", None)
    sources = {} if package else sources_of(sys.modules[module.__name__.partition(".")[0]])
    return Plugin(module.__name__, Path(file) if file else None, package, version, sources)


def _require_package(plugin: Plugin) -> None:
    """Check that a plug-in's package is installed here, in its version."""
    try:
        version = metadata.version(plugin.package)
    except metadata.PackageNotFoundError:
        version = "none"
    if version != plugin.version:
        remedy = f"there, pip install '{plugin.package}=={plugin.version}'"
        expected = f"the package {plugin.package} {plugin.version} on every node that works"
        raise ConfigError(expected, f"{version} on {socket.gethostname()}", remedy)
