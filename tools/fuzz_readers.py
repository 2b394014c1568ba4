"""The readers of files that codesign has, each with valid files made by codesign itself and what to spoil in them."""

import hashlib
import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuzz_bodies import EXAMPLES, body_readers, make_bodies
from fuzz_mutations import (
    change_footer,
    change_json,
    change_lines,
    change_npy,
    change_safetensors,
    change_yaml,
)
from fuzz_reader import Reader


def make_seeds(folder: Path) -> None:
    """Write a valid file of every kind, from a run of some seconds."""
    import numpy as np  # noqa: PLC0415 - this runs in a process of its own

    from codesign.cli import main  # noqa: PLC0415
    from codesign.cli.composition import config_folder  # noqa: PLC0415

    sys.stdout = sys.stderr  # the figures alone go to the output
    words = ["debug=tiny", "evaluator=local", "logger.display=none", "search.generations=2"]
    np.save(folder / "line.npy", np.linspace(0, 0.1, 5))
    np.save(folder / "field.npy", np.linspace(0, 0.1, 12, dtype=np.float32).reshape(3, 4))
    np.savetxt(folder / "line.csv", np.linspace(0, 0.1, 5)[None], delimiter=",", fmt="%.4g")
    np.savetxt(folder / "field.csv", np.linspace(0, 0.1, 12).reshape(3, 4), delimiter=",", fmt="%.4g")
    x = np.array([-100.0, 0.0, 0.2, 0.5])
    lines = np.stack([x, np.full(4, 0.1), np.full(4, 0.2), np.zeros(4), np.full(4, 0.1)])
    (folder / "lines").mkdir()
    np.save(folder / "lines" / "ground.npy", lines)
    shutil.copy(EXAMPLES / "scene.json", folder / "ground.json")
    heirs = ["search.inheritance=lamarckian", "search.polish_designs=2", "search.polish_iterations=3"]
    several = ["search.starts=2", "search.final_designs=2"]
    field = ["terrain=heightfield", f"terrain.file={folder / 'line.npy'}", "controller=shared", *several]
    runs = {"run": heirs, "field": field}
    for name, more in runs.items():
        if main(["evolve", *words, *more, f"hydra.run.dir={folder / name}"]):
            raise RuntimeError(f"no run {name} to take files from")
    if main(["export", f"run={folder / 'run'}", "format=json", f"output={folder / 'export'}"]):
        raise RuntimeError("no export to take files from")
    row = {name: name for name in ("device", "body", "sizes", "controller", "task", "terrain", "contact", "precision")}
    row |= {"steps": 1, "segment_steps": 16, "checkpoints": 2, "worlds": 8, "reverse": True}
    machine = {"processor": "some", "cores": 2, "threads": 2, "gpus": []}
    host = [{"body": "triangle", "designs_per_second": 99.5}]
    report = {"machine": machine, "rows": [{**row, "robot_steps_per_second": 1e6}], "host": host}
    shutil.copytree(config_folder() / "experiment", folder / "experiment")
    (folder / "bench.json").write_text(json.dumps(report, indent=1))
    make_bodies(folder / "bodies")


