"""XML of strangers, read without what makes XML dangerous: no document types, hence no entities, and a bounded tree.

It is Python's own expat with handlers that refuse. defusedxml does the same for more interfaces, but has had no release
since 2021 and would be one more dependency for a dozen lines.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn
from xml.parsers import expat

from codesign.reading import DEEPEST

_MOST_ELEMENTS = 200_000


@dataclass
class Element:
    """An element: its name, attributes, the text right inside, without blanks at its ends, and the elements inside."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    inside: list["Element"] = field(default_factory=list)

    def all(self, name: str) -> Iterator["Element"]:
        """Yield the elements of a name right inside."""
        return (each for each in self.inside if each.name == name)

    def first(self, *path: str) -> "Element | None":
        """Return the first element at a path of names inside, or None."""
        found: Element | None = self
        for name in path:
            found = None if found is None else next(found.all(name), None)
        return found

    def said(self, *path: str) -> str:
        """Return the text of the element at a path of names inside; empty if there is none."""
        found = self.first(*path)
        return "" if found is None else found.text


def xml_root(data: bytes) -> Element:
    """Return the outermost element of an XML text.

    Raises:
        ValueError: it is none, declares a document type, or has too many elements, one inside the other or in all.
    """
    parser = expat.ParserCreate()
    builder = _Builder()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.add
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ValueError(f"no XML ({error})") from error
    except LookupError as error:
        raise ValueError("no XML (text in an unknown encoding)") from error
    return builder.root.inside[0]


def _refuse(*_: Any) -> NoReturn:
    raise ValueError("XML with a document type, whose entities are not read; remove the line <!DOCTYPE ...>")


class _Builder:
    """Makes a tree of what the parser says."""

    def __init__(self) -> None:
        self.root = Element("")
        self._open = [self.root]
        self._texts: list[list[str]] = [[]]
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _MOST_ELEMENTS or len(self._open) > DEEPEST:
            raise ValueError(f"XML of more than {_MOST_ELEMENTS} elements, or more than {DEEPEST} inside each other")
        element = Element(name, attributes)
        self._open[-1].inside.append(element)
        self._open.append(element)
        self._texts.append([])

    def end(self, _name: str) -> None:
        self._open.pop().text = "".join(self._texts.pop()).strip(" \t\r\n")

    def add(self, text: str) -> None:
        self._texts[-1].append(text)
