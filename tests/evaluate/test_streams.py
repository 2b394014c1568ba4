"""Designs that come and go without generations have the numbers that they have in one."""

import numpy as np
import pytest

from codesign.errors import EvaluatorError
from codesign.evaluate import DesignWeights, Evaluations, Request
from codesign.evaluate.local import Local
from codesign.evaluate.ray_evaluator import Ray
from tests.evaluate.fakes import always_fatal, assert_same, broken, designs, fatal_once, quick, spec, traced


def stream_all(evaluator, count: int, in_flight: int = 4, together: int = 4):
    """Return identities and evaluations of designs in the order of completion, submitted as there was room."""
    genomes, identities = designs(count)
    found, next_design = [], 0
    with evaluator.stream(in_flight, together) as stream:
        while len(found) < count:
            room = min(stream.room, count - next_design)
            if room:
                part = slice(next_design, next_design + room)
                stream.submit(Request(genomes[part], identities[part]))
                next_design += room
            found += stream.completed()
        assert stream.designs == count
        assert stream.robot_steps == sum(one.evaluation.robot_steps for one in found)
    return found


def check(found, count: int) -> None:
    expected = quick(spec(), Request(*designs(count)))
    order = [one.identity[1] for one in found]
    assert sorted(order) == list(range(count))
    joined = Evaluations.concatenate([one.evaluation for one in found])
    assert_same(joined.take(np.argsort(order)), expected.take(np.arange(count)))


@pytest.mark.parametrize("together", [1, 4])
def test_one_process_completes_designs_in_the_order_of_submission(together):
    sizes = []

    def noted(spec, request):
        sizes.append(len(request))
        return quick(spec, request)

    found = stream_all(Local().start(spec(), noted), 18, 4, together)
    assert [one.identity[1] for one in found] == list(range(18))
    check(found, 18)
    assert max(sizes) == together


def test_requests_are_joined_with_the_weights_that_designs_begin_with():
    genomes, identities = designs(3)
    parts = [Request(genomes[place : place + 1], identities[place : place + 1]) for place in range(3)]
    assert Request.joined(parts).first is None
    own = DesignWeights.joined([np.array([1.0, np.nan], dtype=np.float32)])
    parts[1] = Request(genomes[1:2], identities[1:2], first=own)
    first = Request.joined(parts).first
    assert first is not None
    assert [len(first.of(place)) for place in range(3)] == [0, 2, 0]
    assert first.values.dtype == np.float32


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_complete_every_design_once(cluster, workers):
    with Ray(workers=workers, address=cluster).start(spec(), quick) as evaluator:
        check(stream_all(evaluator, 40), 40)
        # Afterwards generations are evaluated as before, and further streams.
        request = Request(*designs(9))
        assert_same(evaluator.evaluate(request), quick(spec(), request))
        check(stream_all(evaluator, 7), 7)


def test_nobody_waits_for_a_slow_worker(cluster, tmp_path):
    with Ray(workers=2, address=cluster).start(spec(), traced(tmp_path, 0.02, slow=20)) as evaluator:
        evaluator.evaluate(Request(*designs(10)))
        for file in tmp_path.iterdir():
            if file.name.isdigit():
                file.write_text("")
        found = stream_all(evaluator, 60)
    check(found, 60)
    slow = (tmp_path / "first").readlink()
    counts = {file.name: len(file.read_text().splitlines()) for file in tmp_path.iterdir() if file.name.isdigit()}
    assert counts.get(str(slow), 0) < 30 < sum(counts.values()) == 60
    assert [one.identity[1] for one in found] != sorted(one.identity[1] for one in found)


def test_designs_of_a_lost_worker_go_to_another(cluster, tmp_path):
    with Ray(workers=2, address=cluster).start(spec(), fatal_once(tmp_path / "dead", 11)) as evaluator:
        check(stream_all(evaluator, 30), 30)
    assert (tmp_path / "dead").exists()


def test_what_fails_is_told(cluster):
    with Ray(workers=1, address=cluster).start(spec(), broken) as evaluator, pytest.raises(ZeroDivisionError):
        stream_all(evaluator, 5)
    fatal = Ray(workers=1, address=cluster, retries=0).start(spec(), always_fatal)
    with fatal as evaluator, pytest.raises(EvaluatorError, match="lost"):
        stream_all(evaluator, 5)
