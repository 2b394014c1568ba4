"""Checks of the functions that a plug-in hands to the simulator, and words for what Warp says of them."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from typing import Any

import numpy as np

from codesign.errors import CodesignError
from codesign.testing.failures import CheckError, expect

WHERE = re.compile(r'Error while parsing function "(\w+)" at (.+):(\d+):\n\s*(.*)\n?;?')
"""How Warp says in which function of which file it stopped, outermost first, and in which line."""

REMEDIES = (
    ("is not an attribute of 'observation'", "correct the name, or add it to `uses` of the task"),
    ("is not an attribute of 'mass'", "a mass has `position`, `velocity` and, with `uses`, `clearance`"),
    ("is not an attribute of 'parameters'", "parameters are the settings that are numbers; correct the name"),
    ("number of values given", "give as many numbers as the type has: `types.task_state` has one per name in `state`"),
    ("array_store() value argument type", "let `update` return `types.task_state(...)`, built whole"),
    ("'NoneType' object has no attribute", "let every function end with `return`"),
    ("overload for 'extract'", "let the function return a vector, such as `types.scalar(...)`, instead of one number"),
    ("must be the same, got", "write numbers as `types.real(0.5)`, as Warp mixes no types"),
    ("must have the same", "write numbers as `types.real(0.5)`, as Warp mixes no types"),
    ("Couldn't find function overload", "write numbers as `types.real(0.5)`, as Warp mixes no types"),
    (
        "",
        "keep to the part of Python that Warp compiles: docs/tasks.md, `SpringController` and docs/forces.md say which",
    ),
)
"""What to do, by a part of Warp's message; the first that fits."""


@contextmanager
def explained() -> Iterator[None]:
    """Tell an error of Warp's compiler in one line: where, what, and what to do.

    Raises:
        CheckError: in place of Warp's error.
    """
    try:
        yield
    except (CheckError, CodesignError):
        raise
    except Exception as error:
        found = list(WHERE.finditer(str(error)))
        if not found:
            raise
        function, file, line, code = found[-1].groups()
        said = str(error)[found[-1].end() :].strip().lstrip(";").strip() or str(error).splitlines()[-1]
        remedy = next(remedy for part, remedy in REMEDIES if part in said)
        got = f"in `{function}` ({file}:{line}), `{code.strip()}`: {said}; {remedy}"
        raise CheckError(f"expected functions that Warp compiles; got {got}") from error


def check_names(part: Any, attribute: str) -> None:
    """Check that an attribute of a class is a tuple of names; a lone name in brackets is not one.

    Args:
        part: the plug-in.
        attribute: which one.
    """
    names = getattr(part, attribute, None)
    given = isinstance(names, tuple) and all(isinstance(name, str) and name.isidentifier() for name in names)
    expected = f'{type(part).__name__}.{attribute} as a tuple of names, such as ("first",)'
    expect(given, expected, "none" if names is None else repr(names))


def check_closures(settings: Any, build: Callable[[Any], list[Any]], remedy: str) -> None:
    """Check that no function has a setting written into it that kernels, which other settings share, would keep.

    Args:
        settings: the plug-in.
        build: settings -> its functions.
        remedy: where a function finds its settings instead.
    """
    known = _frozen(settings, build(settings), remedy)
    for item in fields(settings):
        value = getattr(settings, item.name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        for factor in (0.5, 1.5):
            with suppress(CodesignError):
                other = replace(settings, **{item.name: type(value)(value * factor + (value == 0))})
                if other == settings or getattr(other, "structure", ()) != getattr(settings, "structure", ()):
                    continue
                changed = _frozen(other, build(other), remedy)
                stale = sorted({name for name in known if changed.get(name) != known[name]})
                got = f"{', '.join(stale)}, which depends on the setting {item.name}; {remedy}"
                expect(not stale, "functions that have no setting written into them", got)


def check_indices(function: Callable[..., Any], count: int) -> None:
    """Check that a function reads none of its first argument's numbers beyond the last; Warp would read other memory.

    Args:
        function: a plain function of values.
        count: how many numbers the argument has.
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):
        return
    first = next(iter(inspect.signature(function).parameters), "")
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == first:
            index = node.slice.value if isinstance(node.slice, ast.Constant) else 0
            expected = (
                f"`{function.__name__}` to read {first}[0] to {first}[{count - 1}], one for every name in `state`"
            )
            expect(isinstance(index, int) and index < count, expected, f"{first}[{index}]")


def _frozen(settings: Any, functions: list[Any], remedy: str) -> dict[str, str]:
    """Return the numbers that functions, and functions that these call, have in their closures, as text by name."""
    numbers: dict[str, str] = {}
    waiting = [(getattr(each, "func", each), 0) for each in functions]
    for function, depth in waiting:
        names = getattr(getattr(function, "__code__", None), "co_freevars", ())
        for name, cell in zip(names, getattr(function, "__closure__", None) or (), strict=False):
            value = cell.cell_contents
            got = f"`{name}` in `{getattr(function, '__name__', function)}`; {remedy}"
            expect(value is not settings, "functions that do not read the settings themselves", got)
            if callable(value) and not isinstance(value, type) and depth < 3:
                waiting.append((getattr(value, "func", value), depth + 1))
            elif isinstance(value, int | float | tuple | np.ndarray) or hasattr(value, "value"):
                numbers[f"`{name}` in `{getattr(function, '__name__', function)}`"] = repr(
                    getattr(value, "value", value)
                )
    return numbers
