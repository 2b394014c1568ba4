"""The page about a run while it goes on: what it costs, what it leaves alone, and what it holds."""

import signal
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codesign.errors import OutputError, RunError
from codesign.run import DesignTables, Report, ReportWriter, RunFolder, SummaryReader, evolve, select
from codesign.run import report as report_module
from codesign.run.designs import design_id
from codesign.run.populations import populations
from codesign.run.report_writer import SHARE
from tests.export.strips import recording
from tests.run.fakes import CONFIG, GENERATIONS, KINDS, Quick, experiment, finished, results
from tests.run.test_replay import real


class Simulations:
    """Stands for the simulator, and counts what it is asked for."""

    def __init__(self) -> None:
        self.parts: list[list[str]] = []

    def __call__(self, _experiment, _folder, designs):
        self.parts.append([design.id for design in designs])
        return [
            recording(design.id, generation=design.identity[0], fitness=design.fitness, operator=design.operator)
            for design in designs
        ]

    @property
    def asked(self) -> list[str]:
        return [design for part in self.parts for design in part]


@pytest.fixture
def simulations(monkeypatch) -> Simulations:
    found = Simulations()
    monkeypatch.setattr(report_module, "replay", found)
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    return finished(tmp_path_factory.mktemp("report") / "run")


class Clock:
    """A clock that goes on by `step` seconds whenever it is looked at."""

    def __init__(self, step: float) -> None:
        self.step, self.now = step, 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def writer(notes: list[str], *, clock=None, every: float = 0.0, **settings) -> ReportWriter:
    more = {} if clock is None else {"clock": clock}
    return ReportWriter(experiment(**settings), designs=2, every=every, tell=notes.append, **more)


def test_a_page_that_is_asked_for_again_simulates_nothing(run, simulations) -> None:
    report = Report(experiment(), run, 3)
    first = report.page()
    shown = [design.id for design in select(run, "top3,lineage")]
    assert simulations.asked == shown
    assert report.page() == first
    assert simulations.asked == shown
    assert all(f'"id":"{design}"' in first for design in shown)


def test_a_page_with_little_time_shows_the_best_design_and_a_later_one_the_rest(run, simulations) -> None:
    report = Report(experiment(), run, 4)
    shown = [design.id for design in select(run, "top4,lineage")]
    assert [each.design for each in report.gallery(0.0).recordings] == shown[:1]
    assert simulations.parts == [shown[:1]]
    assert [each.design for each in report.gallery(60.0).recordings] == shown
    assert simulations.asked == shown


def test_what_is_not_shown_any_more_is_not_kept(run, simulations) -> None:
    report = Report(experiment(), run, 4)
    report.gallery()
    shown = {design.identity for design in select(run, "top4,lineage")}
    assert report._recordings.keys() == shown


def test_a_run_with_the_page_has_the_same_numbers(run, tmp_path, simulations) -> None:
    notes: list[str] = []
    page = writer(notes, clock=Clock(1000.0))
    evolve(experiment(), tmp_path / "run", CONFIG, page)
    assert results(RunFolder(tmp_path / "run")) == results(run)
    assert (tmp_path / "run" / "report.html").exists()
    assert simulations.asked
    assert notes == []


def test_designs_that_are_simulated_for_the_page_change_no_bit_of_the_run(tmp_path) -> None:
    pages: list[int] = []

    class Counting(ReportWriter):
        def between_generations(self) -> None:
            super().between_generations()
            pages.append((tmp_path / "with" / "report.html").exists())

    notes: list[str] = []
    evolve(real(), tmp_path / "without", CONFIG)
    evolve(
        real(),
        tmp_path / "with",
        CONFIG,
        Counting(real(), designs=3, every=0.0, tell=notes.append, clock=Clock(1000.0)),
    )
    assert results(RunFolder(tmp_path / "with")) == results(RunFolder(tmp_path / "without"))
    assert pages[0]
    assert notes == []


