"""What every evaluator promises: the same numbers, in order, wherever they are computed and whatever is lost."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codesign.errors import ConfigError, MemoryBudgetError, RunError
from codesign.evaluate import EVALUATORS
from codesign.evaluate.local import Local
from codesign.evaluate.ray_evaluator import Ray
from codesign.sim import Execution
from tests.evaluate.fakes import (
    CORES,
    always_fatal,
    assert_same,
    broken,
    designs,
    fatal_once,
    over_budget,
    quick,
    spec,
)

ANYWHERE = {"local": Local(), **{f"ray{workers}": Ray(workers=workers) for workers in (1, 2, 3)}}
HERE_AND_ELSEWHERE = pytest.mark.parametrize("place", ["local", "ray2"])


@pytest.fixture(scope="module", params=ANYWHERE)
def evaluator(request, cluster):
    with ANYWHERE[request.param].start(spec(), quick) as started:
        yield started


def test_settings_carry_their_own_key():
    assert all(EVALUATORS[name]().name == name for name in EVALUATORS)


def test_numbers_are_the_same_wherever_they_are_computed(evaluator):
    for count in (1, 2, 25):
        genomes, identities = designs(count)
        assert_same(evaluator.evaluate(genomes, identities), quick(spec(), genomes, identities))


def test_results_are_in_the_order_asked(evaluator):
    genomes, identities = designs(20)
    order = np.random.default_rng(0).permutation(20)
    shuffled = evaluator.evaluate(genomes[order], identities[order])
    assert_same(shuffled, quick(spec(), genomes, identities).take(order))


@HERE_AND_ELSEWHERE
def test_a_users_mistake_arrives_as_it_was_raised(cluster, place):
    with ANYWHERE[place].start(spec(), over_budget) as started, pytest.raises(MemoryBudgetError) as caught:
        started.evaluate(*designs(5))
    assert caught.value.remedy == "set execution.memory_mib=64"


@HERE_AND_ELSEWHERE
def test_a_programs_mistake_is_not_tried_again(cluster, place):
    with ANYWHERE[place].start(spec(), broken) as started, pytest.raises(ZeroDivisionError):
        started.evaluate(*designs(5))


@HERE_AND_ELSEWHERE
def test_closing_twice_does_no_harm(cluster, place):
    started = ANYWHERE[place].start(spec(), quick)
    started.close()
    started.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_the_work_of_a_lost_worker_is_done_by_another(cluster, tmp_path, workers):
    genomes, identities = designs(20)
    with Ray(workers=workers).start(spec(), fatal_once(tmp_path / "fell", 11)) as evaluator:
        evaluations = evaluator.evaluate(genomes, identities)
    assert (tmp_path / "fell").exists()
    assert_same(evaluations, quick(spec(), genomes, identities))


def test_a_worker_that_died_between_generations_is_replaced(cluster):
    genomes, identities = designs(12)
    with Ray(workers=2).start(spec(), quick) as evaluator:
        before = evaluator.evaluate(genomes, identities)
        cluster.kill(evaluator._workers[0])
        assert_same(evaluator.evaluate(genomes, identities), before)


def test_work_that_takes_every_worker_down_ends_with_a_clear_error(cluster):
    with (
        Ray(workers=2, retries=1).start(spec(), always_fatal) as evaluator,
        pytest.raises(RunError, match="2 workers lost"),
    ):
        evaluator.evaluate(*designs(5))


def test_more_workers_than_cores_are_refused(cluster):
    with pytest.raises(ConfigError, match="workers to be at most 6"):
        Ray(workers=CORES + 1).start(spec(), quick)


def test_a_gpu_that_the_cluster_does_not_have_is_refused(cluster):
    with pytest.raises(ConfigError, match="GPU"):
        Ray().start(replace(spec(), execution=Execution(device="cuda")), quick)


@pytest.mark.parametrize(
    "wrong",
    [{"workers": -1}, {"workers": 1.5}, {"retries": -1}, {"chunks_per_worker": True}, {"address": ""}, {"address": 3}],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError, match=f"expected {next(iter(wrong))} to be "):
        Ray(**wrong)


def test_a_local_cluster_listens_on_this_machine_only_and_leaves_nothing_behind():
    done = subprocess.run(
        [sys.executable, "-m", "tests.evaluate.lifecycle"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["loopback", "gone"]
    assert done.stderr == ""


@pytest.mark.slow
def test_workers_have_a_gpu_each_where_there_are_some_and_a_share_of_the_memory_where_there_are_none():
    done = subprocess.run(
        [sys.executable, "-m", "tests.evaluate.logical_gpus"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.splitlines() == [
        "auto: 2 workers, gpu=[1] visible=[0, 1] threads=[1] memory=[64]",
        "cpu: 4 workers, gpu=[0] visible=[-1] threads=[1] memory=[16]",
    ], done.stderr


def test_an_address_without_a_cluster_is_one_clear_error():
    code = (
        "from codesign.evaluate.ray_evaluator import Ray; from codesign.errors import ConfigError; "
        "from tests.evaluate.fakes import quick, spec\n"
        "try: Ray(address='127.0.0.1:1').start(spec(), quick)\n"
        "except ConfigError as error: print(error.remedy)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert "set address=local" in done.stdout, done.stderr


def test_importing_the_room_loads_no_ray():
    code = "import sys, codesign.evaluate, codesign.run; print('ray' in sys.modules, 'pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_code_that_the_workers_import_is_this(cluster):
    import codesign  # noqa: PLC0415

    where = cluster.remote(lambda: codesign.__file__)
    assert Path(cluster.get(where.remote())) == Path(codesign.__file__)
