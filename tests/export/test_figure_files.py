"""Figures as files."""

from matplotlib.figure import Figure

from codesign.export import figure_files


def drawn() -> Figure:
    figure = Figure(figsize=(2.0, 1.0))
    # Clipped lines have ids of their own in SVG, which are random unless somebody sees to it.
    figure.subplots().plot([0.0, 1.0], [0.0, 1.0])
    return figure


def test_figures_of_the_same_numbers_are_files_of_the_same_bytes() -> None:
    svg, png = figure_files(drawn(), ("svg", "png"))
    assert svg.startswith(b"<?xml")
    assert png.startswith(b"\x89PNG")
    assert figure_files(drawn(), ("png", "svg")) == [png, svg]
    assert b"clipPath id=" in svg
    # Neither when it was drawn, nor with which version.
    assert b"dc:date" not in svg
    assert b"Software" not in png
    assert figure_files(drawn()) == [svg]
