"""The examples of files of bodies are read without a word, and the drawings in the documentation are bodies too."""

import re
from pathlib import Path

import numpy as np
import pytest

from codesign.formats import FORMATS, drawing_of, genomes_of, read_plans, settings_of
from codesign.testing import check_format

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "examples" / "bodies"
FILES = sorted(path for path in FOLDER.iterdir() if path.suffix != ".md")
DOCUMENT = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
DRAWINGS = re.findall(r"```text\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_is_read(path: Path) -> None:
    plans = read_plans(path)
    assert all(plan.inexpressible == () for plan in plans)
    assert len(genomes_of(plans, settings_of(plans))) == len(plans)
    assert f"`{path.name}`" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_crawler_is_the_same_in_every_format() -> None:
    cells = [read_plans(FOLDER / name)[0].cells for name in ("crawler.txt", "crawler.vxd", "base.vxa")]
    np.testing.assert_array_equal(cells[0], cells[1])
    np.testing.assert_array_equal(cells[0], cells[2])


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda drawing: drawing.split("\n")[0])
def test_each_drawing_in_the_documentation_is_a_body(drawing: str, tmp_path: Path) -> None:
    path = tmp_path / "drawn.txt"
    path.write_text(drawing)
    (plan,) = read_plans(path)
    assert drawing_of(plan) == drawing
    genomes_of([plan], settings_of([plan]))


def test_the_script_in_the_documentation_turns_a_pickle_into_arrays(tmp_path, monkeypatch) -> None:
    import pickle  # noqa: PLC0415 - what the user runs on a file of their own

    (code,) = (block for block in re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL) if "pickle" in block)
    with np.load(FOLDER / "robots.npz") as arrays:
        robots = {name: list(arrays[name]) for name in ("body_geno", "spring_geno")}
    robots["id"] = [f"0-{number}" for number in range(4)]
    (tmp_path / "robots.pkl").write_bytes(pickle.dumps(robots))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["convert.py", "robots.pkl"])
    exec(compile(code, "convert.py", "exec"), {})
    made, kept = (read_plans(path) for path in (tmp_path / "robots.npz", FOLDER / "robots.npz"))
    assert [plan.name for plan in made] == [plan.name for plan in kept] == ["0-0", "0-1", "0-2", "0-3"]
    for one, other in zip(made, kept, strict=True):
        np.testing.assert_array_equal(one.cells, other.cells)
        np.testing.assert_array_equal(one.muscles, other.muscles)


@pytest.mark.parametrize(
    ("name", "sample"),
    [
        ("voxcraft", "crawler.vxd"),
        ("eldir", "robots.npz"),
        ("polycubes", "polycubes.npy"),
        ("json", "g000-i0000.json"),
        ("text", "crawler.txt"),
    ],
)
def test_formats_pass_the_checks_for_plug_ins(name: str, sample: str) -> None:
    check_format(FORMATS[name], [FOLDER / sample])
