"""What shows itself in notebooks and terminals."""

import html
import re
from pathlib import Path

import numpy as np

import codesign
from codesign.export import History, line_chart
from tests.export.browsing import browser, needs_chromium  # noqa: F401


def test_a_recording_prints_in_a_few_lines(problem: codesign.Problem) -> None:
    text = str(problem.rollout(problem.random(1))[0])
    assert text.startswith("random-0, given of generation 0:")
    assert "fitness in walk" in text
    assert "distance" in text
    assert len(text.splitlines()) <= 6


def test_a_run_and_results_print_in_a_few_lines(problem: codesign.Problem, kept_run: Path) -> None:
    run = codesign.open_run(kept_run)
    assert run.best.id in str(run)
    assert str(run.curves).splitlines()[0].split() == ["generation", "best", "mean"]
    assert len(str(run.curves).splitlines()) == 4
    results = problem.evaluate(problem.random(12))
    assert len(str(results).splitlines()) == 12
    assert str(results).endswith("...")


def test_a_frame_holds_a_whole_page_and_asks_for_nothing(problem: codesign.Problem) -> None:
    frame = problem.rollout(problem.random(1))[0]._repr_html_()
    assert frame.startswith("<iframe")
    assert frame.endswith("</iframe>")
    assert len(frame) < 400_000
    page = html.unescape(re.search(r'srcdoc="(.*)"></iframe>', frame, re.DOTALL)[1])  # type: ignore[index]
    assert "Content-Security-Policy" in page
    assert not re.search(r'(src|href)="?https?:', page)


def test_a_name_cannot_leave_its_chart() -> None:
    chart = line_chart({"<script>": [0.0, np.nan, 2.0, 3.0]}, title="a<b", across="x", up='"')
    assert "<script>" not in chart
    assert chart.count("<polyline") == 2  # a gap parts a line
    assert line_chart({}, title="none", across="x", up="y").startswith("<svg")
    assert "<svg" in History(np.zeros(0), np.zeros(0), np.zeros(0))._repr_html_()


def test_results_show_whose_curve_is_whose(problem: codesign.Problem) -> None:
    results = problem.evaluate(problem.random(12))
    shown = results._repr_html_()
    for place, number in enumerate(results.order[:10].tolist()):
        colour = re.search(rf'stroke="(#\w+)" stroke-width="1.5"><title>{results.names[number]}<', shown)
        assert colour is not None
        assert f'color:{colour[1]}">&#9632;</span> {results.names[number]}<' in shown, place


def test_genomes_and_bodies_are_told_in_a_line_however_many(problem: codesign.Problem, kept_run: Path) -> None:
    genomes = problem.random(5000)
    bodies = problem.develop(genomes)
    plain = codesign.Genomes(genomes.cells, genomes.muscles)
    best = codesign.open_run(kept_run).best
    for thing in (genomes, genomes[0], plain, plain[0], bodies, bodies[0], best, problem.initial_weights(bodies[:9])):
        assert "\n" not in repr(thing)
        assert len(repr(thing)) < 150, repr(thing)
    assert repr(genomes) == (
        "<PlacedGenomes: 5,000 genomes on 3 x 4 triangle cells: random-0, random-1, random-2, random-3, ...>"
    )
    assert str(genomes[:1]) == "1 genome on 3 x 4 triangle cells"
    assert repr(bodies[0]) == "<Body: 11 masses, 20 springs, 9 muscles, 2D>"
    assert best.id in repr(best)


def test_a_genome_prints_as_what_load_reads(problem: codesign.Problem, tmp_path: Path) -> None:
    genome = problem.random(1)[0]
    head, drawing = str(genome).split("\n", 1)
    assert head == repr(genome)
    (tmp_path / "drawn.txt").write_text(drawing)
    assert codesign.load(tmp_path / "drawn.txt").cells.tolist() == [genome.cells.tolist()]


@needs_chromium
def test_the_player_plays_inside_of_a_notebooks_frame(
    browser,  # noqa: F811
    problem: codesign.Problem,
    kept_run: Path,
    tmp_path: Path,
) -> None:
    genomes = problem.random(1)
    (recording,) = problem.rollout(genomes, before=problem.initial_weights(genomes, seed=1))
    (alone,) = problem.rollout(genomes)
    shown = [codesign.open_run(kept_run)._repr_html_(), recording._repr_html_(), alone._repr_html_()]
    (tmp_path / "notebook.html").write_text(f"<body>{''.join(shown)}</body>")
    page = browser.new_page(viewport={"width": 1000, "height": 2300})  # nothing moves out of sight
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(f"file://{tmp_path / 'notebook.html'}")
    for index, title in enumerate((None, "After learning", "Motion")):
        inside = page.frame_locator("iframe").nth(index)
        inside.locator("canvas:visible").first.wait_for()
        if title is not None:
            assert inside.get_by_text(title, exact=True).is_visible()
        drawn = inside.locator("canvas:visible").first.evaluate(
            "async canvas => { await new Promise(done => setTimeout(done, 300));"
            " const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;"
            " return new Set(new Uint32Array(data.buffer)).size; }"
        )
        assert drawn > 10
    page.close()
    assert faults == []
