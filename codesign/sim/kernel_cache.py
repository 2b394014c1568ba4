"""Where Warp keeps compiled kernels: what fails there is told in one line, and damaged files are compiled again.

Warp compiles or loads a kernel wherever one is launched, so this stands in front of its one function that does.
"""

import json
import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any

import warp as wp

from codesign.errors import CodesignError, OutputError

ROOM = 8 * 2**20
"""Space that must be free where kernels are to be compiled [bytes]. The largest takes about 1 MiB; several processes
may compile at once, and a compiler that finds no room ends the process."""

VARIABLE = "WARP_CACHE_PATH"
"""Names the folder of compiled kernels in the environment."""

_REMEDY = f"set {VARIABLE} to a folder that can be written to"
_GUARDED = "guarded_by_codesign"
_UNLOADABLE = ("Failed to load CPU module", "Failed to load CUDA module")
"""What Warp says of an object file that is none."""


@contextmanager
def told(folder: Callable[[], Path | None]) -> Iterator[None]:
    """Raise what the system refuses within as an error that names the folder of compiled kernels.

    Args:
        folder: returns it, None as long as it is unknown.

    Raises:
        OutputError: the system refused something.
    """
    try:
        yield
    except OSError as error:
        place = folder() or error.filename or "the home folder"
        got = f"{place} ({error.strerror or error})"
        raise OutputError("a folder for compiled kernels that can be written to", got, _REMEDY) from error


def folder_of_kernels() -> Path | None:
    """Return where Warp keeps compiled kernels, None before it was initialised."""
    return Path(wp.config.kernel_cache_dir) if wp.config.kernel_cache_dir else None


def guard_kernel_cache() -> None:
    """Let every load of kernels by this process mend what is damaged and tell what cannot be written."""
    if not hasattr(wp.Module.load, _GUARDED):
        guarded = _guarded(wp.Module.load)
        setattr(guarded, _GUARDED, True)
        wp.Module.load = guarded


def _guarded(load: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(load)
    def guarded(module: Any, device: Any, block_dim: int | None = None, *arguments: Any, **options: Any) -> Any:
        if module.execs:
            return load(
                module, device, block_dim, *arguments, **options
            )  # loaded before; this is asked at every launch
        place = _place(module, block_dim)
        _require_room(place)
        with told(lambda: place.parent):
            try:
                return load(module, device, block_dim, *arguments, **options)
            except CodesignError:
                raise
            except Exception as error:
                _remove_unfinished(place)
                if not _damaged(error):
                    raise
                logging.getLogger(__name__).warning("damaged kernel in %s; it is compiled again", place)
                shutil.rmtree(place)
            try:
                return load(module, device, block_dim, *arguments, **options)
            except Exception as error:
                if not _damaged(error):
                    raise
                got = f"{place} ({error})"
                remedy = f"remove that folder, or set {VARIABLE} to another"
                raise OutputError("compiled kernels that can be loaded", got, remedy) from error

    return guarded


def _place(module: Any, block_dim: int | None) -> Path:
    """Return the folder of a module's compiled kernels."""
    identifier = module.get_module_identifier(module.options["block_dim"] if block_dim is None else block_dim)
    return Path(str(wp.config.kernel_cache_dir), identifier)


def _require_room(place: Path) -> None:
    """Check that kernels that are not there yet can be compiled.

    Raises:
        OutputError: too little space is left, or the folder is gone.
    """
    if place.is_dir():
        return
    with told(lambda: place.parent):
        place.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(place.parent).free
    if free < ROOM:
        expected = f"{ROOM // 2**20} MiB of room for compiled kernels"
        remedy = f"free some space, or set {VARIABLE} to a folder with more"
        raise OutputError(expected, f"{free / 2**20:.1f} MiB in {place.parent}", remedy)


def _damaged(error: Exception) -> bool:
    """Return whether Warp found a compiled kernel that is cut short or something else."""
    return isinstance(error, json.JSONDecodeError | UnicodeDecodeError) or str(error).startswith(_UNLOADABLE)


def _remove_unfinished(place: Path) -> None:
    """Remove what a compilation in this thread left behind, which Warp puts into a folder of its own first."""
    with suppress(OSError):
        shutil.rmtree(f"{place}_p{os.getpid()}_t{threading.get_ident()}")
