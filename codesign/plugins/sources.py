"""Source text of loose modules, so that they travel to processes that do not have their files."""

import importlib.abc
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType

Sources = Mapping[str, tuple[str, bool]]
"""Source text of modules by name, and whether each is a package."""


def sources_of(module: ModuleType) -> dict[str, tuple[str, bool]]:
    """Return the source of a module, and where it is a package of all Python files inside; its data stays behind."""
    found: dict[str, tuple[str, bool]] = {}
    if (file := getattr(module, "__file__", None)) is not None and Path(file).suffix == ".py":
        found[module.__name__] = (_text(Path(file)), hasattr(module, "__path__"))
    elif isinstance(given := getattr(module, "__loader__", None), _Provided):
        return {name: source for name, source in given.sources.items() if _is_inside(name, module.__name__)}
    for folder in map(Path, getattr(module, "__path__", ())):
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            package = parts[-1] == "__init__"
            inner = parts[:-1] if package else parts
            if inner and all(part.isidentifier() for part in inner):
                found[".".join((module.__name__, *inner))] = (_text(path), package)
    if hasattr(module, "__path__"):
        found.setdefault(module.__name__, ("", True))  # a folder without __init__.py
    return found


def provide(sources: Sources) -> None:
    """Let this process import modules from their source text, before any others of these names."""
    _PROVIDED.sources.update(sources)
    if _PROVIDED not in sys.meta_path:
        sys.meta_path.insert(0, _PROVIDED)


class _Provided(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds and loads modules whose source is in memory; Warp and tracebacks see the source too."""

    def __init__(self) -> None:
        self.sources: dict[str, tuple[str, bool]] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how a module is loaded; None for one that is not here."""
        del path, target
        return importlib.util.spec_from_loader(fullname, self) if fullname in self.sources else None

    def is_package(self, fullname: str) -> bool:
        """Return whether a module has others inside."""
        return self.sources[fullname][1]

    def get_source(self, fullname: str) -> str:
        """Return the text of a module."""
        return self.sources[fullname][0]

    def get_code(self, fullname: str) -> CodeType:
        """Return a module compiled, under a path at which no file is, so that nobody takes another text for its own."""
        return self.source_to_code(self.get_source(fullname), f"plug-in/{fullname.replace('.', '/')}.py")


_PROVIDED = _Provided()


def _text(path: Path) -> str:
    return importlib.util.decode_source(path.read_bytes())


def _is_inside(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")
