"""Files that are made to harm: every reader refuses them in one line that names the file, and soon."""

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from safetensors.numpy import save

from codesign.errors import CodesignError
from codesign.reading import safetensors_arrays
from codesign.run import design_tables

ROOT = Path(__file__).parent.parent
TOOLS = str(ROOT / "tools")
sys.path.insert(0, TOOLS)

from fuzz_readers import Reader, readers  # noqa: E402 # pyright: ignore[reportMissingImports]

sys.path.remove(TOOLS)

NAMES = (
    "terrain_npy",
    "terrain_csv",
    "ground_world",
    "ground_lines",
    "weights",
    "recording",
    "bench",
    "metrics",
    "config",
    "experiment",
)
NAMES += ("manifest", "checkpoint", "table", "parent_weights", "polished", "starts", "reevaluation")
NAMES += ("drawing", "vxa", "vxd", "vxd_base", "eldir", "polycubes", "losses")
NAMES += ("structure", "world", "bodies", "dataset", "ranking")

LACKING = ("metrics", "table", "vxd_base", "losses", "ranking", "polished", "starts", "reevaluation")
"""Readers of files that need not be there."""

LOOKING = ("watched_metrics", "status", "best")
"""Readers that refuse nothing, since they look at a run that goes on: they show what can be read."""


class Harmful:
    """Something that a pickle would run."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch owned",)


def zipped(name: str, data: bytes) -> bytes:
    """Return an archive, which NumPy takes for several arrays."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, data)
    return stream.getvalue()


def npy(header: str, numbers: bytes = b"") -> bytes:
    """Return an array as NumPy saves it, with any header."""
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + numbers


def saved(array: np.ndarray) -> bytes:
    """Return what NumPy saves of an array, pickles too."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def kept(identities: list[list[int]], lengths: list[int], weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return arrays as runs with inheritance keep them."""
    return {"identities": np.array(identities, np.int64), "lengths": np.array(lengths, np.int64), "weights": weights}


def new_starts(**changes: object) -> bytes:
    """Return what a run writes of one design from one new start, changed."""
    design = {"design": "g001-i0000", "fitness": 0.5, "from_new_starts": [0.25]}
    about = {"format": 1, "generation": 1, "robot_steps": 9}
    found = {name: changes.get(name, value) for name, value in (about | design).items()}
    return json.dumps(
        {name: found[name] for name in about} | {"designs": [{name: found[name] for name in design}]}
    ).encode()


