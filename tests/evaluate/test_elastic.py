"""Workers and nodes that are lost, hang, are slow or join in a generation: the same bits, and no hang."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from codesign.errors import EvaluatorError
from codesign.evaluate import EvaluatorListener, Request, Workforce
from codesign.evaluate.evaluator import EvaluateDesigns
from codesign.evaluate.ray_evaluator import Ray, RayEvaluator
from tests.evaluate.clusters import descendants, started
from tests.evaluate.fakes import always_fatal, assert_same, designs, fatal_once, quick, spec, traced

pytestmark = pytest.mark.slow

COUNT = 40
PAUSE = 0.1


class Ears(EvaluatorListener):
    """Remembers what it heard."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.workforces: list[Workforce] = []
        self.progress: list[tuple[int, int]] = []

    def on_progress(self, done: int, asked: int) -> None:
        self.progress.append((done, asked))

    def on_notice(self, text: str) -> None:
        self.notices.append(text)

    def on_workforce(self, workforce: Workforce) -> None:
        self.workforces.append(workforce)

    def count(self, part: str) -> int:
        return sum(part in notice for notice in self.notices)


@pytest.fixture(scope="module")
def ray_cluster() -> Iterator[Any]:
    """A cluster whose first node, on which the drivers are, has no cores."""
    with started(0) as running:
        yield running


@pytest.fixture
def nodes(ray_cluster: Any) -> Iterator[Callable[..., Any]]:
    """Return what adds nodes; those that are left are removed."""
    added: list[Any] = []

    def add(**resources: Any) -> Any:
        added.append(ray_cluster.add_node(**resources))
        return added[-1]

    yield add
    for node in added:
        if node in ray_cluster.worker_nodes:
            ray_cluster.remove_node(node, allow_graceful=False)
    wait_until(lambda: sum(node["Alive"] for node in ray_cluster.global_state.node_table()) == 1)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path


@contextmanager
def running(ray_cluster: Any, function: EvaluateDesigns, **settings: Any) -> Iterator[tuple[RayEvaluator, Ears]]:
    ears = Ears()
    with Ray(address=ray_cluster.address, **settings).start(spec(), function) as evaluator:
        evaluator.listener = ears
        yield evaluator, ears


def working(trace: Path) -> list[int]:
    """Return the processes that have begun a piece, the first first."""
    order = trace / "order"
    return [int(line) for line in order.read_text().split()] if order.exists() else []


def pieces(trace: Path, process: int) -> int:
    """Return how many pieces a process has begun."""
    return (trace / str(process)).read_text().count("\n")


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def check(evaluator: RayEvaluator, count: int = COUNT) -> None:
    """Check that a generation has the numbers that it would have without Ray."""
    genomes, identities = designs(count)
    assert_same(evaluator.evaluate(Request(genomes, identities)), quick(spec(), Request(genomes, identities)))


@contextmanager
def checking(evaluator: RayEvaluator, count: int = COUNT, ends_with: str | None = None) -> Iterator[None]:
    """Check a generation in another thread, while something happens."""
    faults: list[BaseException] = []

    def guarded() -> None:
        try:
            if ends_with is None:
                check(evaluator, count)
            else:
                with pytest.raises(EvaluatorError, match=ends_with):
                    evaluator.evaluate(Request(*designs(count)))
        except BaseException as error:
            faults.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    yield
    thread.join(90.0)
    assert not thread.is_alive()
    if faults:
        raise faults[0]


def test_a_worker_is_killed_in_a_piece(ray_cluster, nodes, trace):
    nodes(num_cpus=2)
    with running(ray_cluster, traced(trace, PAUSE)) as (evaluator, ears), checking(evaluator):
        wait_until(lambda: len(working(trace)) == 2)
        os.kill(working(trace)[0], signal.SIGKILL)
    assert ears.count("A worker on ") == ears.count("was lost") == 1
    assert ears.workforces[-1].retries == 1
    assert ears.progress == sorted(set(ears.progress))
    assert ears.progress[-1] == (COUNT, COUNT)


