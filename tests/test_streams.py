from collections.abc import Callable

import numpy as np
import pytest

from codesign.streams import Draws, Purpose, draws_of, stream_keys


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


def test_draws_of_a_generation_are_those_of_its_individuals() -> None:
    drawn = draws_of(3, 7, 50, Purpose.VARIATION).bits(2)
    assert (drawn == Draws(stream_keys(3, identities(7, 50), Purpose.VARIATION)).bits(2)).all()


@pytest.mark.parametrize(
    "draw",
    [
        lambda draws: draws.integers(9),
        lambda draws: draws.integers(np.array([3, 5]), 2),
        lambda draws: draws.chances(0.3, 13),
        lambda draws: draws.categories((0.2, 0.3, 0.5), 11),
        lambda draws: draws.coins(70),
        lambda draws: draws.tosses(),
        lambda draws: draws.pick(np.ones((len(draws), 5), np.bool_)),
    ],
)
def test_every_kind_of_number_is_the_same_alone_and_among_many(draw: Callable[[Draws], np.ndarray]) -> None:
    keys = stream_keys(5, identities(1, 30), Purpose.VARIATION)
    everyone = Draws(keys)
    every = [draw(everyone), draw(everyone)]
    for own in ([7], [29, 0, 13], slice(4, 9)):
        some = Draws(keys).of(own)
        for whole in every:
            assert (draw(some) == whole[own]).all()


@pytest.mark.parametrize("probability", [0.0, 1e-4, 1 / 286, 1 / 256, 0.3, 0.5, 0.999, 1.0])
def test_chances_are_as_likely_as_asked(probability: float) -> None:
    answers = draws_of(1, 0, 2000, Purpose.GENOME).chances(probability, 1001)
    assert answers.shape == (2000, 1001)
    deviation = np.sqrt(answers.size * probability * (1 - probability))
    assert abs(answers.sum() - answers.size * probability) <= 5 * deviation
    apart = draws_of(1, 0, 2000, Purpose.GENOME).chances(np.full(2000, probability), 1001)
    assert (apart == answers).all()


def test_chances_of_each_individual_are_its_own() -> None:
    probabilities = np.linspace(0, 1, 101)
    shares = draws_of(1, 0, 101, Purpose.GENOME).chances(probabilities, 20_000).mean(axis=1)
    assert (abs(shares - probabilities) <= 5 * np.sqrt(probabilities * (1 - probabilities) / 20_000)).all()


@pytest.mark.parametrize("probabilities", [(1.0,), (0.465, 0.535), (0.4, 0.15, 0.15, 0.15, 0.15), (0.0, 1e-3, 0.999)])
def test_categories_are_as_frequent_as_asked(probabilities: tuple[float, ...]) -> None:
    chosen = draws_of(2, 0, 1000, Purpose.GENOME).categories(probabilities, 999)
    counts = np.bincount(chosen.ravel(), minlength=len(probabilities))
    expected = np.array(probabilities) * chosen.size
    assert (abs(counts - expected) <= 5 * np.sqrt(expected * (1 - np.array(probabilities)))).all()


def test_coins_are_fair_and_independent() -> None:
    coins = draws_of(3, 0, 5000, Purpose.GENOME).coins(131)
    assert coins.shape == (5000, 131)
    assert abs(coins.mean() - 0.5) < 5 * 0.5 / np.sqrt(coins.size)
    assert (abs(coins.mean(axis=0) - 0.5) < 5 * 0.5 / np.sqrt(5000)).all()
    assert abs(np.corrcoef(coins[:, :-1].ravel(), coins[:, 1:].ravel())[0, 1]) < 5 / np.sqrt(coins.size)


def test_tosses_are_geometric() -> None:
    counts = np.bincount(draws_of(4, 0, 100_000, Purpose.GENOME).tosses())
    assert counts[0] == 0
    for number in range(1, 10):
        share = 0.5**number
        assert abs(counts[number] - 100_000 * share) < 5 * np.sqrt(100_000 * share * (1 - share))


def test_picks_are_of_the_choices_alike_and_none_where_there_is_none() -> None:
    choices = np.zeros((60_000, 9), np.bool_)
    choices[:20_000, [1, 4, 8]] = True
    choices[20_000:40_000, 0] = True
    picked = draws_of(5, 0, 60_000, Purpose.GENOME).pick(choices)
    counts = np.bincount(picked[:20_000], minlength=9)
    assert set(np.flatnonzero(counts)) == {1, 4, 8}
    assert abs(counts[[1, 4, 8]] - 20_000 / 3).max() < 5 * np.sqrt(20_000 * 2 / 9)
    assert (picked[20_000:40_000] == 0).all()
    assert (picked[40_000:] == -1).all()
    assert (draws_of(5, 0, 3, Purpose.GENOME).pick(np.zeros((3, 4), np.bool_)) == -1).all()


def test_scattered_numbers_are_uniform_and_follow_from_individual_and_column() -> None:
    individuals, columns = np.divmod(np.arange(200_000), 500)
    numbers = draws_of(6, 0, 400, Purpose.GENOME).scattered(individuals, columns)
    counts = np.histogram(numbers, bins=100, range=(0, 1))[0]
    assert ((counts - 2000.0) ** 2 / 2000.0).sum() < 99 + 5 * 14
    some = np.random.default_rng(0).permutation(200_000)[:50]
    again = draws_of(6, 0, 400, Purpose.GENOME).scattered(individuals[some], columns[some])
    assert (again == numbers[some]).all()
