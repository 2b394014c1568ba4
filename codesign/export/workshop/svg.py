"""Sheets as SVG in millimetres."""

from xml.sax.saxutils import escape, quoteattr

from codesign.export.workshop.drawing import LAYERS, Circle, Line, Sheet, Text

_COLOURS = {
    "struts": "#6b7278",
    "muscles": "#d55e00",
    "joints": "#1d2226",
    "holes": "#0072b2",
    "numbers": "#1d2226",
    "joint_numbers": "#0072b2",
    "sheet": "#1d2226",
}
"""Colours of layers, apart for colour-blind readers and in grey."""

_THIN = 0.3


def svg(sheet: Sheet) -> str:
    """Return a sheet as SVG whose user units are millimetres; a group for each layer, each line named by its part."""
    width, height = (_number(each) for each in sheet.size)
    layers = []
    for layer in LAYERS:
        shapes = [_line(line, sheet) for line in sheet.lines if line.layer == layer]
        shapes += [_circle(circle, sheet) for circle in sheet.circles if circle.layer == layer]
        shapes += [_text(text, sheet) for text in sheet.texts if text.layer == layer]
        layers.append(f'<g id="{layer}" {_style(layer, sheet)}>\n' + "\n".join(shapes) + "\n</g>")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif">\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n' + "\n".join(layers) + "\n</svg>\n"
    )


def _style(layer: str, sheet: Sheet) -> str:
    colour = _COLOURS[layer]
    if layer in ("struts", "muscles") and sheet.strut_width:
        return f'fill="none" stroke="{colour}" stroke-opacity="0.45" stroke-width="{_number(sheet.strut_width)}"'
    if layer in ("numbers", "joint_numbers"):
        return f'fill="{colour}"'
    fill = "#ffffff" if layer == "holes" else "none"
    return f'fill="{fill}" stroke="{colour}" stroke-width="{_THIN}"'


def _line(line: Line, sheet: Sheet) -> str:
    (x1, y1), (x2, y2) = (_flipped(end, sheet) for end in (line.start, line.end))
    named = f" data-part={quoteattr(line.part)}" if line.part else ""
    return f'<line{named} x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _circle(circle: Circle, sheet: Sheet) -> str:
    x, y = _flipped(circle.centre, sheet)
    return f'<circle data-joint={quoteattr(circle.joint)} cx="{x}" cy="{y}" r="{_number(circle.diameter / 2)}"/>'


def _text(text: Text, sheet: Sheet) -> str:
    x, y = _flipped((text.place[0], text.place[1] - (0.36 * text.height if text.centred else 0.0)), sheet)
    anchor = ' text-anchor="middle"' if text.centred else ""
    fill = ' fill="#1d2226" stroke="none"' if text.layer == "sheet" else ""
    # A capital letter is about 0.72 of what SVG calls the size of a font.
    size = _number(text.height / 0.72)
    return f'<text x="{x}" y="{y}" font-size="{size}"{anchor}{fill}>{escape(text.words)}</text>'


def _flipped(point: tuple[float, float], sheet: Sheet) -> tuple[str, str]:
    return _number(point[0]), _number(sheet.size[1] - point[1])


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
