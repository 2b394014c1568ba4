"""A run that is killed at any moment and resumed equals one that was never killed."""

import os
import random
import signal
import time
from pathlib import Path
from unittest.mock import patch

import pytest

from codesign.run import RunFolder, evolve, resume
from codesign.run import folder as folder_module
from tests.run.fakes import CONFIG, GENERATIONS, KINDS, Quick, experiment, finished, in_child, results, start_child

MOMENTS = 12


@pytest.fixture(scope="module", params=KINDS)
def search(request):
    return request.param


@pytest.fixture(scope="module")
def undisturbed(search, tmp_path_factory):
    return results(finished(tmp_path_factory.mktemp("undisturbed") / "run", search))


class KillPoint:
    """Kills this process before the given one of the steps by which files change."""

    def __init__(self, last: int) -> None:
        self.left = last

    def before(self, step):
        def counted(*arguments, **keywords):
            self.left -= 1
            if self.left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*arguments, **keywords)

        return counted

    def run(self, work):
        with (
            patch.object(os, "fsync", self.before(os.fsync)),
            patch.object(Path, "replace", self.before(Path.replace)),
            patch.object(Path, "unlink", self.before(Path.unlink)),
            patch.object(Path, "write_bytes", self.before(Path.write_bytes)),
        ):
            work()


def go_on(path: Path, search: str) -> None:
    """Resume a run, or start it where it was killed before there was one."""
    if RunFolder(path).config.exists():
        resume(experiment(search), path)
    else:
        evolve(experiment(search), path, CONFIG)


def test_killed_before_any_step_by_which_files_change(search, undisturbed, tmp_path):
    # The steps are the same for all kinds, which share them out.
    step, stride, killed = KINDS.index(search), len(KINDS), True
    while killed:
        path = tmp_path / f"run{step}"
        ended = in_child(lambda last=step, at=path: KillPoint(last).run(lambda: go_on(at, search)))
        assert ended in (0, -signal.SIGKILL)
        killed = ended != 0
        go_on(path, search)
        assert results(RunFolder(path)) == undisturbed, f"killed before step {step}"
        step += stride
    assert step > 60


def test_killed_again_and_again_while_it_goes_on(search, undisturbed, tmp_path):
    path, kills = tmp_path / "run", 0
    # A step further each time, so that the recovery itself is killed wherever it changes something.
    for last in range(0, 40, 3):
        kills += in_child(lambda last=last: KillPoint(last).run(lambda: go_on(path, search))) == -signal.SIGKILL
    go_on(path, search)
    assert kills >= 10
    assert results(RunFolder(path)) == undisturbed


def test_killed_in_the_middle_of_a_line(search, undisturbed, tmp_path):
    for generation in range(len(undisturbed["metrics"])):
        path = tmp_path / f"run{generation}"

        def half(file, line, at=generation, whole=folder_module.append_line):
            if f'"generation": {at},' in line:
                with file.open("a") as stream:
                    stream.write(line[: len(line) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            whole(file, line)

        with patch.object(folder_module, "append_line", half):
            assert in_child(lambda at=path: go_on(at, search)) == -signal.SIGKILL
        go_on(path, search)
        assert results(RunFolder(path)) == undisturbed


def test_killed_at_random_moments(search, undisturbed, tmp_path):
    pause = 0.02
    slow = experiment(search, evaluator=Quick(disturbance=lambda _: time.sleep(pause)))
    moments = random.Random(1)
    for moment in range(MOMENTS):
        path = tmp_path / f"run{moment}"
        child = start_child(lambda at=path: evolve(slow, at, CONFIG))
        time.sleep(moments.uniform(0.0, pause * GENERATIONS))
        os.kill(child, signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        go_on(path, search)
        assert results(RunFolder(path)) == undisturbed
