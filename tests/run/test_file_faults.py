"""File systems that fail or lack a call, and folders that go away: nothing is lost, and one line says how to go on."""

import errno
import fcntl
import os
import re
import shlex
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codesign.cli.entry import main
from codesign.errors import CodesignError, OutputError, RunError
from codesign.run import CheckpointSettings, Experiment, RunFolder, evolve, resume
from codesign.run import best as best_module
from codesign.run import checkpoint as checkpoint_module
from codesign.run import evolution as evolution_module
from codesign.run import records as records_module
from codesign.run.checkpoint import manifests
from tests.run.fakes import CONFIG, GENERATIONS, Notes, Quick, everything, experiment, finished, results
from tests.small_disk import SmallDisk, small_disk

FAULTY = 3
"""Generation whose records meet the fault."""


def each_saved(**changes: Any) -> Experiment:
    return experiment(checkpoints=CheckpointSettings(every=1, keep=2), **changes)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("whole") / "run"
    evolve(each_saved(), folder, CONFIG)
    return results(RunFolder(folder))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as mounted:
        yield mounted


RECORDS = {
    "the table": (evolution_module, "write_designs"),
    "the metrics": (RunFolder, "append_metrics"),
    "the checkpoint": (records_module.checkpoints, "save"),
    "the checkpoint's manifest": (checkpoint_module, "write_text"),
    "old checkpoints": (records_module.checkpoints, "prune"),
    "the best design's weights": (best_module, "write_best"),
    "the best design": (best_module, "write_text"),
}
"""What is written of a generation, each by the function that writes it; it is called once for a generation."""

AFTER = ("old checkpoints", "the best design's weights", "the best design")
"""What is written when the checkpoint of the generation is safe."""


def before(monkeypatch: pytest.MonkeyPatch, record: str, fault: Callable[[], None]) -> None:
    """Let something happen just before a record of the faulty generation is written."""
    owner, name = RECORDS[record]
    original, calls = getattr(owner, name), []

    def disturbed(*arguments: Any, **options: Any) -> Any:
        calls.append(name)
        if len(calls) == FAULTY + 1:
            fault()
        return original(*arguments, **options)

    monkeypatch.setattr(owner, name, disturbed)


def check_goes_on(error: CodesignError, run: Path, record: str) -> None:
    """Check that an error tells truly what is safe, and how to go on with the run."""
    told = re.search(r"(\d) of 6 generations are safe, go on with: codesign evolve run=(\S+)", str(error))
    assert told is not None
    assert "\n" not in str(error)
    safe = int(told[1])
    assert safe == FAULTY + (record in AFTER)
    assert Path(told[2]) == run
    notes = Notes()
    resume(each_saved(), run, notes)
    assert notes.starts == [safe]
    assert len(notes.notices) == (record == "the checkpoint's manifest")


@pytest.mark.parametrize("record", [record for record in RECORDS if record != "old checkpoints"])
def test_a_full_disk(record: str, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch, whole: dict[str, Any]) -> None:
    run = disk.path / "run"
    before(monkeypatch, record, disk.fill)
    with pytest.raises(OutputError, match="No space left on device") as caught:
        evolve(each_saved(), run, CONFIG)
    assert not list(run.rglob("*.part"))
    disk.make_room()
    check_goes_on(caught.value, run, record)
    assert results(RunFolder(run)) == whole


@pytest.mark.parametrize("record", RECORDS)
def test_a_disk_that_becomes_read_only(
    record: str, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch, whole: dict[str, Any]
) -> None:
    run = disk.path / "run"
    before(monkeypatch, record, disk.forbid_writing)
    with pytest.raises(OutputError, match="Read-only file system") as caught:
        evolve(each_saved(), run, CONFIG)
    with pytest.raises(OutputError, match="Read-only file system"):
        resume(each_saved(), run)
    disk.allow_writing()
    check_goes_on(caught.value, run, record)
    assert results(RunFolder(run)) == whole


def test_a_disk_that_is_still_full_when_the_run_goes_on(
    disk: SmallDisk, monkeypatch: pytest.MonkeyPatch, whole: dict[str, Any]
) -> None:
    run = disk.path / "run"
    before(monkeypatch, "the checkpoint", disk.fill)
    with pytest.raises(OutputError):
        evolve(each_saved(), run, CONFIG)
    for _ in range(2):
        with pytest.raises(OutputError, match="3 of 6 generations are safe"):
            resume(each_saved(), run)
    disk.make_room()
    resume(each_saved(), run)
    assert results(RunFolder(run)) == whole


def test_a_disk_that_is_full_from_the_beginning(disk: SmallDisk) -> None:
    disk.fill()
    with pytest.raises(OutputError, match="No space left on device"):
        evolve(each_saved(), disk.path / "run", CONFIG, inputs={"weights": bytes(9)})
    disk.make_room()
    assert evolve(each_saved(), disk.path / "run", CONFIG, inputs={"weights": bytes(9)}).finished == GENERATIONS


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL])
def test_a_file_system_without_locks_is_warned_of_once(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: dict[str, Any]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    notes = Notes()
    begun = each_saved()
    evolve(replace(begun, search=replace(begun.search, generations=2)), tmp_path / "run", CONFIG, notes)
    assert len(notes.notices) == 1
    assert f"{tmp_path / 'run'} is on a file system that cannot lock files ({os.strerror(number)})" in notes.notices[0]
    resume(each_saved(), tmp_path / "run")
    assert results(RunFolder(tmp_path / "run")) == whole


@pytest.mark.parametrize("number", [errno.EWOULDBLOCK, errno.EACCES])
def test_a_lock_that_another_process_has_is_no_missing_lock(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(RunError, match="in use by another process"):
        evolve(each_saved(), tmp_path / "run", CONFIG)


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EPERM, errno.ENOTSUP])
@pytest.mark.parametrize("files", [False, True])
def test_a_file_system_that_cannot_flush(
    number: int, files: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: dict[str, Any]
) -> None:
    flush = os.fsync

    def refuse(descriptor: int) -> None:
        if files or stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    evolve(each_saved(), tmp_path / "run", CONFIG)
    assert results(RunFolder(tmp_path / "run")) == whole