def test_pages_are_as_far_apart_as_asked_for_and_cost_no_more_than_their_share(tmp_path, monkeypatch) -> None:
    times: list[float] = []
    clock = Clock(0.0)

    def write(_report, seconds):
        assert seconds <= SHARE * clock.now
        times.append(clock.now)
        clock.now += 3.0

    monkeypatch.setattr(Report, "write", write)
    page = writer([], clock=clock, every=100.0)
    page.on_start(tmp_path, 0, 1000)
    for _ in range(1000):
        clock.now += 1.0
        page.between_generations()
    assert times[0] >= 1.0 / SHARE
    assert np.diff(times).min() >= 100.0
    assert len(times) == 10
    times.clear()
    page = writer([], clock=clock)
    page.on_start(tmp_path, 0, 1000)
    begin = clock.now
    for _ in range(1000):
        clock.now += 1.0
        page.between_generations()
    assert 0.8 * SHARE < 3.0 * len(times) / (clock.now - begin) <= SHARE


@pytest.mark.parametrize("error", [OutputError("a place", "a full disk", "free some space"), ZeroDivisionError("oh")])
def test_a_page_that_cannot_be_written_is_told_once_and_the_run_goes_on(tmp_path, monkeypatch, error) -> None:
    def fail(_report, _seconds):
        raise error

    monkeypatch.setattr(Report, "write", fail)
    notes: list[str] = []
    clock = Clock(1000.0)
    page = writer(notes, clock=clock)
    outcome = evolve(experiment(), tmp_path / "run", CONFIG, page)
    assert outcome.finished == GENERATIONS
    clock.step = 0.0
    for _ in range(3):
        clock.now += 1e6
        page.between_generations()
    (told,) = notes
    assert "could not be written, and the run goes on without" in told
    assert str(error) in told


def test_a_run_without_a_valid_design_has_no_page_and_says_nothing(tmp_path, simulations) -> None:
    notes: list[str] = []
    page = writer(notes, clock=Clock(1000.0), evaluator=Quick(hopeless=True))
    outcome = evolve(experiment(evaluator=Quick(hopeless=True)), tmp_path / "run", CONFIG, page)
    assert page.finish(outcome) is None
    assert not (tmp_path / "run" / "report.html").exists()
    assert notes == []


class Interrupting(ReportWriter):
    """Gets a signal in the midst of making a page of the third generation."""

    def between_generations(self) -> None:
        if len(RunFolder(self.path).read_metrics()) == 3:
            signal.raise_signal(signal.SIGTERM)
            pytest.fail("the signal waited")

    path: Path


def test_a_signal_interrupts_the_page_and_loses_nothing(run, tmp_path, simulations) -> None:
    page = Interrupting(experiment(), designs=2, every=0.0, tell=pytest.fail)
    page.path = tmp_path / "run"
    outcome = evolve(experiment(), tmp_path / "run", CONFIG, page)
    assert outcome.signal == signal.SIGTERM
    assert outcome.finished == 3
    assert page.finish(outcome) == tmp_path / "run" / "report.html"
    assert not list((tmp_path / "run").glob(".*.part"))


def test_the_page_after_a_signal_takes_a_few_seconds_at_most(tmp_path, monkeypatch) -> None:
    asked: list[float] = []
    monkeypatch.setattr(Report, "write", lambda _report, seconds=np.inf: asked.append(seconds))
    page = writer([])
    outcome = evolve(experiment(), tmp_path / "run", CONFIG, page)
    page.finish(outcome)
    page.finish(replace(outcome, signal=signal.SIGINT))
    assert asked == [np.inf, 5.0]


def test_a_resumed_run_gets_a_page_of_the_whole_run(run, tmp_path, simulations) -> None:
    short = replace(experiment(), search=replace(experiment().search, generations=2))
    evolve(short, tmp_path / "run", CONFIG)
    gallery = Report(experiment(), RunFolder(tmp_path / "run")).gallery()
    assert gallery.summary is not None
    assert (len(gallery.summary), gallery.summary.planned) == (2, GENERATIONS)


