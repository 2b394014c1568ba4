"""What decides the kernels of a part of a simulation: parts that are equal in it share compiled kernels."""

import inspect
from collections.abc import Hashable, Iterable, Iterator
from types import CodeType
from typing import Any

BUILD = ("functions", "function", "parameters")
"""Methods of parts whose code decides kernels, as far as parts have them."""

DECLARED = ("uses", "state", "contributions", "senses")
"""What parts declare of themselves that the simulator builds kernels by, as far as they have it."""


def kernel_key(part: Any) -> Hashable:
    """Return what decides the kernels of a terrain, a task, a controller or any other part with `functions`.

    Parts are equal in it if the same code builds their functions, if they say that they have the same `structure`, and
    if they declare the same. So classes that inherit `functions` share kernels, and a class that overrides it, or
    anything of the class that it uses, has kernels of its own. What `functions` reads of the settings of an object
    belongs into `structure`.
    """
    declared = tuple((name, getattr(part, name)) for name in DECLARED if hasattr(part, name))
    return tuple(builders(type(part), BUILD)), getattr(part, "structure", ()), declared


def stable_name(key: Hashable) -> str:
    """Return a key as a text that is the same in every process, in which functions appear by their qualified names."""
    if isinstance(key, tuple):
        return f"({', '.join(map(stable_name, key))})"
    if isinstance(key, frozenset):
        return f"{{{', '.join(sorted(map(stable_name, key)))}}}"
    if hasattr(key, "__qualname__"):
        return f"{key.__module__}.{key.__qualname__}"
    return repr(key)


def builders(kind: type, names: Iterable[str]) -> Iterator[Any]:
    """Yield attributes of a class, and all others of the class that their code names, and so on."""
    waiting, seen = list(names), set(names)
    while waiting:
        found = inspect.getattr_static(kind, waiting.pop(), None)
        inner = [getattr(found, name, None) for name in ("fget", "func", "__func__")]  # of a property or a method
        function = inspect.unwrap(next(filter(None, inner), found))
        if not callable(function):
            continue
        yield function
        used = sorted(set(_names(getattr(function, "__code__", None))) - seen - {"structure", *DECLARED})
        seen.update(used)
        waiting += used


def _names(code: CodeType | None) -> Iterator[str]:
    """Yield the names of attributes and globals that a function uses, in the functions inside of it too."""
    if code is None:
        return
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
