"""What is said of files of bodies that are refused."""

from pathlib import Path

import pytest

from codesign.formats import FormatError, read_plans


def refusal(path: Path) -> str:
    """Return the one line, which names the file, that reading it ends with."""
    with pytest.raises(FormatError) as caught:
        read_plans(path)
    said = str(caught.value)
    assert "\n" not in said
    assert path.name in said
    return said