def readers(seeds: Path) -> tuple[Reader, ...]:
    """Return all readers, given what `make_seeds` made."""

    def some(pattern: str) -> tuple[bytes, ...]:
        found = tuple(path.read_bytes() for path in sorted(seeds.glob(pattern)))
        if not found:
            raise RuntimeError(f"no valid file {pattern} to begin with")
        return found

    run = seeds / "run"
    manifest = max((run / "checkpoints").glob("*.json"))
    data = manifest.with_suffix(".safetensors")
    return (
        Reader("terrain_npy", "terrain.npy", some("*.npy"), _terrain("terrain.npy"), (change_npy,), 4),
        Reader("terrain_csv", "terrain.csv", some("*.csv"), _terrain("terrain.csv"), (), 4),
        Reader(
            "ground_world", "ground.json", some("ground.json"), _terrain("ground.json", "segments"), (change_json,), 4
        ),
        Reader(
            "ground_lines", "ground.npy", some("lines/ground.npy"), _terrain("ground.npy", "segments"), (change_npy,), 4
        ),
        Reader("weights", "w.safetensors", some("field/best.safetensors"), _weights, (change_safetensors,), 4),
        Reader("recording", "design.json", some("export/*.json"), _recording, (change_json,), 1),
        Reader("bench", "bench.json", some("bench.json"), _bench, (change_json,), 4),
        Reader("metrics", "metrics.jsonl", some("*/metrics.jsonl"), _metrics, (change_lines,), 4),
        Reader("watched_metrics", "metrics.jsonl", some("*/metrics.jsonl"), _Watched(run), (change_lines,), 1),
        Reader("status", "status.json", some("*/status.json"), _Watched(run), (change_json,), 1),
        Reader("best", "best.json", some("run/best.json"), _Watched(run), (change_json,), 1),
        Reader("config", "config.yaml", some("*/config.yaml"), _Config(seeds / "field"), (change_yaml,), 0.1),
        Reader(
            "experiment",
            "experiment/mine.yaml",
            some("experiment/*.yaml"),
            _Experiment(),
            (change_yaml,),
            0.01,
            named=False,
        ),
        Reader(
            "manifest",
            manifest.name,
            (manifest.read_bytes(),),
            _Checkpoint(run),
            (change_json,),
            4,
            _with_data(manifest),
        ),
        Reader(
            "checkpoint",
            data.name,
            (data.read_bytes(),),
            _Checkpoint(run),
            (change_safetensors,),
            4,
            _with_manifest(manifest),
        ),
        Reader(
            "table", "designs/generation_000001.parquet", some("run/designs/*1.parquet"), _table, (change_footer,), 0.5
        ),
        Reader(
            "parent_weights",
            "weights/generation_000000.safetensors",
            some("run/weights/*0.safetensors"),
            _parent_weights,
            (change_safetensors,),
            2,
        ),
        Reader(
            "polished",
            "polished.json",
            some("run/polished.json"),
            _polished,
            (change_json,),
            2,
            _with_weights(run / "polished.safetensors"),
        ),
        Reader(
            "starts",
            "starts/generation_000001.parquet",
            some("field/starts/*1.parquet"),
            _starts,
            (change_footer,),
            0.5,
        ),
        Reader("reevaluation", "reevaluation.json", some("field/reevaluation.json"), _reevaluation, (change_json,), 4),
        *body_readers(seeds / "bodies"),
    )


def _terrain(name: str, kind: str = "heightfield") -> Callable[[Path], object]:
    def read(folder: Path) -> object:
        from codesign.tasks import TERRAINS  # noqa: PLC0415 - loaded in the workers only, as in what follows

        return TERRAINS[kind](file=str(folder / name))

    return read


def _weights(folder: Path) -> object:
    from codesign.control import CONTROLLERS  # noqa: PLC0415
    from codesign.run import read_weights  # noqa: PLC0415

    return read_weights(folder / "w.safetensors", CONTROLLERS["shared"](), 2)


def _recording(folder: Path) -> object:
    from codesign.formats import read_plans  # noqa: PLC0415

    return read_plans(folder / "design.json")


def _bench(folder: Path) -> object:
    from codesign.cli.bench.comparison import read_earlier, verdict  # noqa: PLC0415

    earlier = read_earlier(str(folder / "bench.json"))
    return verdict(earlier, {"processor": "a", "cores": 1, "threads": 1, "gpus": []}, [])


def _metrics(folder: Path) -> object:
    from codesign.run import RunFolder  # noqa: PLC0415
    from codesign.run.replay import history  # noqa: PLC0415

    return history(RunFolder(folder))


class _Watched:
    """Looks at a run as `codesign watch` does, and shows it in both ways."""

    def __init__(self, run: Path) -> None:
        self._run, self._lattice = run, None

    def __call__(self, folder: Path) -> object:
        from rich.console import Console  # noqa: PLC0415

        from codesign.cli.watch.observation import Observer  # noqa: PLC0415
        from codesign.cli.watch.pages import Pages  # noqa: PLC0415
        from codesign.cli.watch.server import status_of  # noqa: PLC0415
        from codesign.cli.watch.terminal import picture  # noqa: PLC0415
        from codesign.run import RunFolder  # noqa: PLC0415

        if self._lattice is None:
            self._lattice = _experiment(self._run).trial.lattice
        run = RunFolder(folder)
        observer = Observer(run, 2, self._lattice)
        seen, console = observer.look(), Console(file=io.StringIO(), width=80)
        console.print(picture(seen, "title", console, 24))
        return json.dumps(status_of(seen, Pages(run, str, observer.look, 0.0), "title"), allow_nan=False)


class _Config:
    """Reads the configuration of a run, whose own copies of files lie beside it."""

    def __init__(self, run: Path) -> None:
        self._run = run

    def __call__(self, folder: Path) -> object:
        if not (folder / "inputs").is_dir():
            shutil.copytree(self._run / "inputs", folder / "inputs")
        return _experiment(folder)


