"""Writing bodies in a format by its name."""

from collections.abc import Sequence
from pathlib import Path

from codesign.formats import FORMATS, BodyPlan


def written(name: str, plans: Sequence[BodyPlan], path: Path) -> list[Path]:
    """Return the files that a format writes."""
    write = FORMATS[name].write
    assert write is not None
    return write(plans, path)
