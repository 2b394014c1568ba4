"""The simulator against the published ones, by the tool that a user would check it with."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
DATA = ROOT / "tests" / "data"


def check(*files: Path | str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tools/check_reference.py", "--device", "cpu", *map(str, files)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def complaints(output: str) -> list[str]:
    """Return what the tool itself says; Warp may tell about missing GPU drivers before."""
    return [line for line in output.splitlines() if line.startswith("check_reference: ")]


# Directional derivatives are central differences themselves, good to 1e-6.
@pytest.mark.parametrize(("name", "gradient_error"), [("flat_100", 1e-8), ("flat_1000", 1e-8), ("terrain_200", 1e-5)])
def test_every_robot_moves_and_learns_as_published(name: str, gradient_error: float) -> None:
    run = check(DATA / f"{name}.npz")
    assert run.returncode == 0, run.stderr
    records = [json.loads(line) for line in run.stdout.splitlines()]
    assert [record["robot"] for record in records] == [0, 1, 2, 3, 4, 5] * 2
    assert {record["file"] for record in records} == {str(DATA / f"{name}.npz")}
    exact = [record for record in records if record["precision"] == "float64"]
    assert len(exact) == 6
    for record in exact:
        assert record["loss_error"] < 1e-10
        assert record["position_error"] < 1e-10
        assert record["gradient_error"] < gradient_error
        assert record["gradient_cosine"] > 1.0 - 1e-9
    working = [record for record in records if record["precision"] == "float32"]
    assert len(working) == 6
    for record in working:
        assert record["loss_error"] < 1e-4
        assert record["position_error"] < 1e-4
        assert record["gradient_cosine"] > 0.999


def test_every_voxel_robot_moves_as_published() -> None:
    """What is left is the length of 1e-8 m that keeps springs apart from zero, which both treat differently."""
    run = check(DATA / "voxel_terrain_150.npz")
    assert run.returncode == 0, run.stderr
    records = [json.loads(line) for line in run.stdout.splitlines()]
    assert [record["robot"] for record in records] == [0, 1, 2, 3] * 2
    for record in records:
        exact = record["precision"] == "float64"
        assert record["position_error"] < (2e-7 if exact else 1e-4)
        assert record["loss_error"] < (5e-8 if exact else 1e-4)
        assert record["gradient_error"] is None


def test_a_wrong_loss_is_seen(tmp_path: Path) -> None:
    with np.load(DATA / "flat_100.npz") as data:
        arrays = {key: data[key] for key in data.files}
    arrays["r1_loss"] = arrays["r1_loss"] + 1e-6
    arrays["r2_x"] = arrays["r2_x"] + 1e-6
    arrays["r3_g_w2"] = arrays["r3_g_w2"] * -1.0
    np.savez(tmp_path / "altered.npz", **arrays)
    records = [json.loads(line) for line in check(tmp_path / "altered.npz").stdout.splitlines()][:6]
    assert [record["loss_error"] > 1e-7 for record in records] == [False, True, False, False, False, False]
    assert [record["position_error"] > 1e-7 for record in records] == [False, False, True, False, False, False]
    assert [record["gradient_error"] > 1e-8 for record in records] == [False, False, False, True, False, False]
    assert [record["gradient_cosine"] < 0.999 for record in records] == [False, False, False, True, False, False]


def test_what_cannot_be_replayed(tmp_path: Path) -> None:
    torn = tmp_path / "torn.npz"
    torn.write_bytes((DATA / "flat_100.npz").read_bytes()[:5000])
    text = tmp_path / "text.npz"
    text.write_text("no arrays")
    empty = tmp_path / "empty.npz"
    np.savez(empty, meta=np.array("{}"))
    with np.load(DATA / "flat_100.npz") as data:
        arrays = {key: data[key] for key in data.files}
    misfit = tmp_path / "misfit.npz"
    np.savez(misfit, **(arrays | {"r0_w1": arrays["r0_w1"][:, :-1]}))
    lacking = tmp_path / "lacking.npz"
    with np.load(DATA / "voxel_terrain_150.npz") as data:
        np.savez(lacking, **{key: data[key] for key in data.files if not key.endswith("phase")})
    files = [lacking, tmp_path / "absent.npz", tmp_path, torn, text, empty, misfit]
    run = check(*files)
    assert run.returncode == 2
    assert run.stdout == ""
    assert "Traceback" not in run.stderr
    lines = complaints(run.stderr)
    assert len(lines) == len(files)
    for file, line in zip(files, lines, strict=True):
        assert str(file) in line
    assert "without phase" in lines[0]


def test_the_other_files_are_still_replayed() -> None:
    run = check(DATA / "absent.npz", DATA / "flat_100.npz")
    assert run.returncode == 2
    assert len(run.stdout.splitlines()) == 12
