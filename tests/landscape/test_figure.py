"""The figure of landscapes."""

import numpy as np

from codesign.landscape import BodyLines, LinesAt, draw_landscapes


def lines(steepness: float) -> BodyLines:
    along = np.linspace(0.0, 1.0, 5)
    through = LinesAt(-steepness * along, np.stack([0.1 * along, -0.1 * along]))
    return BodyLines(2.0, 2.5, -steepness * along, through, through)


def test_a_figure_names_its_bodies_and_repeats_to_the_byte() -> None:
    bodies = {"evolved": lines(0.6), "random, same size": lines(0.1)}
    (svg,) = draw_landscapes(bodies, unit="m")
    assert svg == draw_landscapes(bodies, unit="m")[0]
    assert svg.startswith(b"<?xml")
    (png,) = draw_landscapes(bodies, unit="m", kinds=["png"])
    assert png.startswith(b"\x89PNG")
    assert svg != draw_landscapes({"evolved": lines(0.7), "random, same size": lines(0.1)}, unit="m")[0]


def test_a_body_without_a_gradient_is_drawn_all_the_same() -> None:
    flat = LinesAt(np.full(5, np.nan), np.zeros((2, 5)))
    assert draw_landscapes({"passive": BodyLines(2.0, 0.0, np.zeros(5), flat, flat)})
