"""An empty folder to work in, and no trace of a plug-in afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.registrations import undone

EXAMPLES = Path(__file__).parents[2] / "examples" / "plugins"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in an empty folder, and return it."""
    monkeypatch.chdir(tmp_path)
    with undone():
        yield tmp_path
