"""Libraries that only some pages and notebooks need, and that an installation may be without."""

import re
from importlib.util import find_spec

EXTRAS = {"torch": "torch"}
"""Extras of the package by the library that they bring."""

_IMPORT = re.compile(rf"^ *(?:import|from) ({'|'.join(EXTRAS)})\b", re.MULTILINE)


def missing_libraries(source: str) -> list[str]:
    """Return the libraries of `EXTRAS` that some Python imports and that are not installed."""
    return sorted({name for name in _IMPORT.findall(source) if find_spec(name) is None})


def remedy(libraries: list[str]) -> str:
    """Return what brings libraries, as a command."""
    return f"pip install 'codesign[{','.join(EXTRAS[name] for name in libraries)}]'"
