import dataclasses
import subprocess
import sys

import pytest

from codesign.errors import OutputError
from codesign.export import EXPORTERS, Recording, RecordingError, Trajectory
from codesign.export.film import FilmSettings
from tests.export import cubes
from tests.export.strips import archive, gallery, recording

SMALL = {"film": FilmSettings(width=160, height=120, frame_rate=4.0, hold=0.0)}
"""Settings by section with which what takes long takes less."""


def write(name, shown, path):
    exporter = EXPORTERS[name]
    own = [SMALL[exporter.section]] if exporter.section in SMALL else []
    if exporter.shows_map:
        shown = dataclasses.replace(shown, map=archive(shown))
    return exporter.write(shown, path, *own)


def two_designs():
    return gallery(recordings=(recording("g000-i0000"), recording("g001-i0001", before=None)))


@pytest.mark.parametrize("name", EXPORTERS)
def test_one_design_goes_to_the_path_and_several_beside_it(name, tmp_path):
    exporter = EXPORTERS[name]
    path = tmp_path / "new" / f"best{exporter.suffix}"
    assert exporter.name == name
    one = exporter.paths(path, ["g000-i0000"])
    assert one[0] == path
    assert write(name, gallery(recordings=(recording(),)), path) == one
    assert path.stat().st_size > 500
    several = write(name, two_designs(), path)
    beside = [path.with_name(f"best-{design}{exporter.suffix}") for design in ("g000-i0000", "g001-i0001")]
    mains = beside if exporter.each else [path]
    assert [each for each in several if each in mains] == mains
    assert several == exporter.paths(path, ["g000-i0000", "g001-i0001"])
    assert sorted(path.parent.iterdir()) == sorted({*one, *several})


# Rerun puts ids, times and a manifest of its own into a file; that its contents repeat is tested with its reader.
REPEATABLE = [name for name, exporter in EXPORTERS.items() if exporter.repeatable]


@pytest.mark.parametrize("name", REPEATABLE)
def test_the_same_gallery_gives_the_same_bytes(name, tmp_path):
    written = [write(name, gallery(recordings=(recording(),)), tmp_path / each) for each in ("first", "second")]
    for first, second in zip(*written, strict=True):
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("name", EXPORTERS)
def test_an_unwritable_path_is_told(name, tmp_path):
    (tmp_path / "file").write_text("kept")
    with pytest.raises(OutputError):
        write(name, gallery(), tmp_path / "file" / "page")
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.parametrize("name", REPEATABLE)
def test_three_dimensions_are_written_the_same_every_time(name, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for path in (first, second):
        write(name, gallery(recordings=(cubes.recording(frames=5),)), path)
    assert first.read_bytes() == second.read_bytes()


def one_dimension() -> Recording:
    strip = recording()
    line = Trajectory(strip.after.times, strip.after.positions[:, :, :1], strip.after.actuation)
    return dataclasses.replace(strip, after=line, before=None, ground=[0.0])


@pytest.mark.parametrize("name", sorted(EXPORTERS.keys() - {"json", "map", "npz", "csv", "parquet"}))
def test_one_dimension_is_refused_where_it_cannot_be_drawn(name, tmp_path):
    with pytest.raises(RecordingError, match="use format=json"):
        write(name, gallery(recordings=(one_dimension(),)), tmp_path / "page")
    assert list(tmp_path.iterdir()) == []


def test_a_page_shows_designs_of_one_dimension_only(tmp_path):
    mixed = gallery(recordings=(recording(), cubes.recording("g000-i0001")))
    with pytest.raises(RecordingError, match="in 2 dimensions like the first"):
        EXPORTERS["html"].write(mixed, tmp_path / "page")


def test_importing_the_room_loads_no_matplotlib():
    check = "import sys, codesign.export; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