def test_all_workers_are_killed_at_once(ray_cluster, nodes, trace):
    nodes(num_cpus=3)
    with running(ray_cluster, traced(trace, PAUSE), retries=1) as (evaluator, ears), checking(evaluator):
        wait_until(lambda: len(working(trace)) == 3)
        for process in working(trace):
            os.kill(process, signal.SIGKILL)
    assert ears.count("was lost") == 3


def test_idle_workers_are_killed_between_generations(ray_cluster, nodes, trace):
    """Nobody's piece is lost with them, so that none counts as one that took a worker down."""
    nodes(num_cpus=2)
    with running(ray_cluster, traced(trace, PAUSE / 10), retries=0) as (evaluator, ears):
        while len(working(trace)) < 2:
            check(evaluator)
        for process in working(trace):
            os.kill(process, signal.SIGKILL)
        check(evaluator)
        assert ears.workforces[-1].retries == 0


def test_an_idle_worker_is_stopped_between_generations(ray_cluster, nodes, trace):
    nodes(num_cpus=1)
    with running(ray_cluster, traced(trace, PAUSE / 10), retries=0, grace_seconds=1.0) as (evaluator, ears):
        check(evaluator)
        os.kill(working(trace)[0], signal.SIGSTOP)
        check(evaluator)
    assert len(working(trace)) == 2
    assert ears.count("that had nothing to do was lost") == 1


def test_a_node_is_lost_and_another_has_to_do_its_work(ray_cluster, nodes, trace):
    nodes(num_cpus=1)
    lost = nodes(num_cpus=2)
    # Without retries, because the loss of a node is not the fault of the designs that were there.
    with running(ray_cluster, traced(trace, PAUSE), retries=0) as (evaluator, ears):
        with checking(evaluator):
            wait_until(lambda: len(working(trace)) == 3)
            ray_cluster.remove_node(lost, allow_graceful=False)
        assert ears.count("A node left") == 1
        assert ears.workforces[-1].nodes == ears.workforces[-1].workers == 1
        check(evaluator)
    assert ears.count("was lost") == 0


def test_the_only_node_is_lost_and_another_comes_later(ray_cluster, nodes, trace):
    only = nodes(num_cpus=1)
    settings = {"retries": 0, "wait_seconds": 30.0}
    with running(ray_cluster, traced(trace, PAUSE), **settings) as (evaluator, ears), checking(evaluator):
        wait_until(lambda: len(working(trace)) == 1)
        ray_cluster.remove_node(only, allow_graceful=False)
        time.sleep(2.0)
        nodes(num_cpus=1)
    assert ears.count("A node left") == ears.count("A node joined") == 1
    assert len(working(trace)) == 2


def test_a_node_that_joins_in_a_generation_is_used_in_it(ray_cluster, nodes, trace):
    nodes(num_cpus=1)
    new: list[int] = []
    with running(ray_cluster, traced(trace, 2 * PAUSE), retries=0) as (evaluator, ears):
        with checking(evaluator, 2 * COUNT):
            wait_until(lambda: len(working(trace)) == 1)
            node = nodes(num_cpus=2)
            wait_until(lambda: len(working(trace)) == 3)
            new.extend(descendants(node.all_processes["raylet"][0].process.pid))
        assert ears.count("A node joined") == 1
        assert (ears.workforces[-1].nodes, ears.workforces[-1].workers) == (2, 3)
    assert set(working(trace)[1:]) <= set(new)


def test_a_worker_is_stopped_and_goes_on_late(ray_cluster, nodes, trace):
    nodes(num_cpus=2)
    pieces_before: list[int] = []
    settings = {"grace_seconds": 2.0, "startup_seconds": 3.0, "patience": 2.0}
    with running(ray_cluster, traced(trace, PAUSE), **settings) as (evaluator, ears):
        with checking(evaluator, 3 * COUNT):
            wait_until(lambda: len(working(trace)) == 2)
            process = working(trace)[0]
            os.kill(process, signal.SIGSTOP)
            pieces_before.append(pieces(trace, process))
            wait_until(lambda: ears.count("has not answered"))
            os.kill(process, signal.SIGCONT)
        assert ears.count("has not answered") == 1
        assert ears.count("answered after") == 1
        assert ears.workforces[-1].workers == 2
    assert len(working(trace)) == 2
    assert pieces(trace, working(trace)[0]) > pieces_before[0]