ANYWHERE = {
    "nothing": b"",
    "pickle": pickle.dumps(Harmful()),
    "old pickle": pickle.dumps(Harmful(), protocol=0),
    "archive": zipped("a.npy", saved(np.zeros(3))),
    "zeros": bytes(2**20),
    "no text": b"\xff\xfe\x00\xd8" * 99,
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000,
    "deep text": b'{"a": "' + b"[" * 100_000,
    "a million digits": b"9" * 1_000_000,
    "laughs": b"a0: &a0 [x, x]\n" + b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 60)),
    "a circle": b"a: &a [*a]\n",
    "a tag": b"a: !!python/object/apply:os.system ['touch owned']\n",
    "parquet": b"PAR1" + bytes(99) + struct.pack("<I", 2**31) + b"PAR1",
    "claims": struct.pack("<Q", 2**40) + b"{" * 99,
}
"""Files that no reader takes for its own."""


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a valid file of every kind."""
    folder = tmp_path_factory.mktemp("seeds")
    code = "import sys, pathlib, fuzz_readers; fuzz_readers.make_seeds(pathlib.Path(sys.argv[1]))"
    subprocess.run(
        [sys.executable, "-c", code, folder], cwd=TOOLS, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    return folder


@pytest.fixture
def reader(request: pytest.FixtureRequest, seeds: Path) -> Reader:
    return next(each for each in readers(seeds) if each.name == request.param)


@pytest.fixture
def place(reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the reader's file lies, in an empty folder; what belongs to it is there."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / reader.file
    path.parent.mkdir(exist_ok=True, parents=True)
    reader.write(path, reader.seeds[0])
    reader.read(tmp_path)
    return path


def refusal(reader: Reader, path: Path, folder: Path) -> str:
    """Return the line in which a reader refuses what is in its file."""
    with pytest.raises(CodesignError) as caught:
        reader.read(folder)
    message = " ".join(str(caught.value).split())
    assert str(folder) in message or not reader.named
    assert not (folder / "owned").exists()
    return message


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "huge", "link to nothing"])
@pytest.mark.parametrize("reader", NAMES, indirect=True)
@pytest.mark.timeout(30, func_only=True)
def test_what_is_no_file_or_too_large(reader: Reader, kind: str, place: Path, tmp_path: Path) -> None:
    place.unlink()
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "device":
        place.symlink_to("/dev/zero")
    elif kind == "folder":
        place.mkdir()
    elif kind == "huge":
        place.touch()
        os.truncate(place, 2**40)
    else:
        place.symlink_to("nothing")
    if reader.name in LACKING and kind == "link to nothing":
        pytest.skip("the same as none, which there may be")
    refusal(reader, place, tmp_path)


@pytest.mark.parametrize("content", ANYWHERE)
@pytest.mark.parametrize("reader", NAMES, indirect=True)
@pytest.mark.timeout(30, func_only=True)
def test_what_is_of_another_kind(reader: Reader, content: str, place: Path, tmp_path: Path) -> None:
    reader.write(place, ANYWHERE[content])
    if reader.name == "metrics" and b"\n" not in ANYWHERE[content]:
        assert len(reader.read(tmp_path).generations) == 0  # type: ignore[attr-defined] - a line without an end
        return
    if reader.name == "ranking" and not ANYWHERE[content]:
        reader.read(tmp_path)  # a run that has ranked nobody yet
        return
    refusal(reader, place, tmp_path)


@pytest.mark.parametrize("content", ANYWHERE)
@pytest.mark.parametrize("reader", LOOKING, indirect=True)
@pytest.mark.timeout(30, func_only=True)
def test_watching_goes_on_whatever_a_run_holds(reader: Reader, content: str, place: Path, tmp_path: Path) -> None:
    reader.write(place, ANYWHERE[content])
    assert reader.read(tmp_path)
    assert not (tmp_path / "owned").exists()


OWN = {
    "terrain_npy": {
        "objects": saved(np.array([Harmful()], dtype=object)),
        "2**40 numbers": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,), }"),
        "4 GiB of numbers": npy("{'descr': '|u1', 'fortran_order': False, 'shape': (65536, 65536), }"),
        "more than are there": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", bytes(24)),
        "fewer than nothing": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 2), }", bytes(16)),
        "records": npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,), }", bytes(16)),
        "code": npy("{'descr': __import__('os').system('touch owned')}"),
        "brackets": npy("(" * 900),
        "a long header": npy("(" * 9000),
        "infinite": saved(np.array([0.0, np.inf])),
        "beyond 64 bits": saved(np.array([0, 1e4000], dtype=np.longdouble)),
        "one": saved(np.array([1.0])),
        "three axes": saved(np.zeros((2, 2, 2))),
    },
    "terrain_csv": {
        "one": b"1",
        "infinite": b"1,1e999",
        "not a number": b"0,nan",
        "many": b"0," * (2**22 + 1),
        "carriage returns": b"0\r" * (2**22 + 1),
        "two rows": b"0,1\n0",
        "a long word": b"0," + b"x" * 2**20,
    },
    "weights": {
        "complex": save({"weights": np.ones(3, np.complex64)}, {"weights_of": "{}"}),
        "infinite": save({"weights": np.array([np.inf])}, {"weights_of": "{}"}),
        "of nothing": save({"weights": np.ones(3)}),
        "of deep things": save({"weights": np.ones(3)}, {"weights_of": "[" * 100_000}),
        "of a list": save({"weights": np.ones(3)}, {"weights_of": "[]"}),
        "of another": save({"weights": np.ones(3)}, {"weights_of": '{"dimension": {}, "controller.name": [[]]}'}),
        "of long ones": save(
            {"weights": np.ones(3)}, {"weights_of": json.dumps({"dimension": 2, "controller.name": "x" * 10**6})}
        ),
        "no weights": save({"others": np.ones(3)}),
    },
    "parent_weights": {
        "infinite": save(kept([[0, 1]], [1], np.array([np.inf], np.float32))),
        "of other numbers": save(kept([[0, 1]], [1], np.ones(1, np.float32)), {"sha256": "0" * 64}),
        "of half": save(kept([[0, 1]], [1], np.ones(1, np.float16))),
        "twice": save(kept([[0, 1], [0, 1]], [1, 1], np.ones(2, np.float32))),
        "too many": save(kept([[0, 1]], [2**62], np.ones(1, np.float32))),
        "that add up round the end": save(kept([[0, 1], [0, 2]], [2**62 + 1, -(2**62)], np.ones(1, np.float32))),
        "of nobody": save({"weights": np.ones(3)}),
    },
    "polished": {
        "no designs": b"{}",
        "a list": b"[]",
        "designs of nothing": b'{"designs": 3}',
        "another name": b'{"designs": [{"design": "x", "fitness": 0, "polished": 1}]}',
        "no weights": b'{"designs": [{"design": "g099-i0000", "fitness": 0, "polished": 1, "curve": [], "measures": {},'
        b' "world_fitness": []}]}',
        "a deep curve": b'{"designs": [{"design": "g000-i0000", "fitness": 0, "polished": 1, "curve": [[1]],'
        b' "measures": {}, "world_fitness": []}]}',
    },
    "reevaluation": {
        "no designs": b'{"format": 1, "generation": 1, "robot_steps": 9, "designs": []}',
        "a list": b"[]",
        "designs of nothing": b'{"format": 1, "generation": 1, "robot_steps": 9, "designs": 3}',
        "of another format": new_starts(format=2),
        "a generation below 0": new_starts(generation=-1),
        "robot-steps that are none": new_starts(robot_steps=0.5),
        "another name": new_starts(design="x"),
        "deep starts": new_starts(from_new_starts=[[1]]),
        "no starts": new_starts(from_new_starts=[]),
        "a fitness of words": new_starts(fitness="high"),
        "a start beyond all": new_starts(from_new_starts=[10**400]),
        "a number for starts": new_starts(from_new_starts=3),
    },
    "bench": {
        "a number beyond all": b'{"rows": [], "host": [{"body": "a", "designs_per_second": 1e999}], "machine": {}}',
        "unhashable": b'{"rows": [], "host": [{"body": [], "designs_per_second": 1}], "machine": {}}',
        "a long number": b'{"rows": [], "host": [{"body": "a", "designs_per_second": '
        + b"9" * 400
        + b'}], "machine": {}}',
        "lists": b'{"rows": {}, "host": {}, "machine": 3}',
    },
    "metrics": {
        "a number beyond all": b'{"generation": 0, "best_fitness": 1e999, "mean_fitness": 0}\n',
        "a generation beyond all": b'{"generation": 1099511627776, "best_fitness": 1, "mean_fitness": 0}\n',
        "no generation": b'{"generation": true, "best_fitness": 1, "mean_fitness": 0}\n',
        "a long number": b'{"generation": 0, "best_fitness": ' + b"9" * 400 + b', "mean_fitness": 0}\n',
        "a key twice": b'{"generation": 0, "generation": 1, "best_fitness": 1, "mean_fitness": 0}\n',
        "what takes the memory": b'{"generation": 0, "a": [' + b"[]," * 2**24 + b"0]}\n",
    },
}
"""Files that a reader takes for its own, at first."""


@pytest.mark.parametrize(
    ("reader", "content"), [(name, content) for name, found in OWN.items() for content in found], indirect=["reader"]
)
@pytest.mark.timeout(30, func_only=True)
def test_what_looks_right_at_first(reader: Reader, content: str, place: Path, tmp_path: Path) -> None:
    place.write_bytes(OWN[reader.name][content])
    refusal(reader, place, tmp_path)


@pytest.mark.parametrize("reader", ["recording"], indirect=True)
@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("rest_lengths", ["x" * 10**6, *"y" * 10**5]),  # NumPy would make an array of 400 GB of these
        ("rest_lengths", [[1]]),
        ("rest_lengths", [True]),
        ("rest_lengths", [10**18] * 3 + [None]),
        ("springs", [[0, 1], [0]]),
        ("springs", [[0, 2**40]]),
        ("cells", "x" * 10**6),
        ("dimensions", 10**9),
        ("dimensions", 65),
    ],
)
def test_a_recording_that_looks_right_at_first(
    reader: Reader, part: str, value: object, place: Path, tmp_path: Path
) -> None:
    recording = json.loads(reader.seeds[0])
    recording["body"][part] = value
    place.write_text(json.dumps(recording))
    assert len(refusal(reader, place, tmp_path)) < 1000


@pytest.mark.parametrize("reader", ["config"], indirect=True)
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seed: 0", f"seed: {'9' * 400}", "64 bits"),
        ("seed: 0", f"seed: {'9' * 5000}", "a configuration in YAML"),
        ("seed: 0", 'seed: "\\x24{oc.env:HOME}"', "without references"),
        ("seed: 0", "seed: .nan", "seed"),
        ("gravity: -4.8", f"gravity: {'9' * 400}", "64 bits"),
        ("weights: null", "weights: 5", "the run's copy of weights"),
        ("weights: null", "weights: ../../etc/passwd", "the run's copy of weights"),
        ("weights: null", "weights: /dev/zero", "the run's copy of weights"),
        ("name: shared", "name: [shared]", "controller"),
        ("- position", "- [position]", "sensors"),
        ("rows: 3", "rows: 1000000000", "rows"),
        ("seed: 0", "seed: 0\nseed: 1", "a configuration in YAML"),
    ],
)
@pytest.mark.timeout(30, func_only=True)
def test_a_configuration_that_looks_right_at_first(
    reader: Reader, old: str, new: str, said: str, place: Path, tmp_path: Path
) -> None:
    text = next(each for each in reader.seeds if b"shared" in each).decode()
    assert old in text
    place.write_text(text.replace(old, new, 1))
    assert said in refusal(reader, place, tmp_path)


def test_the_readers_are_those_of_the_tool(seeds: Path) -> None:
    assert [reader.name for reader in readers(seeds) if reader.name not in LOOKING] == list(NAMES)


def changed_header(data: bytes, name: str, about: dict[str, object]) -> bytes:
    """Return a safetensors file with another entry for one of its arrays."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length]) | {name: about}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data[8 + length :]