def test_the_summary_agrees_with_the_records(run) -> None:
    rows, found = run.read_metrics(), SummaryReader(run, GENERATIONS).read()
    designs = [DesignTables(run).generation(row["generation"]) for row in rows]
    valid = [[each for each in own if np.isfinite(each.fitness)] for own in designs]
    assert any(len(own) < len(every) for own, every in zip(valid, designs, strict=True))
    assert found.generations.tolist() == list(range(GENERATIONS))
    np.testing.assert_allclose(found.best, [row["best_fitness"] for row in rows])
    np.testing.assert_array_equal(found.robots_per_second, [row["robots_per_second"] for row in rows])
    np.testing.assert_array_equal(found.robot_steps_per_second, [row["robot_steps_per_second"] for row in rows])
    np.testing.assert_allclose(found.after.median, [np.median([each.fitness for each in own]) for own in valid])
    np.testing.assert_allclose(found.before.median, [np.median([each.curve[0] for each in own]) for own in valid])
    sizes = [[each.masses for each in own] for own in designs]
    np.testing.assert_allclose(found.masses.high, [np.percentile(own, 75) for own in sizes])
    np.testing.assert_allclose(sum(found.statuses.values()), 1.0)
    children = [each for own in designs for each in own if each.parents]
    assert found.operators.children.sum() == len(children)
    assert found.operators.entered.sum() == sum(row["survivors"] for row in rows[1:])
    fitness = {each.id: each.fitness for own in designs for each in own}
    better = [each.fitness > max(fitness[design_id(*parent)] for parent in each.parents) for each in children]
    assert found.operators.better.sum() == sum(better)


@pytest.mark.parametrize("kind", [*KINDS, "islands"])
def test_operators_paid_off_where_their_children_were_selected(kind, tmp_path) -> None:
    own = replace(experiment().search, islands=2, migration_interval=2)
    one = experiment(search=own) if kind == "islands" else experiment(kind)
    evolve(one, tmp_path / "run", CONFIG)
    folder = RunFolder(tmp_path / "run")
    tables = DesignTables(folder)
    designs = {each.id: each for generation in tables.generations() for each in tables.generation(generation)}
    children = [each for each in designs.values() if each.parents]
    best = [max(designs[design_id(*parent)].fitness for parent in each.parents) for each in children]
    better = [each.operator for each, most in zip(children, best, strict=True) if each.fitness > most]
    entered = list[str]()
    for generation, population in enumerate(populations(one, folder)):
        members = [designs[design_id(*identity)] for identity in population.identities.tolist()]
        entered += [each.operator for each in members if each.identity[0] == generation and each.parents]
    found = SummaryReader(folder).read().operators
    assert dict(zip(found.names, found.children, strict=True)) == Counter(each.operator for each in children)
    for counts, expected in ((found.better, better), (found.entered, entered)):
        told = {name: count for name, count in zip(found.names, counts.tolist(), strict=True) if count}
        assert told == Counter(expected)


def test_the_summary_goes_on_where_it_was(run, monkeypatch) -> None:
    reader = SummaryReader(run)
    first = reader.read(("a",))
    monkeypatch.setattr("codesign.run.summary.DesignTables.outcomes", pytest.fail)
    again = reader.read()
    np.testing.assert_array_equal(first.after.median, again.after.median)
    assert (first.lineage, again.lineage) == (("a",), ())


def test_lines_of_older_versions_leave_gaps(run, tmp_path) -> None:
    other = finished(tmp_path / "run")
    lines = ['{"generation": 0, "diversity": "much", "survivors": true}\n', '{"generation": 1, "robots": [1]}\n']
    other.metrics.write_text("".join(lines))
    found = SummaryReader(other).read()
    assert np.isnan([found.diversity, found.best, found.robots, found.survivors]).all()
    assert np.isfinite(found.after.median).all()
    assert found.operators.entered.sum() == 0


def test_a_damaged_table_is_one_clear_error(tmp_path) -> None:
    other = finished(tmp_path / "run")
    next(other.designs.iterdir()).write_bytes(b"PAR1 and nothing more")
    with pytest.raises(RunError, match="a table of designs"):
        SummaryReader(other).read()
