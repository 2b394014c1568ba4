"""Bodies as JSON: what is written reads back equal, and what is damaged is refused by name."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codesign.formats import FORMATS, BodyPlan, FormatError, Inexpressible, genomes_of, plans_of, read_plans
from codesign.genome import LATTICES, random_genomes
from codesign.streams import Purpose, draws_of


@pytest.mark.parametrize("kind", [*sorted(LATTICES), "springs"])
def test_what_is_written_reads_back_equal(kind: str, tmp_path: Path) -> None:
    more: dict[str, Any] = {"actuated": "springs"} if kind == "springs" else {}
    kind = "cube" if kind == "springs" else kind
    extents: dict[str, Any] = dict.fromkeys(LATTICES[kind].extents, 3)
    settings = LATTICES[kind](**extents, **more)
    genomes = random_genomes(settings.build(), settings, draws_of(0, 0, 5, Purpose.GENOME))
    plans = plans_of(genomes, settings, [f"body {number}" for number in range(5)])
    write = FORMATS["bodies"].write
    assert write is not None
    assert write(plans, tmp_path / "bodies.json") == [tmp_path / "bodies.json"]
    found = read_plans(tmp_path / "bodies.json")
    assert [plan.name for plan in found] == [plan.name for plan in plans]
    again = genomes_of(found, settings)
    np.testing.assert_array_equal(again.cells, genomes.cells)
    np.testing.assert_array_equal(again.muscles, genomes.muscles if settings.build().muscle_genes else 1)


def test_fitness_and_notes_are_kept(tmp_path: Path) -> None:
    noted = Inexpressible("fixed cells", "taken as rigid", ((0, 0),))
    plan = BodyPlan("a", "square", np.ones((1, 2), np.uint8), fitness=0.1, about={"by": "hand"}, inexpressible=(noted,))
    other = BodyPlan("b", "square", np.ones((1, 2), np.uint8), fitness=float("-inf"))
    FORMATS["bodies"].write([plan, other], tmp_path / "x.json")  # type: ignore[misc]
    first, second = read_plans(tmp_path / "x.json")
    assert first.fitness == 0.1
    assert first.about == {"by": "hand", "replaced": "fixed cells at (0,0) taken as rigid"}
    assert second.fitness is None


def test_a_body_of_springs_is_refused_by_name(tmp_path: Path) -> None:
    plan = BodyPlan("loose", body=object())  # type: ignore[arg-type]
    with pytest.raises(FormatError, match="got loose of masses and springs"):
        FORMATS["bodies"].write([plan], tmp_path / "x.json")  # type: ignore[misc]
    assert not (tmp_path / "x.json").exists()


BODY = {
    "name": "a",
    "lattice": "square",
    "settings": {},
    "shape": [1, 2],
    "cells": "11",
    "muscles": None,
    "fitness": None,
    "about": {},
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"cells": "111"}, "3 cells where a shape of 1 x 2 has 2"),
        ({"cells": "1?"}, "cells that are no text of digits"),
        ({"cells": 11}, "cells that are no text of digits"),
        ({"shape": [0, 2]}, "a shape that is not"),
        ({"shape": [10**9, 10**9]}, "2 cells where a shape"),
        ({"name": 3}, "of another type"),
        ({"settings": {"side": None}}, "of another type"),
        ({"fitness": "good"}, "a fitness that is no number"),
        ({"lattice": None}, "of another type"),
        ({"settings": {"sied": 0.1}}, "settings that a lattice of kind square does not have"),
        ({"settings": {"rows": 3}}, "settings that a lattice of kind square does not have"),
        ({"settings": {"side": -1.0}}, "a lattice that there cannot be"),
        ({"settings": {"side": "long"}}, "a lattice that there cannot be"),
        ({"lattice": "hexagon"}, "a lattice of kind 'hexagon', which is none of"),
        ({"lattice": "cube"}, "cells or settings that a lattice of kind cube does not have"),
        ({"cells": "19"}, "material 9 on a lattice of materials 0 to 4"),
        ({"lattice": "triangle", "muscles": "111"}, "3 muscle bits on a lattice of 5 springs"),
        ({"lattice": "triangle", "muscles": "11112"}, "or others than 0 and 1"),
    ],
)
def test_what_is_damaged_is_refused_by_body(change: dict, told: str, tmp_path: Path) -> None:
    bodies = [BODY, {**BODY, "name": "b", **change}]
    (tmp_path / "x.json").write_text(json.dumps({"format": "codesign-bodies", "version": 1, "bodies": bodies}))
    with pytest.raises(FormatError) as caught:
        read_plans(tmp_path / "x.json")
    assert told in str(caught.value)
    assert "body 1" in str(caught.value)
    assert "x.json" in str(caught.value)


@pytest.mark.parametrize("text", ['{"format": "codesign-bodies"', '{"format": "codesign-bodies", "version": 2}'])
def test_another_version_and_half_a_file_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(FormatError, match=r"x\.json"):
        read_plans(tmp_path / "x.json")
