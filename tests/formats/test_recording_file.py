"""Exported designs as bodies: their springs as they are, and the cells that they grew from, if they did."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codesign.body import Body, Tissue, develop
from codesign.export import EXPORTERS, Gallery, History, Recording, Trajectory
from codesign.formats import BodyPlan, FormatError, genomes_of, read_plans, settings_of
from codesign.genome import LATTICES, Genomes, LatticeSettings, keys, random_genomes
from codesign.genome.lattices import CubeLattice, SquareLattice, TriangleLattice
from codesign.streams import Purpose, draws_of

LATTICE_SETTINGS: list[LatticeSettings] = [
    TriangleLattice(rows=6, columns=10),
    TriangleLattice(side=0.03),
    SquareLattice(rows=4, columns=6, side=0.2),
    CubeLattice(),
    CubeLattice(rows=2, columns=3, layers=4, actuated="springs"),
]


def exported(folder: Path, body: Body, name: str = "g003-i0001", **changes: Any) -> Path:
    """Write a design that stands 3 m from the origin, a little uneven as files are."""
    noise = 1e-4 * np.random.default_rng(1).standard_normal(body.positions.shape) * body.rest_lengths.min()
    positions = body.positions + 3.0 + noise
    dim = positions.shape[1]
    level = [[[x, y, 0.0] for x in (0.0, 1.0)] for y in (0.0, 1.0)]
    ground = np.array([[0.0, 0.0], [1.0, 0.0]] if dim == 2 else level)
    after = Trajectory(np.zeros(1), positions[None], np.zeros((1, len(body.springs))))
    fields = {name: getattr(body, name) for name in ("springs", "rest_lengths", "stiffness", "swings", "cells")}
    about = {"generation": 3, "parents": (), "operator": "random", "fitness": 1.5, "measures": {}, "curve": np.zeros(1)}
    about |= {"materials": body.materials, "ground": ground, "after": after, "before": None, "weights": np.zeros(1)}
    recording = Recording(name, **{**fields, **about, "controller": "cpg", "task": "walk", **changes})
    gallery = Gallery("a", (recording,), History(np.zeros(1), np.zeros(1), np.zeros(1)))
    (path,) = EXPORTERS["json"].write(gallery, folder / f"{name}.json")
    return path


def grown(settings: LatticeSettings, seed: int = 0, count: int = 4) -> tuple[Genomes, list[Body]]:
    genomes = random_genomes(settings.build(), settings, draws_of(seed, 0, count, Purpose.GENOME))
    bodies = develop(settings.build(), genomes, Tissue())
    return genomes, [bodies[number] for number in range(count)]


def plan_of(path: Path) -> BodyPlan:
    (plan,) = read_plans(path)
    return plan


@pytest.mark.parametrize("settings", LATTICE_SETTINGS, ids=lambda each: f"{each.name} {each.side}")
def test_an_exported_body_finds_its_lattice(tmp_path, settings):
    lattice = settings.build()
    genomes, bodies = grown(settings)
    for number, body in enumerate(bodies):
        plan = plan_of(exported(tmp_path, body))
        assert (plan.name, plan.fitness, plan.lattice) == ("g003-i0001", 1.5, settings.name)
        assert plan.about == {"design": "g003-i0001", "task": "walk", "controller": "cpg"}
        assert plan.settings["side"] == settings.side
        larger = settings_of([plan, BodyPlan("room", settings.name, np.zeros(settings.shape, np.uint8))])
        assert larger.shape == settings.shape
        found = genomes_of([plan], larger)
        np.testing.assert_array_equal(keys(lattice, found), keys(lattice, genomes[[number]]))
        assert plan.body is not None
        np.testing.assert_array_equal(plan.body.springs, body.springs)
        np.testing.assert_allclose(plan.body.swings, body.swings, rtol=1e-6)
        np.testing.assert_allclose(plan.body.rest_lengths, body.rest_lengths, rtol=1e-6)


def test_cells_may_be_drawn_from_any_corner(tmp_path):
    _, (body,) = grown(LATTICE_SETTINGS[0], count=1)
    turned = np.roll(body.cells, 1, axis=1)[:, ::-1]
    assert plan_of(exported(tmp_path, body, cells=turned)).lattice == "triangle"


def test_masses_may_have_any_numbers(tmp_path):
    _, (body,) = grown(LATTICE_SETTINGS[2], count=1)
    order = np.random.default_rng(0).permutation(len(body.positions))
    number = np.argsort(order)
    mixed = Body(
        positions=body.positions[order],
        springs=number[body.springs][::-1, ::-1].astype(np.int32),
        rest_lengths=body.rest_lengths[::-1],
        stiffness=body.stiffness[::-1],
        swings=body.swings[::-1],
        cells=number[body.cells].astype(np.int32),
        materials=body.materials,
    )
    first, second = (plan_of(exported(tmp_path, each, name)) for each, name in ((body, "a"), (mixed, "b")))
    np.testing.assert_array_equal(first.cells, second.cells)
    assert second.lattice == "square"


@pytest.mark.parametrize(
    "kind", ["a spring less", "a longer spring", "another muscle", "moved", "material", "no cells"]
)
@pytest.mark.parametrize("settings", [LATTICE_SETTINGS[0], LATTICE_SETTINGS[2], LATTICE_SETTINGS[3]], ids=str)
def test_what_did_not_grow_on_a_lattice_keeps_its_springs(tmp_path, settings, kind):
    _, (body,) = grown(settings, seed=2, count=1)
    fields = {name: np.array(getattr(body, name)) for name in vars(body)}
    if kind == "a spring less":
        for name in ("springs", "rest_lengths", "stiffness", "swings", "damping", "force_limits"):
            fields[name] = fields[name][1:]
    elif kind == "a longer spring":
        fields["rest_lengths"][2] *= 1.5
    elif kind == "another muscle":
        fields["swings"][fields["swings"] == 0] = 0.05
    elif kind == "moved":
        fields["positions"][0] += 0.4 * settings.side
    elif kind == "material":
        fields["materials"][0] = 7
    else:
        fields["cells"], fields["materials"] = np.zeros((0, 3), np.int32), np.zeros(0, np.uint8)
    plan = plan_of(exported(tmp_path, Body(**fields)))
    assert plan.body is not None
    np.testing.assert_array_equal(plan.body.springs, fields["springs"])
    if kind == "another muscle" and settings.name == "triangle":
        assert plan.lattice == "triangle"
    else:
        assert plan.lattice == ""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda value: {"body": value["body"]}, "a value format; got none"),
        (lambda value: {**value, "schema_version": 9}, "schema_version to be 1"),
        (lambda value: [value], "an object as the whole"),
        (lambda value: {**value, "body": {**value["body"], "springs": value["body"]["springs"][:-1]}}, "shape"),
        (lambda value: {**value, "motion": 3}, "an object as motion"),
    ],
)
def test_what_is_no_design_is_one_line(tmp_path, change, told):
    _, (body,) = grown(LATTICE_SETTINGS[0], count=1)
    path = exported(tmp_path, body)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(FormatError) as caught:
        read_plans(path)
    assert told in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_pieces_are_refused(tmp_path):
    _, (body,) = grown(LATTICE_SETTINGS[0], count=1)
    twice = Body(
        positions=np.concatenate([body.positions, body.positions + 5]),
        springs=np.concatenate([body.springs, body.springs + len(body.positions)]),
        rest_lengths=np.tile(body.rest_lengths, 2),
        stiffness=np.tile(body.stiffness, 2),
        swings=np.tile(body.swings, 2),
    )
    with pytest.raises(FormatError, match="2 pieces"):
        read_plans(exported(tmp_path, twice))


def test_cells_far_from_each_other_make_no_large_lattice(tmp_path):
    kind = LATTICES["square"](rows=1, columns=1).build()
    one = develop(kind, Genomes(np.ones((1, 1), np.uint8), np.ones((1, len(kind.edges)), np.uint8)), Tissue())[0]
    both = Body(
        positions=np.concatenate([one.positions, one.positions + 1000.0]),
        springs=np.concatenate([one.springs, one.springs + 4, [[0, 4]]]).astype(np.int32),
        rest_lengths=np.append(np.tile(one.rest_lengths, 2), 1000.0),
        stiffness=np.append(np.tile(one.stiffness, 2), 1.0),
        swings=np.append(np.tile(one.swings, 2), 0.0),
        cells=np.concatenate([one.cells, one.cells + 4]),
        materials=np.tile(one.materials, 2),
    )
    assert plan_of(exported(tmp_path, both)).lattice == ""
