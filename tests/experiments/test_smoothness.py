"""Which runs the study of smoothness looks at."""

from pathlib import Path

import pytest

from experiments.smoothness import __main__ as smoothness
from experiments.smoothness.__main__ import Variant


def test_runs_of_the_large_grid_are_those_of_its_study_as_long_as_they_are_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = dict[Path, tuple[str, ...]]()
    monkeypatch.setattr(smoothness, "evolved", lambda folder, *words: asked.update({folder: words}))
    variant = Variant("a", "inheriting", (3, 4), 30, large=True, first="published", generation=29)
    common = Path("runs/strgar2024_small")
    folders = variant.folders(Path("runs/smoothness"))
    assert folders == [common / "published_3", common / "inheriting_3", common / "inheriting_4"] == list(asked)
    assert asked[common / "published_3"] == ("experiment=strgar2024_small", "seed=3")
    lengths = [word for word in asked[common / "inheriting_4"] if word.startswith("search.generations=")]
    assert lengths == ["search.generations=30"]
    assert "search.inheritance=lamarckian" in asked[common / "inheriting_4"]
    assert (variant.group, variant.settings["generations"]) == ("generation 29", (29,))
    assert variant.kept(Path("runs/smoothness")) == Path("runs/trainability/analysis")
