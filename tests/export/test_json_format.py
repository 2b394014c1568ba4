import copy
import dataclasses
import json
from importlib import resources

import jsonschema
import numpy as np
import pytest

from codesign.export import EXPORTERS, RecordingError, Trajectory, read_json
from codesign.export.json_format import to_json
from tests.export import cubes
from tests.export.strips import gallery, recording

CASES = {
    "strip": recording(),
    "not recorded before": recording(before=None),
    "invalid": recording(fitness=-np.inf, curve=np.full(3, np.nan), measures={}, parents=("g000-i0001", "g000-i0002")),
    "three dimensions": cubes.recording(frames=5, light=cubes.LIGHT, world_fitness=[0.25, np.nan, 0.1]),
    "light in two dimensions": recording(light=(1.5, 0.1), world_fitness=[0.5]),
    "no cells": recording(cells=np.zeros((0, 3)), materials=np.zeros(0)),
    "masses, damping and force limits": recording(
        point_masses=np.linspace(0.5, 2.0, recording().masses),
        damping=np.linspace(0.0, 3.0, len(recording().springs)),
        force_limits=np.append(np.full(len(recording().springs) - 1, 25.0), np.inf),
    ),
}


def assert_same(one, other):
    for field in dataclasses.fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, Trajectory):
            assert_same(a, b)
        elif isinstance(a, np.ndarray) and a.size:
            np.testing.assert_array_equal(a, b, err_msg=field.name)
            assert a.dtype == b.dtype
        elif isinstance(a, np.ndarray):
            assert b.size == 0
        else:
            np.testing.assert_equal(a, b)


def write(value, path):
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


@pytest.mark.parametrize("case", CASES)
def test_round_trip_keeps_every_bit(case, tmp_path):
    path = tmp_path / "design.json"
    EXPORTERS["json"].write(gallery(recordings=(CASES[case],)), path)
    assert_same(CASES[case], read_json(path))


@pytest.mark.parametrize("case", CASES)
def test_what_is_written_is_strict_and_fits_the_schema(case):
    schema = json.loads((resources.files("codesign.export") / "recording.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    text = json.dumps(to_json(CASES[case]), allow_nan=False)
    jsonschema.validate(json.loads(text), schema)


def test_a_file_from_before_there_was_light_is_read(tmp_path):
    data = to_json(recording(light=(1, 0), world_fitness=[0.5]))
    del data["light"], data["world_fitness"]
    read = read_json(write(data, tmp_path / "old.json"))
    assert read.light is read.world_fitness is None
    schema = json.loads((resources.files("codesign.export") / "recording.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(data, schema)


def test_float32_numbers_are_written_short():
    assert to_json(recording())["body"]["swings"][1] == 0.1


BROKEN = {
    "format": lambda data: data.update(format="gif"),
    "schema_version": lambda data: data.update(schema_version=3),
    "design": lambda data: data.pop("design"),
    "lineage": lambda data: data.update(lineage=[]),
    "lineage.generation": lambda data: data["lineage"].update(generation=-1),
    "lineage.parents": lambda data: data["lineage"].update(parents=[1]),
    "fitness": lambda data: data.update(fitness="high"),
    "measures.energy": lambda data: data["measures"].update(energy=True),
    "learning_curve": lambda data: data.update(learning_curve=[0.1, "0.2"]),
    "body.springs": lambda data: data["body"]["springs"].append([0]),
    "springs": lambda data: data["body"]["springs"].__setitem__(0, [0, 99]),
    "body.cells": lambda data: data["body"]["cells"].__setitem__(0, [0.5, 1, 2]),
    "body.materials": lambda data: data["body"]["materials"].__setitem__(0, 256),
    "swings": lambda data: data["body"]["swings"].pop(),
    "body.rest_lengths": lambda data: data["body"].update(rest_lengths=[[0.05]]),
    "body.stiffness": lambda data: data["body"]["stiffness"].__setitem__(0, 1e300),
    "motion.after.positions": lambda data: data["motion"]["after"]["positions"][0].pop(),
    "motion.after.actuation": lambda data: data["motion"]["after"].update(actuation=None),
    "motion.before": lambda data: data["motion"].update(before="none"),
    "times": lambda data: data["motion"]["after"]["times"].reverse(),
    "light": lambda data: data.update(light=[0.0, "far"]),
    "world_fitness": lambda data: data.update(world_fitness=0.5),
    "controller.name": lambda data: data["controller"].update(name=None),
}


@pytest.mark.parametrize("part", BROKEN)
def test_a_malformed_part_is_named_with_its_file(part, tmp_path):
    data = copy.deepcopy(to_json(recording()))
    BROKEN[part](data)
    with pytest.raises(RecordingError) as told:
        read_json(write(data, tmp_path / "broken.json"))
    assert part in str(told.value)
    assert "broken.json" in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": NaN}', "[" * 100_000], ids=lambda text: text[:9])
def test_what_is_no_recording_is_told(text, tmp_path):
    with pytest.raises(RecordingError, match=r"broken\.json"):
        read_json(write(text, tmp_path / "broken.json"))


def test_a_missing_or_binary_file_is_told(tmp_path):
    with pytest.raises(RecordingError, match="a readable JSON file"):
        read_json(tmp_path / "none.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecordingError, match="a readable JSON file"):
        read_json(tmp_path / "binary.json")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("stiffness", -5, "expected body.stiffness to be numbers above 0; got -5 at index 1 in "),
        ("stiffness", 0.0, "expected body.stiffness to be numbers above 0; got 0.0 at index 1 in "),
        ("rest_lengths", 0.0, "expected body.rest_lengths to be numbers above 0; got 0.0 at index 1 in "),
        ("swings", -0.1, "expected body.swings to be numbers of 0 or more and below 1; got -0.1 at index 1 in "),
        ("swings", 1.0, "expected body.swings to be numbers of 0 or more and below 1; got 1.0 at index 1 in "),
    ],
)
def test_springs_that_no_body_can_have_are_refused(name, value, said, tmp_path):
    data = to_json(recording())
    data["body"][name][1] = data["body"][name][2] = value
    with pytest.raises(RecordingError) as told:
        read_json(write(data, tmp_path / "broken.json"))
    assert said in str(told.value)
    schema = json.loads((resources.files("codesign.export") / "recording.schema.json").read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema)


def test_files_of_bodies_with_the_defaults_are_as_they_were():
    data = to_json(recording())
    assert data["schema_version"] == 1
    assert not {"masses", "damping", "force_limits"} & set(data["body"])
    # Who does not know masses is not to take such a body for one of 1 kg each.
    assert to_json(CASES["masses, damping and force limits"])["schema_version"] == 2


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("masses", 0.0, "expected body.masses to be numbers above 0; got 0.0 at index 1 in "),
        ("masses", None, "body.masses"),
        ("damping", -1.0, "expected body.damping to be numbers of 0 or more; got -1.0 at index 1 in "),
        ("force_limits", 0.0, "expected body.force_limits to be numbers above 0, or null for no limit; got 0.0 at"),
        ("force_limits", "strong", "body.force_limits"),
    ],
)
def test_masses_that_no_body_can_have_are_refused(name, value, said, tmp_path):
    data = to_json(CASES["masses, damping and force limits"])
    data["body"][name][1] = value
    with pytest.raises(RecordingError) as told:
        read_json(write(data, tmp_path / "broken.json"))
    assert said in str(told.value)
    del data["body"][name]
    with pytest.raises(RecordingError, match=f"body.{name}"):
        read_json(write(data, tmp_path / "broken.json"))