@pytest.mark.parametrize("reader", ["checkpoint"], indirect=True)
@pytest.mark.parametrize(
    ("name", "kind", "shape"),
    [
        ("weights.identities", "I64", [2**40, 0]),
        ("curves.identities", "I64", [0, 2**40]),
        ("curves", "F32", [2**40, 0]),
        ("search.cells", "U8", [2**40, 0]),
        ("search.fitness", "F64", [0]),
        ("search.operators", "U8", [0]),
        ("search.told", "I64", [0]),
    ],
)
@pytest.mark.timeout(30, func_only=True)
def test_arrays_without_numbers(
    reader: Reader, name: str, kind: str, shape: list[int], place: Path, tmp_path: Path
) -> None:
    about = {"dtype": kind, "shape": shape, "data_offsets": [0, 0]}
    reader.write(place, changed_header(reader.seeds[0], name, about))
    refusal(reader, place, tmp_path)


@pytest.mark.parametrize("reader", ["checkpoint"], indirect=True)
@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("search.cells", np.zeros((6, 12), np.float64)),
        ("search.identities", np.zeros((6, 2), np.float64)),
        ("search.fitness", np.full(6, np.nan)),
        ("search.told", np.array([-1])),
        ("search.told", np.array(["a"]).view(np.uint32)),
        ("weights", np.ones(3, np.int64)),
        ("weights.lengths", np.array([2**63 - 1, 2**63 - 1, 2])),
        ("weights.identities", np.array([[-1, -1]])),
        ("curves", np.ones((2, 2, 2), np.float32)),
    ],
)
def test_arrays_of_another_kind(reader: Reader, name: str, array: np.ndarray, place: Path, tmp_path: Path) -> None:
    arrays, metadata = safetensors_arrays(reader.seeds[0])
    reader.write(place, save(arrays | {name: array}, dict(metadata)))
    refusal(reader, place, tmp_path)


