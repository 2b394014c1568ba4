"""Importing one module by its name, and saying in one line what went wrong."""

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

from codesign.errors import CodesignError, ConfigError
from codesign.plugins.registration import registered, withdraw


def import_from(name: str, folder: Path) -> ModuleType | None:
    """Return a module that lies in a folder; None where it does not.

    The folder is not searched for anything else, so that a file in it that is called like a library stays a file.

    Raises:
        ConfigError: the name is none, or that of another module, or as `import_found` says.
    """
    _require_name(name)
    top = name.partition(".")[0]
    importlib.invalidate_caches()  # for a file that a notebook has just written
    spec = PathFinder.find_spec(top, [str(folder)])
    if spec is None or (spec.origin is None and name == top):
        return None
    _require_own_name(top, spec)
    finder = _OneModule(top, spec)
    sys.meta_path.insert(0, finder)
    try:
        return import_found(name, folder, f"in {folder}")
    finally:
        sys.meta_path.remove(finder)


def import_found(name: str, folder: Path, where: str, remedy: str = "mend it") -> ModuleType:
    """Return a module that Python finds by itself.

    Args:
        name: of the module.
        folder: where it was looked for in vain, for the message.
        where: what it belongs to, for the message.
        remedy: what to do where it cannot be imported.

    Raises:
        ConfigError: there is none, it cannot be imported, or it registers nothing.
    """
    with _explained(name, folder, where, remedy):
        module = importlib.import_module(name)
        if name.partition(".")[0] not in {owner.partition(".")[0] for owner in registered().values()}:
            got = f"nothing registered by {getattr(module, '__file__', None) or 'a module of Python itself'}"
            remedy = 'let it call codesign.register, as in codesign.register("task", Steady)'
            raise ConfigError("a plug-in that registers something", got, remedy)
        return module


class _OneModule(MetaPathFinder):
    """Finds one module, and nothing else."""

    def __init__(self, name: str, spec: ModuleSpec) -> None:
        self._name, self._spec = name, spec

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how the module is loaded; None for any other."""
        del path, target
        return self._spec if fullname == self._name else None


def _require_name(name: str) -> None:
    if not all(part.isidentifier() for part in name.split(".")):
        remedy = "name the module, as in plugins=[steady] for a file steady.py in the folder that the command starts in"
        raise ConfigError("a plug-in by the name of its module", repr(name), remedy)


def _require_own_name(top: str, spec: ModuleSpec) -> None:
    """Check that a module in a folder does not stand in for another one of its name."""
    places = [spec.origin, *(spec.submodule_search_locations or ())]
    here = next(place for place in places if place)
    known = sys.modules.get(top)
    found = importlib.util.find_spec(top) if known is None else known.__spec__
    other = None if found is None else found.origin
    own = other is not None and Path(other).resolve() == Path(here).resolve()
    taken = found is not None and other is not None and not own
    if top in sys.stdlib_module_names or top == "codesign" or taken:
        raise ConfigError(f"one module of the name {top}", f"{here} beside {other or 'that of Python'}", "rename yours")


def _unknown(name: str, folder: Path) -> ConfigError:
    others = [path.stem for path in folder.glob("*.py")] + [path.parent.name for path in folder.glob("*/__init__.py")]
    near = get_close_matches(name, others, n=1, cutoff=0.6)
    remedy = f"did you mean '{near[0]}'?" if near else "start where it lies, or put its folder on PYTHONPATH"
    return ConfigError("a plug-in that there is", f"'{name}', which is neither in {folder} nor installed", remedy)


@contextmanager
def _explained(name: str, folder: Path, where: str, remedy: str) -> Iterator[None]:
    """Say of what a plug-in raises while it is imported which one it was, and in which line; forget it again."""
    before, modules = registered(), set(sys.modules)
    try:
        yield
    except (Exception, SystemExit) as error:
        withdraw(before)
        top = name.partition(".")[0]
        for other in set(sys.modules) - modules:
            if other == top or other.startswith(f"{top}."):
                del sys.modules[other]
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing is not None and (name == missing or name.startswith(f"{missing}.")):
            raise _unknown(name, folder) from error
        plugin, line = f"plug-in {name}{where and f' {where}'}", _line_of(error, name)
        if isinstance(error, CodesignError):
            raise ConfigError(error.expected, f"{error.got} ({plugin}{line})", error.remedy) from error
        if missing is not None:
            remedy = f"install {missing}; modules of yours that belong together go into one package"
        text = " ".join(str(error.msg if isinstance(error, SyntaxError) else error).split())
        got = f"{type(error).__name__}{text and f': {text}'}{line}"
        raise ConfigError(f"{plugin} to be imported", got, remedy) from error


def _line_of(error: BaseException, name: str) -> str:
    """Return the line of a plug-in's own files that an error came from, for the end of a sentence."""
    if isinstance(error, SyntaxError):
        return f", line {error.lineno} of {Path(error.filename or name).name}"
    top, *_, last = (*name.split("."), name.rpartition(".")[2])
    paths = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    own = [(path.name, line) for path, line in paths if path.stem == last or top in path.parts]
    return f", line {own[-1][1]} of {own[-1][0]}" if own else ""
