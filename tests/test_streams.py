import numpy as np
import pytest

from codesign.streams import Draws, Purpose, stream_keys


def identities(generation: int, count: int) -> np.ndarray:
    return np.stack([np.full(count, generation), np.arange(count)], axis=1)


def test_keys_are_splitmix64s() -> None:
    # The reference's first outputs from state 0.
    expected = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert Draws(np.zeros(1, np.uint64)).bits(3)[0].tolist() == expected


def test_an_individual_draws_the_same_alone_and_among_many() -> None:
    keys = stream_keys(3, identities(7, 50), Purpose.VARIATION)
    everyone, some = Draws(keys), Draws(keys)
    all_at_once = np.concatenate([everyone.uniform(4), everyone.uniform(3), everyone.integers(9)[:, None]], axis=1)
    for number in np.random.default_rng(0).permutation(50):
        own = some.of(np.array([number]))
        drawn = np.concatenate([own.of(np.array([0])).uniform(4), own.uniform(3), own.integers(9)[:, None]], axis=1)
        assert (drawn[0] == all_at_once[number]).all()
        alone = Draws(keys[number : number + 1])
        assert (alone.uniform(7)[0] == all_at_once[number, :7]).all()


@pytest.mark.parametrize("seed", [0, 1, 2**64, 10**30])
def test_keys_differ_by_all_of_the_address(seed: int) -> None:
    keys = [
        stream_keys(each, identities(generation, 1000), purpose)
        for each in (seed, seed + 7)
        for generation in (0, 1, 2, 1000)
        for purpose in Purpose
    ]
    assert len(np.unique(np.concatenate(keys))) == 2 * 4 * len(Purpose) * 1000


def test_numbers_are_uniform_and_independent() -> None:
    drawn = Draws(stream_keys(0, identities(1, 2000), Purpose.VARIATION)).uniform(500)
    counts = np.histogram(drawn, bins=100, range=(0, 1))[0]
    # Chi-squared with 99 degrees of freedom: mean 99, standard deviation 14.
    assert ((counts - 10_000.0) ** 2 / 10_000.0).sum() < 99 + 5 * 14
    for first, second in ((drawn[:-1], drawn[1:]), (drawn[:, :-1], drawn[:, 1:])):
        correlation = np.corrcoef(first.ravel(), second.ravel())[0, 1]
        assert abs(correlation) < 5 / np.sqrt(first.size)


def test_whole_numbers_reach_every_choice_alike() -> None:
    draws = Draws(stream_keys(0, identities(0, 70_000), Purpose.GENOME))
    counts = np.bincount(draws.integers(7), minlength=7)
    assert len(counts) == 7
    assert abs(counts - 10_000).max() < 5 * np.sqrt(10_000 * 6 / 7)
    limits = 1 + np.arange(70_000) % 5
    assert (draws.integers(limits) < limits).all()
