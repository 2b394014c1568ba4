"""Warp functions from text, for what depends on how many quantities there are and on their names."""

import hashlib
import linecache
from typing import Any


def compiled(source: str, namespace: dict[str, Any]) -> dict[str, Any]:
    """Return the names that a text of Python defines, in a namespace that its functions see as their globals.

    Warp reads the source of a function when it compiles it. The text is therefore registered with `linecache`, as
    `dataclasses`' relatives and doctest do with theirs.
    """
    name = f"<codesign {hashlib.sha256(source.encode()).hexdigest()[:16]}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    own = dict(namespace)
    exec(compile(source, name, "exec"), own)  # the text is written by this package, from names that were checked
    return own