def test_a_disk_that_fails_to_flush_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    begun = each_saved()
    evolve(replace(begun, search=replace(begun.search, generations=2)), tmp_path / "run", CONFIG)
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match=r"Input/output error.*2 of 6 generations are safe"):
        resume(each_saved(), tmp_path / "run")


def away(run: Path, kind: str) -> None:
    """Let a run's folder go away."""
    if kind.startswith("removed"):
        shutil.rmtree(run)
    else:
        run.rename(run.with_name("elsewhere"))
    if kind.endswith("replaced"):
        run.mkdir()
        (run / "config.yaml").write_text("somebody: else\n")


@pytest.mark.parametrize("kind", ["moved", "moved and replaced", "removed", "removed and replaced"])
@pytest.mark.parametrize("moment", [0, 1, 3])
def test_a_folder_that_goes_away_is_not_made_again(
    kind: str, moment: int, tmp_path: Path, whole: dict[str, Any]
) -> None:
    run, there = tmp_path / "run", {}

    def disturb(generation: int) -> None:
        if generation == moment:
            away(run, kind)
            there.update(everything(run) if run.exists() else {})

    with pytest.raises(RunError) as caught:
        evolve(each_saved(evaluator=Quick(disturbance=disturb)), run, CONFIG)
    said = str(caught.value)
    assert f"expected the folder of the run where it began, {run}; got " in said
    assert "\n" not in said
    assert run.exists() == kind.endswith("replaced")
    assert (everything(run) if run.exists() else {}) == there
    if kind.startswith("moved"):
        moved = tmp_path / "elsewhere"
        assert said.endswith(f"go on with: codesign evolve run={moved}")
        resume(each_saved(), moved)
        assert results(RunFolder(moved)) == whole
    else:
        assert "elsewhere" not in said


def test_a_folder_that_goes_away_between_two_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: dict[str, Any]
) -> None:
    """Say, the table is written, the folder goes, and the metrics find nothing."""
    run = tmp_path / "run"
    for record in ("the table", "the metrics", "the checkpoint", "the best design's weights"):
        with monkeypatch.context() as patch:
            before(patch, record, lambda: away(run, "moved"))
            with pytest.raises(RunError, match=f"go on with: codesign evolve run={tmp_path / 'elsewhere'}"):
                evolve(each_saved(), run, CONFIG)
        assert not run.exists()
        resume(each_saved(), tmp_path / "elsewhere")
        assert results(RunFolder(tmp_path / "elsewhere")) == whole
        shutil.rmtree(tmp_path / "elsewhere")


def test_a_manifest_that_is_gone_is_missed(tmp_path: Path, whole: dict[str, Any]) -> None:
    evolve(each_saved(), tmp_path / "run", CONFIG)
    folder = RunFolder(tmp_path / "run")
    manifests(folder.checkpoints)[0].unlink()
    notes = Notes()
    resume(each_saved(), folder.path, notes)
    assert notes.notices == ["generation_000005.safetensors: no manifest beside it; going on from generation 4 instead"]
    assert results(folder) == whole


def test_metrics_that_end_in_the_middle_of_a_line(tmp_path: Path, whole: dict[str, Any]) -> None:
    begun = each_saved()
    evolve(replace(begun, search=replace(begun.search, generations=3)), tmp_path / "run", CONFIG)
    folder = RunFolder(tmp_path / "run")
    with folder.metrics.open("ab") as metrics:
        metrics.write(b'{"generation": 3, "best_fit\xff')
    resume(each_saved(), folder.path)
    assert results(folder) == whole


def test_metrics_that_cannot_be_read(tmp_path: Path) -> None:
    folder = finished(tmp_path / "run")
    folder.metrics.unlink()
    folder.metrics.mkdir()
    with pytest.raises(RunError, match="metrics that can be read"):
        folder.read_metrics()


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["fill", "forbid_writing"])
def test_the_command_ends_in_one_line_and_the_command_that_it_names_goes_on(
    fault: str, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = disk.path / "run"
    begun = ["debug=tiny", "evaluator=local", "search.generations=5", "logger=quiet", "logger.page=false"]
    with monkeypatch.context() as patch:
        before(patch, "the checkpoint", getattr(disk, fault))
        assert main(["evolve", f"hydra.run.dir={run}", *begun]) == 2
    said = capsys.readouterr().err.strip()
    assert len(said.splitlines()) == 1, said
    disk.make_room() if fault == "fill" else disk.allow_writing()
    _, words = said.split("3 of 5 generations are safe, go on with: codesign ")
    assert main([*shlex.split(words), "logger=quiet"]) == 0
    assert len(RunFolder(run).read_metrics()) == 5
