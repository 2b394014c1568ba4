"""Equations in TeX as pictures inside the page, so that a page needs neither a script nor a network."""

import html
import re
from functools import cache

from ziamath.zmath import Latex

SIZE = 17.0
"""Size of the letters of an equation [px], beside the theme's 16."""

_VIEW = re.compile(r'viewBox="([^"]+)"')
"""The part of the plane that a picture shows: left, top, width and height, with the line of the text at zero."""

_EQUATION = re.compile(r'<(span|div) class="arithmatex">(.*?)</\1>', re.DOTALL)


def drawn(page: str) -> str:
    """Return a page's HTML with its equations drawn; arithmatex has marked them."""
    return _EQUATION.sub(_drawn, page)


def _drawn(match: re.Match[str]) -> str:
    tag = match[1]
    tex = html.unescape(match[2]).strip()[2:-2].strip()
    return f'<{tag} class="equation" role="math" aria-label="{html.escape(tex)}">{_svg(tex, tag == "span")}</{tag}>'


@cache
def _svg(tex: str, inline: bool) -> str:
    """Return an equation as SVG in the colour of the text around it, standing on the line if it is inline."""
    equation = Latex(tex, size=SIZE, inline=inline, color="currentColor")
    if not inline:
        return equation.svg()
    _, top, _, height = map(float, _VIEW.findall(equation.svg())[0].split())
    return equation.svg().replace("<svg ", f'<svg style="vertical-align: {-top - height:.2f}px" ', 1)