@pytest.mark.parametrize("reader", ["manifest"], indirect=True)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("file", "../generation_000001.safetensors"),
        ("file", ".."),
        ("file", "/dev/zero"),
        ("file", "\ud800"),
        ("generation", 2**40),
        ("generation", True),
        ("generation", "1"),
        ("seconds", float("nan")),
        ("seconds", []),
        ("bytes", 2**40),
        ("experiment", []),
        ("experiment", {"seed": [[]], "trial": {"a": 1}, "trial.learner.unsound.a": 3, "": None}),
        ("packed", {"search.cells": 2**40}),
        ("packed", {"search.muscles": -1}),
        ("format", "x" * 10**6),
    ],
)
@pytest.mark.timeout(30, func_only=True)
def test_a_manifest_that_looks_right_at_first(
    reader: Reader, name: str, value: object, place: Path, tmp_path: Path
) -> None:
    place.write_text(json.dumps(json.loads(reader.seeds[0]) | {name: value}))
    refusal(reader, place, tmp_path)


@pytest.mark.parametrize("reader", ["table"], indirect=True)
@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("generation", pyarrow.array([1.5] * 6)),
        ("generation", pyarrow.array([2**40] * 6)),
        ("generation", pyarrow.array([None] * 6, pyarrow.int32())),
        ("individual", pyarrow.array(["a"] * 6)),
        ("individual", pyarrow.array([-1] * 6)),
        ("fitness", pyarrow.array(["high"] * 6)),
        ("parents", pyarrow.array([[None]] * 6, pyarrow.list_(pyarrow.string()))),
        ("parents", pyarrow.array([[f"g{'9' * 30}-i0"]] * 6)),
        ("curve", pyarrow.array([["a"]] * 6)),
        ("genome_cells", pyarrow.array([b"1"] * 5 + [b"22"])),
        ("genome_muscles", pyarrow.array([b""] * 6)),
        ("measure.x", pyarrow.array([{"a": 1}] * 6)),
        ("more", pyarrow.array([b"x"] * 6)),
    ],
)
def test_columns_of_another_kind(
    reader: Reader, column: str, values: pyarrow.Array, place: Path, tmp_path: Path
) -> None:
    table = pyarrow.parquet.read_table(place)
    kept = table.drop_columns([column]) if column in table.column_names else table
    pyarrow.parquet.write_table(kept.append_column(column, values), place)
    refusal(reader, place, tmp_path)


