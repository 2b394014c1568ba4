"""Checks of exporters."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from codesign.errors import OutputError
from codesign.export import (
    EXPORTERS,
    DesignMap,
    Exporter,
    Gallery,
    History,
    MapAxis,
    Mechanics,
    Recording,
    Trajectory,
)
from codesign.testing.failures import CheckError, expect


def check_exporter(exporter: Exporter) -> None:
    """Check an exporter: it writes what it says, the same bytes every time, and tells of a path that it cannot write.

    Args:
        exporter: what to check.

    Raises:
        CheckError: the exporter breaks its contract.
    """
    letters = exporter.name.replace("_", "a").isalnum()
    expect(letters, "a name of letters, digits and underscores", repr(exporter.name))
    taken = EXPORTERS.get(exporter.name, exporter) != exporter
    expect(not taken, "a name that no other exporter has", exporter.name)
    expect(exporter.suffix.startswith("."), "a suffix with its dot", repr(exporter.suffix))
    named = exporter.settings is None or exporter.section.isidentifier()
    expect(named, "a section for the settings that is an identifier", repr(exporter.section))
    one = _recording("g000-i0000")
    with TemporaryDirectory() as name:
        folder = Path(name)
        first, second = folder / "new" / f"first{exporter.suffix}", folder / f"second{exporter.suffix}"
        written, named = exporter.write(_gallery(one), first), exporter.paths(first, [one.design])
        expect(written == named, f"the files written, [{', '.join(path.name for path in named)}]", written)
        expect(first.is_file() and first.stat().st_size > 0, "a file that is not empty", "none")
        exporter.write(_gallery(one), second)
        same = not exporter.repeatable or first.read_bytes() == second.read_bytes()
        expect(same, "the same bytes for the same designs", "others")
        several = exporter.write(_gallery(one, replace(one, design="g000-i0001")), folder / f"many{exporter.suffix}")
        expect(all(path.is_file() for path in several) and several, "the files written", several)
        (folder / "file").write_text("kept")
        try:
            exporter.write(_gallery(one), folder / "file" / "page")
        except OutputError:
            pass
        except Exception as error:
            raise CheckError(f"expected OutputError for a path that cannot be written to; got {error!r}") from error
        else:
            raise CheckError("expected OutputError for a path that cannot be written to; got none")
        expect((folder / "file").read_text() == "kept", "other files left alone", "a changed one")


def _recording(design: str) -> Recording:
    """Return a triangle that slides along level ground for a second."""
    times = np.linspace(0.0, 1.0, 21)
    rest = np.array([[0.0, 0.0], [0.05, 0.0], [0.025, 0.0433]])
    positions = np.repeat(rest[None], len(times), axis=0)
    positions[:, :, 0] += 0.2 * times[:, None]
    actuation = np.sin(6.0 * times)[:, None] * np.array([1.0, 0.0, 0.0])
    return Recording(
        design=design,
        generation=0,
        parents=(),
        operator="random",
        fitness=0.2,
        measures={"displacement": 0.2},
        curve=np.array([0.0, 0.1, 0.2]),
        springs=np.array([[0, 1], [0, 2], [1, 2]]),
        rest_lengths=np.full(3, 0.05),
        stiffness=np.full(3, 3e4),
        swings=np.array([0.1, 0.0, 0.0]),
        cells=np.array([[0, 1, 2]]),
        materials=np.ones(1),
        ground=np.array([[-1.0, 0.0], [2.0, 0.0]]),
        after=Trajectory(times, positions, actuation),
        before=None,
        weights=np.zeros(3),
        controller="cpg",
        task="walk",
        mechanics=Mechanics(dt=0.004, gravity=-4.8, damping=15.0),
    )


def _gallery(*recordings: Recording) -> Gallery:
    count = len(recordings)
    names, along = tuple(each.design for each in recordings), np.arange(float(count))
    axes = MapAxis("size", along, "", 0.0, 2.0, 2), MapAxis("straightness", along, "", 0.0, 2.0, 2)
    marked, empty = np.zeros(count, dtype=np.bool_), np.zeros((0, 2))
    return Gallery(
        title="check",
        recordings=recordings,
        history=History(np.arange(2), np.array([0.1, 0.2]), np.array([0.0, 0.1])),
        config_text="seed: 1\n",
        map=DesignMap("Archive", "A grid.", names, np.full(count, 0.2), *axes, marked, "", empty),
    )
