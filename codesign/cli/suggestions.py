"""Suggestions for what was mistyped, and the lists of words that users type and read."""

from collections.abc import Iterable
from difflib import get_close_matches

from codesign.errors import ConfigError


def nearest(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return "did you mean ..." for the nearest of `known`, or `otherwise` where none is near."""
    near = get_close_matches(word, sorted(set(known)), n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else otherwise


def listed(options: Iterable[str]) -> str:
    """Return the options in order, as a list within a sentence."""
    return ", ".join(sorted(options)) or "none"


def typed(key: str, value: object) -> tuple[str, ...]:
    """Return the words of a setting that takes one or a list of them.

    Raises:
        ConfigError: it holds something else, or an empty text.
    """
    words = value if isinstance(value, list | tuple) else [value]
    # An empty text would be the path of the working folder.
    if not all(isinstance(word, str) and word for word in words):
        raise ConfigError(f"{key} as a word or a list of words", repr(value), f"set {key}=A or {key}=[A,B]")
    return tuple(str(word) for word in words)
