"""Formats that files of bodies are written in, by the words that a user types."""

from codesign.cli.suggestions import listed, nearest
from codesign.errors import ConfigError
from codesign.export import EXPORTERS, Exporter
from codesign.formats import FORMATS, Format


def format_words() -> list[str]:
    """Return the words: exporters, and formats of bodies by name and by suffix."""
    return [*EXPORTERS, *(word for word in _writers() if word not in EXPORTERS)]


def named_formats(words: tuple[str, ...]) -> list[Exporter | Format]:
    """Return the exporters and formats that words mean, each once.

    Raises:
        ConfigError: no word, or one that means none.
    """
    if not words:
        raise ConfigError("format as a list with an entry", "an empty list", "set for example format=html")
    found = []
    for word in words:
        each = EXPORTERS.get(word) or _writers().get(word)
        if each is None:
            known = format_words()
            expected = f"format to be one of {listed(known)}"
            raise ConfigError(expected, f"'{word}'", nearest(word, known, "set for example format=html"))
        found += [] if each in found else [each]
    return found


def _writers() -> dict[str, Format]:
    """Return the formats that write bodies by name, and by suffix where no other has that name."""
    able = [each for each in FORMATS.values() if each.write is not None]
    named = {each.name: each for each in able}
    return {**{each.suffixes[0].removeprefix("."): each for each in reversed(able)}, **named}
