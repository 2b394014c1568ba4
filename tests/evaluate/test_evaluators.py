"""What every evaluator promises: the same numbers, in order, wherever they are computed and whatever is lost."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import codesign
from codesign.errors import ConfigError, MemoryBudgetError
from codesign.evaluate import EVALUATORS, Request
from codesign.evaluate.local import Local
from codesign.evaluate.ray_evaluator import Ray
from codesign.evaluate.ray_workers import Needs
from codesign.sim import Execution
from tests.evaluate.fakes import (
    assert_same,
    broken,
    broken_by,
    designs,
    over_budget,
    quick,
    spec,
    where_imported,
)

ANYWHERE = {"local": Local(), **{f"ray{workers}": Ray(workers=workers) for workers in (1, 2, 3)}}
HERE_AND_ELSEWHERE = pytest.mark.parametrize("place", ["local", "ray2"])


def at(place, cluster):
    """Return the settings of a place, where that is Ray on the tests' cluster."""
    settings = ANYWHERE[place]
    return replace(settings, address=cluster) if isinstance(settings, Ray) else settings


@pytest.fixture(scope="module", params=ANYWHERE)
def evaluator(request, cluster):
    with at(request.param, cluster).start(spec(), quick) as started:
        yield started


def test_settings_carry_their_own_key():
    assert all(EVALUATORS[name]().name == name for name in EVALUATORS)


def test_numbers_are_the_same_wherever_they_are_computed(evaluator):
    for count in (1, 2, 25):
        genomes, identities = designs(count)
        assert_same(evaluator.evaluate(Request(genomes, identities)), quick(spec(), Request(genomes, identities)))


def test_results_are_in_the_order_asked(evaluator):
    genomes, identities = designs(20)
    order = np.random.default_rng(0).permutation(20)
    shuffled = evaluator.evaluate(Request(genomes[order], identities[order]))
    assert_same(shuffled, quick(spec(), Request(genomes, identities)).take(order))


@HERE_AND_ELSEWHERE
def test_a_users_mistake_arrives_as_it_was_raised(cluster, place):
    with at(place, cluster).start(spec(), over_budget) as started, pytest.raises(MemoryBudgetError) as caught:
        started.evaluate(Request(*designs(5)))
    assert caught.value.remedy == "set execution.memory_mib=64"


@HERE_AND_ELSEWHERE
def test_a_programs_mistake_is_not_tried_again(cluster, place):
    with at(place, cluster).start(spec(), broken) as started, pytest.raises(ZeroDivisionError):
        started.evaluate(Request(*designs(5)))


@HERE_AND_ELSEWHERE
def test_closing_twice_does_no_harm(cluster, place):
    started = at(place, cluster).start(spec(), quick)
    started.close()
    started.close()


@HERE_AND_ELSEWHERE
def test_a_programs_mistake_leaves_the_evaluator_in_order(cluster, place):
    """What other workers still compute for a generation that failed belongs to no later one."""
    with at(place, cluster).start(spec(), broken_by(3)) as started:
        with pytest.raises(ZeroDivisionError):
            started.evaluate(Request(*designs(12)))
        genomes, identities = designs(12)
        for order in ([0, 1, 2, 4, 5, 6, 7], [8, 2, 11, 10, 9]):
            some = genomes[np.array(order)], identities[order]
            assert_same(started.evaluate(Request(*some)), quick(spec(), Request(*some)))


def test_more_workers_than_there_is_room_for_on_this_machine_are_refused():
    needs = Needs(cores=1, gpus=0.5, resource="", most=5)
    assert needs.places({"CPU": 8.0, "GPU": 2.0}) == 4
    with pytest.raises(ConfigError, match="resource to be empty"):
        Ray(resource="robots", workers=1).start(spec(), quick)


def test_a_gpu_that_this_machine_does_not_have_is_refused():
    with pytest.raises(ConfigError, match="Ray sees no GPU"):
        Ray(workers=1).start(replace(spec(), execution=Execution(device="cuda")), quick)


@pytest.mark.parametrize(
    ("needs", "offered", "places", "sharing"),
    [
        (Needs(1, 0.0, "", 0), {"CPU": 4.0}, 4, 4),
        (Needs(1, 0.0, "", 3), {"CPU": 4.0}, 4, 3),
        (Needs(3, 0.0, "", 0), {"CPU": 8.0, "GPU": 2.0}, 2, 2),
        (Needs(1, 1.0, "", 0), {"CPU": 8.0, "GPU": 2.0}, 2, 1),
        (Needs(1, 0.25, "", 0), {"CPU": 8.0, "GPU": 1.0}, 4, 4),
        (Needs(1, 0.4, "", 0), {"CPU": 8.0, "GPU": 2.0}, 4, 2),
        (Needs(2, 0.25, "", 0), {"CPU": 5.0, "GPU": 1.0}, 2, 2),
        (Needs(1, 0.0, "robots", 0), {"CPU": 4.0, "robots": 3.0}, 3, 3),
        (Needs(1, 0.0, "robots", 0), {"CPU": 4.0}, 0, 1),
        (Needs(1, 1.0, "", 0), {"CPU": 4.0}, 0, 1),
        (Needs(1, 0.0, "", 0), {}, 0, 1),
    ],
)
def test_a_machine_has_room_for_as_many_workers_as_it_has_of_what_each_takes(needs, offered, places, sharing):
    assert needs.places(offered) == places
    assert needs.sharing(places) == sharing


@pytest.mark.parametrize(
    "wrong",
    [
        {"workers": -1},
        {"workers": 1.5},
        {"retries": -1},
        {"smallest_piece": True},
        {"address": ""},
        {"address": 3},
        {"cores_per_worker": 0},
        {"gpus_per_worker": 0.0},
        {"gpus_per_worker": 2.0},
        {"resource": 3},
        {"patience": 0.5},
        {"grace_seconds": 0.0},
        {"startup_seconds": -1.0},
        {"wait_seconds": "long"},
    ],
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
def test_workers_lie_where_there_is_what_each_takes_and_share_the_memory_of_a_machine_or_a_gpu():
    done = subprocess.run(
        [sys.executable, "-m", "tests.evaluate.logical_gpus"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.splitlines() == [
        "auto: 2 workers, 2 at work, gpu=[1] visible=[0, 1] threads=[1] memory=[64]",
        "halves: 4 workers, 4 at work, gpu=[1] visible=[0, 1] threads=[1] memory=[32]",
        "one of two: 1 workers, 1 at work, gpu=[1] visible=[0] threads=[1] memory=[64]",
        "cpu: 4 workers, 4 at work, gpu=[0] visible=[-1] threads=[1] memory=[16]",
        "two cores: 2 workers, 2 at work, gpu=[0] visible=[-1] threads=[2] memory=[32]",
        "resource: 2 workers, 2 at work, gpu=[0] visible=[-1] threads=[1] memory=[32]",
    ], done.stderr


def test_importing_the_room_loads_no_ray():
    code = "import sys, codesign.evaluate, codesign.run; print('ray' in sys.modules, 'pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_code_that_the_workers_import_is_this(cluster):
    with Ray(address=cluster, workers=1).start(spec(), where_imported) as evaluator:
        measures = evaluator.evaluate(Request(*designs(2))).measures
    assert list(measures) == [codesign.__file__]
