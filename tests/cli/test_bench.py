"""`codesign bench`: numbers, what they are counted from, and numbers beside earlier ones."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import warp as wp
from rich.console import Console

from codesign.cli import main
from codesign.cli.bench.command import bench_catalogue
from codesign.cli.bench.comparison import IDENTITY, Earlier, identity, verdict
from codesign.cli.bench.driver import INSIDE, STAGES
from codesign.cli.bench.operations import CONTROLLER_OPERATIONS, step_operations
from codesign.cli.bench.peak import peak_kernels
from codesign.cli.bench.plan import bodies_of, body_name, cases, executions, lattices
from codesign.cli.bench.space import cases_in_space
from codesign.cli.bench.speed import identity_of
from codesign.cli.bench.tables import WIDTH, ratio_text, tables
from codesign.cli.catalogue import experiment_catalogue
from codesign.cli.settings import build
from codesign.control import CONTROLLERS
from codesign.sim.kernels import Coulomb
from tests.cli.test_configs import composed, composed_as

SHORT = ["measure=[speed]", "worlds=[2]", "grids=[]", "sizes=[mixed]", "segments=[]", "seconds=0.01", "sim.steps=20"]
ONE = [*SHORT, "precisions=[float32]"]
MACHINE = {"processor": "Abacus", "cores": 2, "threads": 2, "gpus": []}


def reported(folder: str) -> dict[str, Any]:
    return json.loads(Path(folder, "bench.json").read_text())


def settings(*overrides: str) -> dict[str, Any]:
    return build(bench_catalogue(), composed_as("bench", bench_catalogue(), *overrides, "execution.device=cpu"))


def planned(*overrides: str) -> list[tuple[Any, ...]]:
    chosen = settings(*overrides)
    (execution,) = executions(chosen)
    return [
        (
            f"{case.lattice.rows}x{case.lattice.columns}",
            case.sizes,
            case.execution.precision,
            case.execution.segment(chosen["sim"].steps),
            case.worlds,
        )
        for case in cases(chosen, execution)
    ]


def test_grids_have_as_many_numbers_as_the_body_has_directions() -> None:
    own = [body_name(lattice) for lattice in lattices(settings("body=voxel_small", "grids=[2x3x4,4x4x3]"))]
    assert own == ["cube 4 x 4 x 3", "cube 2 x 3 x 4"]
    usual = [body_name(lattice) for lattice in lattices(settings("body=voxel_small"))]
    assert usual == ["cube 4 x 4 x 3", "cube 6 x 6 x 4"]
    assert [body_name(lattice) for lattice in lattices(settings())] == ["triangle 6 x 10", "triangle 13 x 22"]


def test_cubes_are_those_of_the_configuration() -> None:
    chosen = settings("sim.steps=70", "cubes_sim.contact.friction=0.5", "cubes.tissue.swing=0.1")
    (execution,) = executions(chosen)
    planar, *voxels = cases_in_space(chosen, execution)
    assert (planar[1].lattice.name, planar[0]["sim"].steps) == ("triangle", 70)
    expected = build(experiment_catalogue(), composed("body=voxel", "sim=voxel", "sim.steps=70"))
    assert [own["terrain"].name for own, _ in voxels] == ["flat", "rough"]
    for own, case in voxels:
        assert case.lattice == expected["body.lattice"]
        assert own["sim"] == replace(expected["sim"], contact=Coulomb(friction=0.5, grip=0.95))
        assert own["body.tissue"] == replace(expected["body.tissue"], swing=0.1)


def row(**changes: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(IDENTITY, "same"),
        "worlds": 4,
        "reverse": False,
        "robot_steps_per_second": 100.0,
        **changes,
    }


def earlier(*rows: dict[str, Any], **changes: Any) -> Earlier:
    speeds = {identity(own): own["robot_steps_per_second"] for own in rows}
    return Earlier("old.json", {**MACHINE, **changes}, speeds, {})


def test_numbers_and_their_ratio_to_earlier_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *SHORT, "hydra.run.dir=first"]) == 0
    report = reported("first")
    assert [(own["worlds"], own["reverse"], own["precision"]) for own in report["rows"]] == [
        (2, False, "float32"),
        (2, True, "float32"),
        (2, False, "float64"),
        (2, True, "float64"),
    ]
    for own in report["rows"]:
        assert own["robot_steps_per_second"] > 0
        assert own["bytes_per_robot"] > 0
        springs = own["spring_updates_per_second"] / own["robot_steps_per_second"]
        assert springs == pytest.approx(own["springs_per_robot"])
        (peak,) = [peak for peak in report["peaks"] if peak["precision"] == own["precision"]]
        assert own["share_of_peak"] > 0
        assert own["share_of_peak"] == pytest.approx(own["operations_per_second"] / peak["operations_per_second"])
    assert "robot-steps/s" in capsys.readouterr().out
    assert main(["bench", *ONE, "previous=first/bench.json", "hydra.run.dir=second"]) == 0
    again = reported("second")
    assert len(again["rows"]) == 2
    for before, after in zip(report["rows"], again["rows"], strict=False):
        assert after["ratio"] == pytest.approx(after["robot_steps_per_second"] / before["robot_steps_per_second"])
    assert "Compared with first/bench.json: 2 of 2 rows" in capsys.readouterr().out


def test_what_is_not_alike_is_not_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *ONE, "hydra.run.dir=first"]) == 0
    assert main(["bench", *ONE, "sim.steps=24", "previous=first/bench.json", "hydra.run.dir=second"]) == 0
    assert not any("ratio" in own for own in reported("second")["rows"])
    assert "Nothing in first/bench.json is like" in capsys.readouterr().out


def test_rows_say_what_tells_them_apart() -> None:
    chosen = settings("full=true")
    (execution,) = executions(chosen)
    found = [identity_of(chosen, case) for case in cases(chosen, execution)]
    assert len({identity({**own, "reverse": False}) for own in found}) == len(found)
    assert {*found[0], "reverse"} == set(IDENTITY)
    for override in ("controller=cpg", "task=jump", "terrain=segments", "sim=coulomb", "sim.steps=900"):
        changed = settings("full=true", override)
        assert identity_of(changed, cases(changed, execution)[0]) != found[0], override


@pytest.mark.parametrize("key", IDENTITY)
def test_rows_are_alike_in_everything_or_not_at_all(key: str) -> None:
    before = earlier(row())
    assert before.ratio_of(row(robot_steps_per_second=50.0)) == {"ratio": 0.5}
    assert before.ratio_of(row(**{key: "other"})) == {}


def test_what_became_slower_is_named_at_the_end() -> None:
    rows = [row(worlds=worlds, ratio=ratio) for worlds, ratio in ((1, 1.2), (16, 0.91), (256, 0.89), (1024, 0.5))]
    compared, slower = verdict(earlier(*rows), MACHINE, rows)
    assert "4 of 4 rows, median x 0.90" in compared
    assert slower.startswith("SLOWER than 0.9 of before, 2 of 4 rows: x 0.50 ")
    assert "1,024 worlds" in slower
    assert "256 worlds" in slower
    assert "16 worlds" not in slower
    assert verdict(earlier(*rows), MACHINE, rows[:2])[1] == "No row is slower than 0.9 of before."
    assert verdict(Earlier(), MACHINE, rows) == []


def test_another_machine_is_said_to_be_one() -> None:
    rows = [row(ratio=1.0)]
    told = verdict(earlier(*rows, processor="Difference Engine"), MACHINE, rows)
    assert "of another machine (processor Difference Engine)" in told[1]
    assert not any("another machine" in line for line in verdict(earlier(*rows), MACHINE, rows))


def test_ratios_below_one_stand_out() -> None:
    styles = [str(ratio_text({"ratio": ratio}).style) for ratio in (1.0, 0.95, 0.89)]
    assert styles == ["", "yellow", "bold red"]


def test_by_default_one_thing_differs_at_a_time() -> None:
    base = ("6x10", "mixed", "float32", 16)
    assert planned() == [
        *((*base, worlds) for worlds in (1, 16, 256, 1024)),
        ("6x10", "uniform", "float32", 16, 256),
        ("13x22", "mixed", "float32", 16, 256),
        ("13x22", "uniform", "float32", 16, 256),
        ("6x10", "mixed", "float64", 16, 256),
        ("6x10", "mixed", "float32", 8, 256),
        ("6x10", "mixed", "float32", 32, 256),
        ("6x10", "mixed", "float32", 1000, 256),
    ]


def test_a_full_bench_crosses_everything() -> None:
    found = planned("full=true", "segments=[]")
    assert len(found) == len(set(found)) == 2 * 2 * 2 * 4


def test_uniform_worlds_share_the_median_body() -> None:
    chosen = settings("worlds=[3]", "grids=[]")
    (execution,) = executions(chosen)
    by_sizes = {case.sizes: bodies_of(case, chosen["body.tissue"], 0) for case in cases(chosen, execution)}
    mixed, uniform = (np.diff(by_sizes[sizes].spring_start) for sizes in ("mixed", "uniform"))
    assert len(set(uniform.tolist())) == 1
    assert len(set(mixed.tolist())) == 3
    # Random bodies of this grid have 44 springs on average.
    assert 35 < uniform[0] < 55


def test_every_controller_is_counted() -> None:
    assert set(CONTROLLER_OPERATIONS) == set(CONTROLLERS)


def test_operations_are_those_of_the_equations() -> None:
    masses, springs = np.array([3, 4]), np.array([3, 5])
    # A triangle, by hand: springs 3 x 20, masses 3 x (17 + 2), inputs 10 + 12 + 2.
    network = 2 * 32 * (24 + 3) + 32 + 3 + 6 * 3
    mlp = step_operations(CONTROLLERS["mlp"](), masses, springs, 2)
    assert mlp is not None
    assert mlp.tolist()[0] == 60 + 57 + network
    sensing = step_operations(CONTROLLERS["mlp"](sensors=("velocity", "light")), masses, springs, 2)
    assert sensing is not None
    assert sensing.tolist()[0] == mlp.tolist()[0] - 2 * 32 * 3
    # Of every spring strain, place, direction and velocity; the sines once.
    shared = step_operations(CONTROLLERS["shared"](), masses, springs, 2)
    assert shared is not None
    assert shared.tolist()[0] == 60 + 57 + 3 * (2 * 16 * (7 + 1) + 16 + 1 + 6) + 2 * 16 * 4
    sequence = step_operations(CONTROLLERS["sequence"](), masses, springs, 2)
    assert sequence is not None
    assert sequence.tolist() == [60 + 57, 100 + 76]


def test_memory_by_segment_and_the_host() -> None:
    words = ["measure=[host]", "breeding=5", "worlds=[2]", "segments=[8,1000]", "hydra.run.dir=out"]
    assert main(["bench", *words]) == 0
    report = reported("out")
    assert report["rows"] == []
    assert [host["body"] for host in report["host"]] == ["triangle 6 x 10", "triangle 13 x 22"]
    assert all(host["designs_per_second"] > 0 for host in report["host"])
    small, large = (
        [own for own in report["memory"] if own["body"] == body] for body in ("triangle 6 x 10", "triangle 13 x 22")
    )
    assert [own["segment_steps"] for own in small] == [8, 16, 1000]
    for rows in (small, large):
        assert rows[1]["bytes_per_robot"] < 0.3 * rows[2]["bytes_per_robot"]
        assert all(own["state_bytes_of_largest"] < own["bytes_of_largest"] for own in rows)
        assert all(own["bytes_of_largest"] > own["bytes_per_robot"] for own in rows)
    assert (large[0]["largest_masses"], large[0]["largest_springs"]) == (168, 453)


def test_more_worlds_than_fit_are_refused_before_anything_is_computed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *ONE, "worlds=[1000000]", "execution.memory_mib=500", "hydra.run.dir=out"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "which fit into 500 MiB (mixed triangle 6 x 10 bodies" in line
    assert "got 1,000,000 that need" in line
    assert not Path("out").exists()
    most = int(line.split("at most ")[1].split(" worlds")[0].replace(",", ""))
    assert main(["bench", *ONE, f"worlds=[{most + most // 10}]", "execution.memory_mib=500"]) == 2
    assert most > 1000


def test_all_tables_are_shown() -> None:
    same = {
        "device": "cpu",
        "body": "triangle 13 x 22",
        "sizes": "uniform",
        "precision": "float32",
        "segment_steps": 1000,
    }
    speed = {"robot_steps_per_second": 2e6, "spring_updates_per_second": 9e8, "bytes_per_robot": 2e5}
    times = {"local_seconds": 2.0, "ray_seconds": 2.5, "overhead": 0.25, "ray_start_seconds": 8.0}
    report = {
        "machine": MACHINE,
        "peaks": [{"device": "cpu", "precision": "float32", "operations_per_second": 2e11}],
        "rows": [
            row(**same, **speed, worlds=1024, ratio=0.5, share_of_peak=0.21),
            row(**same, **speed, worlds=1024, ratio=1.1, share_of_peak=0.21, reverse=True),
        ],
        "memory": [
            {
                **same,
                **speed,
                "bytes_of_largest": 4e5,
                "state_bytes_of_largest": 2e5,
                "largest_masses": 9,
                "largest_springs": 21,
            }
        ],
        "compile": [{**same, "controller": "mlp", "cold_seconds": 30.0, "warm_seconds": 1.0}],
        "host": [{"body": "triangle 13 x 22", "designs_per_second": 2e3, "ratio": 1.5}],
        "driver": [
            {
                "designs": 10_000,
                "body": "triangle 13 x 22",
                "controller": "mlp",
                "cores": 2,
                "generations": 5,
                "designs_per_second": 20_000.0,
                "seconds": dict.fromkeys(STAGES, 0.05),
                "memory_bytes": [5e8, 6e8],
            }
        ],
        "cluster": [{"designs": 256, "body": "triangle 6 x 10", "cores": 2, **times}],
    }
    console = Console(width=WIDTH, record=True)
    for table in tables(report):
        console.print(table)
    shown = console.export_text()
    for part in (
        "2,000,000",
        "900.0 M",
        "x 0.50",
        "21.0%",
        "195",
        "30.0 s with compiling",
        "2,000 designs/s",
        "+25.0%",
        "200 (float32) GFLOP/s",
    ):
        assert part in shown
    assert "…" not in shown


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_peak_of_a_gpu_compiles_without_one(precision: str, tmp_path: Path) -> None:
    module = next(iter(peak_kernels(precision, 1).values())).module
    (file,) = wp.compile_aot_module(module, arch=90, module_dir=tmp_path, use_ptx=False)
    assert file.suffix == ".cubin"


@pytest.mark.slow
def test_compiling_and_ray() -> None:
    words = ["measure=[compile,cluster]", "cluster=6", "worlds=[2]", "sim.steps=20", "hydra.run.dir=out"]
    assert main(["bench", *words, "controller=cpg"]) == 0
    report = reported("out")
    (times,), (cluster,) = report["compile"], report["cluster"]
    assert times["cold_seconds"] > 2 * times["warm_seconds"] > 0
    assert cluster["local_seconds"] > 0
    assert cluster["overhead"] == pytest.approx(cluster["ray_seconds"] / cluster["local_seconds"] - 1)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rows": [{}]}', '{"rows": 3}', "\udcff"])
def test_an_earlier_file_that_is_none(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("old.json").write_text(text, errors="surrogateescape")
    assert main(["bench", *SHORT, "previous=old.json"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "previous" in lines[0]
    assert not Path("runs").exists()


def test_the_driver_is_timed_stage_by_stage_and_leaves_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    short = ["driver=12", "driver_generations=3", "body=square", "grids=[]"]
    assert main(["bench", "measure=[driver]", *short, "hydra.run.dir=timed"]) == 0
    (found,) = reported("timed")["driver"]
    assert list(found["seconds"]) == list(STAGES)
    assert all(seconds >= 0.0 for seconds in found["seconds"].values())
    whole = sum(seconds for stage, seconds in found["seconds"].items() if stage not in INSIDE)
    assert found["designs_per_second"] == pytest.approx(12 / whole)
    assert min(found["memory_bytes"]) > 2**20
    assert [path.name for path in Path("timed").iterdir()] == ["bench.json"]
    assert "12 designs a generation, square" in capsys.readouterr().out
