"""Pieces: every design once, large ones first and small ones last, and what was given back again."""

import numpy as np
import pytest

from codesign.evaluate.pace import Pace, Patience
from codesign.evaluate.pieces import Pool


def shared_out(pool: Pool, workers: int, **limits: float) -> list[list[int]]:
    pieces = []
    while piece := pool.take(1 / workers, **limits):
        pieces.append(piece)
    return pieces


@pytest.mark.parametrize("workers", [1, 2, 3, 8, 50])
@pytest.mark.parametrize("designs", [1, 2, 7, 40])
@pytest.mark.parametrize("smallest", [1, 5])
def test_every_design_is_in_exactly_one_piece(designs, workers, smallest):
    work = np.random.default_rng(designs).integers(1, 30, designs).astype(float)
    pieces = shared_out(Pool(work, smallest), workers)
    assert sorted(design for piece in pieces for design in piece) == list(range(designs))
    assert all(piece == sorted(piece) for piece in pieces)


def test_pieces_shrink_as_work_runs_out():
    work = np.random.default_rng(1).gamma(2.0, 20.0, 4000)
    pool = Pool(work)
    loads = [pool.work_of(piece) for piece in shared_out(pool, 8)]
    assert loads[0] == pytest.approx(work.sum() / 16, rel=0.01)
    assert sorted(loads, reverse=True)[:40] == loads[:40]
    assert loads[-1] < 0.002 * loads[0]


def test_workers_of_unlike_speed_end_together():
    work = np.random.default_rng(1).gamma(2.0, 20.0, 4000)
    pool, pace = Pool(work), Pace(Patience(times=5.0, grace=10.0, startup=600.0))
    speeds, ends = np.array([1.0, 1.0, 2.0, 4.0, 1.0, 3.0, 1.0, 0.1]), np.zeros(8)
    for worker, speed in enumerate(speeds):
        pace.record(worker, 1000.0, 1.0)  # with compiling, which counts no more as soon as there is a second piece
        pace.record(worker, 1 / speed, 1.0)
    while len(pool):
        worker = int(np.argmin(ends))
        ends[worker] += pool.work_of(pool.take(pace.part(worker, range(8)))) / speeds[worker]
    assert ends.max() < 1.01 * work.sum() / speeds.sum()


def test_a_piece_has_the_smallest_size_at_least_and_takes_a_small_rest_along():
    assert [len(piece) for piece in shared_out(Pool(np.ones(300), 256), 2)] == [300]
    assert [len(piece) for piece in shared_out(Pool(np.ones(600), 256), 2)] == [256, 344]
    sizes = [len(piece) for piece in shared_out(Pool(np.ones(10_000), 256), 8)]
    assert sizes[0] == 625
    assert min(sizes) >= 128


def test_limits_of_work_and_of_number_hold():
    assert max(len(piece) for piece in shared_out(Pool(np.ones(100)), 1, most_work=7)) == 7
    assert len(Pool(np.ones(1000), 256).take(1, most=4)) == 4


def test_what_is_put_back_comes_next_in_pieces_of_half_the_size():
    pool = Pool(np.arange(1.0, 65.0))
    piece = pool.take(1)
    first = len(piece)
    assert first >= 4
    pool.put_back(piece)
    assert len(pool) == 64
    again = pool.take(1)
    assert set(again) < set(piece)
    assert len(again) == first // 2
    for size in (first // 4, first // 8, 1):
        pool.put_back(again)
        again = pool.take(1)
        assert len(again) == max(size, 1)


def test_only_a_piece_that_waits_as_a_whole_is_withdrawn():
    pool = Pool(np.ones(20))
    piece = pool.take(1)
    assert not pool.withdraw(piece)
    pool.put_back(piece)
    assert pool.withdraw(piece)
    assert len(pool) == 20 - len(piece)
    pool.put_back(piece)
    part = pool.take(1)
    assert not pool.withdraw(piece)
    rest = shared_out(pool, 1)
    assert sorted(design for each in (part, *rest) for design in each) == list(range(20))


def test_a_worker_gets_as_long_as_its_speed_says():
    pace = Pace(Patience(times=5.0, grace=10.0, startup=600.0))
    assert pace.seconds_per_work("a") is None
    assert pace.allowed("a", 100.0) == 600.0
    pace.record("a", 40.0, 10.0)  # with compiling
    assert pace.allowed("a", 10.0) == 10.0 + 5 * 40.0
    pace.record("a", 10.0, 10.0)
    assert pace.allowed("a", 10.0) == 10.0 + 5 * 10.0
    pace.record("a", 20.0, 10.0)
    assert pace.seconds_per_work("a") == 2.0
    pace.record("a", 10.0, 10.0)
    assert pace.seconds_per_work("a") == 1.5


def test_a_new_worker_is_believed_to_be_as_slow_as_the_slowest():
    pace = Pace(Patience(times=5.0, grace=10.0, startup=600.0))
    pace.record("fast", 1.0, 1.0)
    pace.record("slow", 7.0, 1.0)
    assert pace.allowed("new", 2.0) == 600.0 + 5 * 7.0 * 2.0
    pace.forget("slow")
    assert pace.allowed("new", 2.0) == 600.0 + 5 * 1.0 * 2.0
