"""YAML from strangers: looked through, event by event, before anything is made of it."""

import yaml

from codesign.reading import DEEPEST

MOST_NODES = 2**17
"""Values in a run's configuration, counting those that an alias repeats once for every repetition."""

MOST_COMPOSED = 2**15
"""Values in a file that configurations are composed of, which takes a quarter of a millisecond for each."""

_MOST_REFERENCES = 16
"""References in one text, which may stand inside each other; reading these takes long."""

_LONGEST_NUMBER = 40
"""Digits of a whole number, far more than 64 bits have; what makes others of longer ones fails or takes long."""

_PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map", "merge")}

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UnexpectedReferenceError(ValueError):
    """A text that refers to other values, where there should be values only."""


def require_modest_yaml(text: str, *, references: bool, most: int = MOST_NODES) -> None:
    """Check that a YAML text holds plain values which take modest memory and time, however its aliases repeat them.

    Args:
        text: the YAML.
        references: whether texts may refer to other values, as in ${seed}.
        most: values.

    Raises:
        UnexpectedReferenceError: it refers to other values, and may not.
        ValueError: it is of other values, or of too many.
        YAMLError: it is no YAML.
    """
    anchors: dict[str, int] = {}
    open_: list[tuple[str | None, int]] = []
    count = 0
    for event in yaml.parse(text, Loader=_LOADER):
        anchor = getattr(event, "anchor", None)
        if isinstance(event, yaml.NodeEvent):
            _require_plain(event, references=references)
            # An alias of what it stands in has no size yet: a circle.
            if isinstance(event, yaml.AliasEvent) and anchor not in anchors:
                raise ValueError("an alias of nothing, or of what it stands in")
            count += anchors[str(anchor)] if isinstance(event, yaml.AliasEvent) else 1
        if isinstance(event, yaml.CollectionStartEvent):
            open_.append((anchor, count - 1))
        elif isinstance(event, yaml.CollectionEndEvent):
            name, before = open_.pop()
            if name is not None:
                anchors[name] = count - before
        elif isinstance(event, yaml.ScalarEvent) and anchor is not None:
            anchors[anchor] = 1
        if len(open_) > DEEPEST:
            raise ValueError(f"lists and mappings more than {DEEPEST} levels deep")
        if count > most:
            raise ValueError(f"more than {most} values")


def _require_plain(event: yaml.NodeEvent, *, references: bool) -> None:
    tag = getattr(event, "tag", None)
    if tag not in (None, "!") and tag not in _PLAIN_TAGS:
        raise ValueError("a tag for values that are not plain")
    text = event.value if isinstance(event, yaml.ScalarEvent) else ""
    if len(text) > _LONGEST_NUMBER and text.lstrip("+-").replace("_", "").isdecimal():
        raise ValueError("a whole number beyond 64 bits")
    said = text.count("${")
    if said > _MOST_REFERENCES:
        raise ValueError(f"more than {_MOST_REFERENCES} references in one text")
    if said and not references:
        raise UnexpectedReferenceError(repr(text))
