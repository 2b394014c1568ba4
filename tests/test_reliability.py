"""docs/reliability.md: the tests that it names are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")


def test_every_test_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`(?:[\w/]+\.py)?(?:::)?(test_\w+)`", TEXT))
    written = {
        name for path in (ROOT / "tests").rglob("*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    }
    assert len(named) > 50
    assert not named - written


def test_every_file_of_tests_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)", TEXT))
    assert len(named) > 10
    assert not [path for path in named if not (ROOT / path).exists()]
