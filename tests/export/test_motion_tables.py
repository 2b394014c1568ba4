"""Motion and actuation as numbers, read back by NumPy, the csv module and Arrow, exactly."""

import csv
import zipfile

import numpy as np
import pyarrow.parquet as pq
import pytest

from codesign.export import EXPORTERS
from tests.export import cubes
from tests.export.strips import gallery, recording

BODIES = {"2D": recording, "3D": cubes.recording}


@pytest.fixture(params=BODIES)
def body(request):
    return BODIES[request.param]()


def written(name, body, folder):
    exporter = EXPORTERS[name]
    return exporter.write(gallery(recordings=(body,)), folder / f"robot{exporter.suffix}")


def motions(body):
    return [(name, motion) for name, motion in (("before", body.before), ("after", body.after)) if motion is not None]


def same(first, second):
    return first.dtype == second.dtype and np.array_equal(first, second)


def require_columns(body, positions, actuation):
    """Check columns of a table, each an array, against what the recording holds."""
    assert list(positions) == ["motion", "time", "mass", *"xyz"[: body.dim]]
    assert list(actuation) == ["motion", "time", "spring", "first_mass", "second_mass", "actuation"]
    for name, motion in motions(body):
        frames = len(motion.times)
        own = positions["motion"] == name
        places = np.stack([positions[axis][own] for axis in "xyz"[: body.dim]], axis=1)
        assert same(places.reshape(frames, body.masses, body.dim), motion.positions)
        assert same(positions["time"][own].reshape(frames, body.masses)[:, 0], motion.times)
        assert np.array_equal(positions["mass"][own], np.tile(np.arange(body.masses), frames))
        own = actuation["motion"] == name
        springs = len(body.springs)
        assert same(actuation["actuation"][own].reshape(frames, springs), motion.actuation)
        assert same(actuation["time"][own].reshape(frames, springs)[:, 0], motion.times)
        ends = np.stack([actuation["first_mass"][own], actuation["second_mass"][own]], axis=1)
        assert np.array_equal(ends, np.tile(body.springs, (frames, 1)))


def test_csv_has_the_same_numbers(body, tmp_path):
    tables = []
    for path in written("csv", body, tmp_path):
        head, *rows = csv.reader(path.read_text().splitlines())
        columns = dict(zip(head, map(np.array, zip(*rows, strict=True)), strict=True))
        types = {"motion": str, "mass": np.int32, "spring": np.int32, "first_mass": np.int32, "second_mass": np.int32}
        tables.append({name: column.astype(types.get(name, np.float32)) for name, column in columns.items()})
    require_columns(body, *tables)


def test_parquet_has_the_same_numbers_and_their_units(body, tmp_path):
    tables = [pq.read_table(path) for path in written("parquet", body, tmp_path)]
    require_columns(body, *({name: table[name].to_numpy() for name in table.column_names} for table in tables))
    for table in tables:
        assert table.schema.metadata[b"design"] == body.design.encode()
        units = {field.name: (field.metadata or {}).get(b"unit") for field in table.schema}
        assert units["time"] == b"s"
        assert {units.get(axis) for axis in "xyz"} <= {b"m", None}
    assert tables[0].schema.field("x").metadata == {b"unit": b"m"}
    assert tables[1].schema.field("actuation").metadata == {b"unit": b"1"}
    assert str(tables[0].schema.field("x").type) == "float"


def test_npz_has_everything_and_no_pickle(body, tmp_path):
    (path,) = written("npz", body, tmp_path)
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    for name, motion in motions(body):
        for part in ("times", "positions", "actuation"):
            assert same(arrays[f"{name}_{part}"], getattr(motion, part))
        assert not arrays[f"{name}_diverged"]
    for name in ("springs", "rest_lengths", "stiffness", "swings", "cells", "materials", "ground", "curve", "weights"):
        assert arrays[name].dtype == getattr(body, name).dtype
        assert np.array_equal(arrays[name], getattr(body, name), equal_nan=name == "curve")
    assert str(arrays["design"]) == body.design
    assert str(arrays["task"]) == body.task
    assert arrays["fitness"] == body.fitness
    assert arrays["material_names"].tolist() == list(body.material_names)
    assert (
        dict(zip(arrays["measure_names"].tolist(), arrays["measures"].tolist(), strict=True)).keys()
        == body.measures.keys()
    )
    with zipfile.ZipFile(path) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_what_a_recording_does_not_have_is_left_out(tmp_path):
    body = recording(before=None)
    (path,) = written("npz", body, tmp_path)
    with np.load(path) as file:
        assert not [name for name in file.files if name.startswith("before") or name in ("light", "world_fitness")]
    for table in written("csv", body, tmp_path):
        assert {row["motion"] for row in csv.DictReader(table.read_text().splitlines())} == {"after"}


def test_light_and_worlds_are_kept(tmp_path):
    body = cubes.recording(light=cubes.LIGHT, world_fitness=[0.5, 0.25])
    (path,) = written("npz", body, tmp_path)
    with np.load(path) as file:
        assert np.array_equal(file["light"], np.array(cubes.LIGHT, dtype=np.float32))
        assert file["world_fitness"].tolist() == [0.5, 0.25]


def test_text_for_a_spreadsheet_is_short(tmp_path):
    """A float32 of 0.1 is written as 0.1 and not as 0.10000000149011612."""
    body = recording()
    text = written("csv", body, tmp_path)[0].read_text().splitlines()
    assert text[1] == "before,0.0,0,0.0,0.1"
    assert max(map(len, text)) < 60