def _experiment(folder: Path) -> Any:
    from codesign.cli import run_config  # noqa: PLC0415
    from codesign.cli.catalogue import experiment_catalogue, experiment_of  # noqa: PLC0415
    from codesign.cli.settings import build  # noqa: PLC0415
    from codesign.run import RunFolder  # noqa: PLC0415

    catalogue, run = experiment_catalogue(), RunFolder(folder)
    stored = run_config.read(run, catalogue)
    with run_config.found_in(run):
        return experiment_of(build(catalogue, stored))


class _Experiment:
    """Reads an experiment as the command line does, from a folder beside codesign's own."""

    def __init__(self) -> None:
        self._catalogue: Any = None

    def __call__(self, folder: Path) -> object:
        from codesign.cli.catalogue import experiment_catalogue  # noqa: PLC0415
        from codesign.cli.composition import composer, parse_flags  # noqa: PLC0415
        from codesign.cli.config_files import read_files_as_saved  # noqa: PLC0415
        from codesign.cli.schemas import register  # noqa: PLC0415

        if self._catalogue is None:
            self._catalogue = experiment_catalogue()
            register(self._catalogue)
        read_files_as_saved()
        flags = parse_flags("evolve", [f"--config-dir={folder}"])
        with composer(flags, "config", self._catalogue) as composed:
            return composed(["experiment=mine"])


class _Checkpoint:
    """Reads a checkpoint as far as a run that goes on from it does."""

    def __init__(self, run: Path) -> None:
        self._run, self._experiment = run, None

    def __call__(self, folder: Path) -> object:
        from codesign.run import checkpoint  # noqa: PLC0415
        from codesign.run.records import restored  # noqa: PLC0415

        if self._experiment is None:
            self._experiment = _experiment(self._run)
        found, _ = checkpoint.newest_intact(folder)
        return None if found is None else restored(self._experiment, found, folder)


def _with_data(manifest: Path) -> Callable[[Path, bytes], None]:
    """Return what writes a spoiled manifest, the checkpoint's data as they should be beside it."""
    data = manifest.with_suffix(".safetensors").read_bytes()

    def write(path: Path, spoiled: bytes) -> None:
        beside = path.with_suffix(".safetensors")
        if not beside.exists():
            beside.write_bytes(data)
        path.write_bytes(spoiled)

    return write


def _with_manifest(manifest: Path) -> Callable[[Path, bytes], None]:
    """Return what writes spoiled data of a checkpoint, with a manifest that vouches for them."""
    about = json.loads(manifest.read_bytes())

    def write(path: Path, spoiled: bytes) -> None:
        path.write_bytes(spoiled)
        vouching = about | {"bytes": len(spoiled), "sha256": hashlib.sha256(spoiled).hexdigest()}
        path.with_suffix(".json").write_text(json.dumps(vouching))

    return write


def _table(folder: Path) -> object:
    from codesign.run import DesignTables, RunFolder  # noqa: PLC0415

    tables = DesignTables(RunFolder(folder))
    return tables.ranking(3), tables.generation(1), tables.evaluated(1)


def _parent_weights(folder: Path) -> object:
    from codesign.run.parent_weights import find_parent_weights  # noqa: PLC0415

    return find_parent_weights(folder / "weights", [(0, number) for number in range(6)])


def _polished(folder: Path) -> object:
    from codesign.run import RunFolder  # noqa: PLC0415
    from codesign.run.polish import read_polished  # noqa: PLC0415

    return read_polished(RunFolder(folder))


def _starts(folder: Path) -> object:
    from codesign.run import RunFolder  # noqa: PLC0415
    from codesign.run.start_tables import StartTables  # noqa: PLC0415

    tables = StartTables(RunFolder(folder))
    return tables.judged(), tables.fitness((1, number) for number in range(6)), tables.table()


def _reevaluation(folder: Path) -> object:
    from codesign.run import RunFolder  # noqa: PLC0415
    from codesign.run.reevaluation import read_new_starts  # noqa: PLC0415

    return read_new_starts(RunFolder(folder))


def _with_weights(weights: Path) -> Callable[[Path, bytes], None]:
    """Return what writes a spoiled `polished.json`, the weights as they should be beside it."""
    data = weights.read_bytes()

    def write(path: Path, spoiled: bytes) -> None:
        beside = path.with_suffix(".safetensors")
        if not beside.exists():
            beside.write_bytes(data)
        path.write_bytes(spoiled)

    return write
