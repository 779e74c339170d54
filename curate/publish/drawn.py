"""Sections of a kind (`curate.sections`) as Markdown for a card, and charts as pictures beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curate.publish.markdown import plain
from curate.report import drawn, figures


def markdown(sections: Sequence[dict[str, Any]], level: int = 2) -> str:
    """Sections under headings of `level`; whatever stands in them shows as text, on the Hub too."""
    return drawn.markdown(sections, level=level, plain=lambda words: plain(words, 2000))


#: What a picture of its own has instead of a page's style sheet: on white, so that it reads on a dark page too.
_STYLE = (
    "rect.ground{fill:#fff} text{fill:#5b6670;font:10.5px sans-serif} text.bound{fill:#1d2329;font-weight:600}"
    ".line{fill:none;stroke-width:1.8;stroke-linejoin:round} .dot{fill:#fff;stroke-width:2}"
    ".grid{stroke:#e2dfd8;stroke-width:.8} .bound{stroke:#1d2329;stroke-dasharray:3 2} text.bound{stroke:none}"
    ".l0{stroke:#1f7a8c} .l1{stroke:#bf6a3a;stroke-dasharray:6 2} .l2{stroke:#9a5b8c;stroke-dasharray:2 2}"
    ".l3{stroke:#5f8f5c;stroke-dasharray:8 2 2 2}"
)


def picture(block: dict[str, Any]) -> str:
    """A chart of lines as an SVG file, which the Hub shows as an image; it holds no script and asks for nothing."""
    drawn_ = str(figures.lines(block))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * figures.WIDTH}" '
    ground = f'<style>{_STYLE}</style><rect class="ground" width="100%" height="100%"/>'
    before, title, after = drawn_.removeprefix("<svg ").partition("</title>")
    return f"{head}{before}{title}{ground}{after}\n"