@pytest.mark.parametrize("reader", ["table"], indirect=True)
@pytest.mark.timeout(60, func_only=True)
def test_a_table_that_would_take_the_memory(
    reader: Reader, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pyarrow.parquet.read_table(place)
    # 256 MiB of zeros, which take some KiB on the disk.
    bomb = pyarrow.ListArray.from_arrays([0, *[2**26] * 6], pyarrow.array(np.zeros(2**26, np.float32)))
    pyarrow.parquet.write_table(table.drop_columns(["curve"]).append_column("curve", bomb), place, compression="zstd")
    del bomb
    assert place.stat().st_size < 2**20
    monkeypatch.setattr(design_tables, "available_memory", lambda: 2**27)
    assert "fits into half of the memory" in refusal(reader, place, tmp_path)


@pytest.mark.parametrize("reader", ["table"], indirect=True)
def test_genomes_of_more_bits_than_are_there(reader: Reader, place: Path, tmp_path: Path) -> None:
    table = pyarrow.parquet.read_table(place)
    pyarrow.parquet.write_table(table.replace_schema_metadata({"edges": str(10**13)}), place)
    assert "bits should be" in refusal(reader, place, tmp_path)


@pytest.mark.parametrize("reader", ["table"], indirect=True)
@pytest.mark.parametrize("bounds", [b"[" * 10**5, b"{}", b'[["a", "b", "c"]]', b"[[1, 2, {}]]", b"\xff"])
def test_bounds_that_are_none(reader: Reader, bounds: bytes, place: Path, tmp_path: Path) -> None:
    table = pyarrow.parquet.read_table(place)
    about = {**(table.schema.metadata or {}), b"bounds": bounds}
    pyarrow.parquet.write_table(table.replace_schema_metadata(about), place)
    refusal(reader, place, tmp_path)
