"""Schedules of recomputation: right for any number of parts and snapshots, and as cheap as can be."""

from functools import cache

import pytest

from codesign.sim.layout.snapshot_schedule import Schedule, schedule_of

SIZES = [(parts, snapshots) for parts in (1, 2, 3, 5, 8, 13, 63) for snapshots in (1, 2, 3, 4, 8, 40, 63)]


def follow(schedule: Schedule, parts: int, snapshots: int) -> list[int]:
    """Return the parts in the order in which they are gone back through, checking every step on the way."""
    kept = {0: 0}  # place -> part whose start it holds
    for part, place in enumerate(schedule.keep.tolist()):
        if place > 0:
            kept[place] = part
    gone = []
    for number, (source, first, last, target) in enumerate(schedule.actions.tolist()):
        if number == 0:
            assert (source, first, last, target) == (-1, parts, parts - 1, -1)  # the forward sweep has left it
        else:
            assert kept[source] == first <= last
        if target >= 0:
            assert 0 < target < snapshots
            kept[target] = last + 1
        else:
            gone.append(last)
    assert kept[0] == 0
    return gone


@cache
def fewest(parts: int, free: int) -> int:
    """Return the parts to simulate again at least, those that are gone back through not counted, by trying all ways."""
    if parts == 1:
        return 0
    if free == 0:
        return parts * (parts - 1) // 2
    return min(stop + fewest(parts - stop, free - 1) + fewest(stop, free) for stop in range(1, parts))


@pytest.mark.parametrize(("parts", "snapshots"), SIZES)
def test_parts_are_gone_back_through_from_the_last_to_the_first(parts: int, snapshots: int) -> None:
    assert follow(schedule_of(parts, snapshots), parts, snapshots) == list(range(parts))[::-1]


@pytest.mark.parametrize(("parts", "snapshots"), SIZES)
def test_nothing_cheaper_exists(parts: int, snapshots: int) -> None:
    # Each part is simulated once more to be gone back through; as many are simulated by the forward sweep itself.
    assert schedule_of(parts, snapshots).repeated == fewest(parts, snapshots - 1)


def test_a_place_for_every_part_needs_each_once() -> None:
    assert schedule_of(63, 63).repeated == 62


def test_long_episodes_have_schedules_too() -> None:
    assert follow(schedule_of(6250, 26), 6250, 26) == list(range(6250))[::-1]
