"""The report of a model in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lxml.html
import made
import pytest

from curate import manifest, report

HOSTILE = "<script>window.pwned=1</script>\x1b[31m\u202e"


@pytest.mark.slow
def test_it_opens_anywhere_and_hostile_names_are_text(tmp_path: Path, browser: Any) -> None:
    folder = made.chain(
        tmp_path, scores={f"general/{HOSTILE}": made.second()["general/wikitext"] | {"metric": HOSTILE}}
    )
    found = manifest.read(made.altered(folder, stage=HOSTILE))
    assert found is not None
    page = report.write(folder, found)
    text = Path(page).read_text(encoding="utf-8")
    assert "\x1b" not in text and "\u202e" not in text
    assert not lxml.html.fromstring(text).xpath("//script[contains(text(), 'pwned')]")
    for width, dark in ((1280, False), (390, False), (1280, True)):
        browser.open(page, width, dark=dark)
        assert browser.requests() == [] and browser.complaints() == []
        assert browser.run("return window.pwned === undefined")
        assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth")
        assert browser.run("return document.querySelectorAll('#training svg').length") == 8  # and their keys
