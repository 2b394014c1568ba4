"""Pages inside of notebooks: the player as one element that needs no network and nothing beside it."""

import html

from codesign.export.recording import Gallery
from codesign.export.webpage import render_page

_HEIGHT = 640


def page_in_frame(gallery: Gallery, height: int = _HEIGHT) -> str:
    """Return the page of a gallery as an inline frame.

    A frame keeps the page's styles and its content security policy to itself; it may run its own script, and reach
    nothing of the notebook around it.

    Args:
        gallery: what the page shows.
        height: of the frame [pixels].

    Raises:
        RecordingError: designs that a page cannot show.
    """
    page = html.escape(render_page(gallery), quote=True)
    style = f"width:100%;height:{height}px;border:1px solid #8884"
    title = html.escape(gallery.title, quote=True)
    return f'<iframe title="{title}" sandbox="allow-scripts" style="{style}" srcdoc="{page}"></iframe>'