def test_a_worker_that_stays_stopped_is_replaced(ray_cluster, nodes, trace):
    nodes(num_cpus=1)
    settings = {"grace_seconds": 1.0, "startup_seconds": 2.0, "patience": 2.0}
    with running(ray_cluster, traced(trace, PAUSE), **settings) as (evaluator, ears), checking(evaluator):
        wait_until(lambda: len(working(trace)) == 1)
        os.kill(working(trace)[0], signal.SIGSTOP)
    assert ears.count("is ended and replaced") == 1
    assert len(working(trace)) == 2


def test_a_slow_worker_gets_less_to_do_and_is_not_taken_for_lost(ray_cluster, nodes, trace):
    nodes(num_cpus=2)
    with running(ray_cluster, traced(trace, PAUSE / 4, slow=8.0)) as (evaluator, ears):
        while len(working(trace)) < 2 or any(pieces(trace, process) < 3 for process in working(trace)):
            check(evaluator)
        for process in working(trace):
            (trace / str(process)).write_text("")
        check(evaluator, 3 * COUNT)
        # On a busy machine it may be told that workers take their time to start.
        assert [notice for notice in ears.notices if not notice.startswith("Nobody is there")] == []
    slow = (trace / "first").readlink().name
    (fast,) = {str(process) for process in working(trace)} - {slow}
    done = {name: sum(map(int, (trace / name).read_text().split())) for name in (slow, fast)}
    assert 0 < done[slow] < done[fast]


def test_a_late_answer_that_others_gave_is_dropped(ray_cluster, nodes, trace):
    """The first process needs far longer than it is allowed; whoever is faster has its designs by then."""
    nodes(num_cpus=2)
    settings = {"grace_seconds": 0.3, "startup_seconds": 1.0, "patience": 1.0, "retries": 9}
    with running(ray_cluster, traced(trace, PAUSE, slow=12.0), **settings) as (evaluator, ears):
        for _ in range(3):
            check(evaluator)
        assert ears.count("has not answered") >= 1


def test_designs_that_take_every_worker_down_end_with_a_clear_error(ray_cluster, nodes):
    nodes(num_cpus=2)
    with (
        running(ray_cluster, always_fatal, retries=1) as (evaluator, _),
        pytest.raises(EvaluatorError, match="2 workers lost in a row"),
    ):
        check(evaluator)


@pytest.mark.parametrize("workers", [1, 2])
def test_the_work_of_a_worker_that_fell_is_done_by_another(ray_cluster, nodes, tmp_path, workers):
    nodes(num_cpus=workers)
    with running(ray_cluster, fatal_once(tmp_path / "fell", 11)) as (evaluator, _):
        check(evaluator, 20)
    assert (tmp_path / "fell").exists()


def test_nobody_comes_within_the_time(ray_cluster):
    with (
        running(ray_cluster, quick, wait_seconds=3.0) as (evaluator, ears),
        pytest.raises(EvaluatorError, match=r"a worker within 3 s; got .*without CPU cores and GPUs"),
    ):
        check(evaluator)
    assert ears.count("waiting up to 3 s") == 1


def test_nobody_is_left(ray_cluster, nodes, trace):
    only = nodes(num_cpus=1)
    # A worker must have started by then, on a busy machine too.
    with running(ray_cluster, traced(trace, PAUSE), wait_seconds=15.0) as (evaluator, ears):
        with checking(evaluator, ends_with="a worker within 15 s"):
            wait_until(lambda: len(working(trace)) == 1)
            ray_cluster.remove_node(only, allow_graceful=False)
        assert ears.count("waiting up to 15 s") >= 1


def test_nodes_without_what_a_worker_takes_are_waited_for(ray_cluster, nodes):
    nodes(num_cpus=1)
    settings = {"resource": "robots", "wait_seconds": 20.0}
    with running(ray_cluster, quick, **settings) as (evaluator, ears), checking(evaluator):
        wait_until(lambda: ears.count("none with 1 CPU core and 1 robots for a worker"))
        nodes(num_cpus=1, resources={"robots": 1})
    assert ears.count("none with 1 CPU core and 1 robots for a worker") == 1
