"""The report in a browser: on the real run, and on a corpus that means harm."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from helpers import build, write_jsonl, write_pipeline

from curate import manifest, report
from curate.whatif import whatif

SCRIPT = "<script>window.pwned=1</script><img src=x onerror='window.pwned=2'><svg onload=window.pwned=3>"
HOSTILE = [
    f"{SCRIPT} plain words of the court that go on and on",
    "</script></pre></body><a href='javascript:window.pwned=4'>click</a> [x](javascript:alert(1)) words of the court",
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil.test\x07link\x1b]8;;\x07 \x9b2J words of the court",
    "\u202eright to left\u202c \u2066isolated\u2069 \u200bhidden\ufeff words of the court of appeal",
    '=HYPERLINK("http://evil.test","x") +cmd|calc!A0 @SUM(1) -2+3 words of the court of appeal',
    "{{ 7*7 }} {% raw %} ${7*7} <%= 7*7 %> words of the court of appeal that says so",
    "A" * 2_000_000,
    "z" + "\u0300" * 5000 + " words of the court of appeal that are covered by marks",
    "&lt;b&gt; &#60;script&#62; &amp; words of the court of appeal <!-- comment --> ]]> <![CDATA[ x",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Everything that documents can say, in texts, titles, fields, keys, file names and errors."""
    folder = tmp_path_factory.mktemp("hostile")
    name = "<img src=x onerror=alert(1)> \u202e`|*.jsonl"
    records = [
        {
            "id": text[:60],
            "title": text[:200],
            "url": "javascript:alert(1)",
            text[:30]: text[:50],
            "text": text,
        }
        for text in HOSTILE
    ]
    copies = [{"id": f"copy {i}", "text": record["text"]} for i, record in enumerate(records[:3])]
    path = write_jsonl(folder / "in" / name, [*records, *copies])
    with path.open("a") as handle:
        handle.write(f'"{SCRIPT} \\u001b[31m"\n{{"text": 7, "{SCRIPT[:40]}": 1}}\n{{"broken {SCRIPT}\n')
    item = {
        "question": HOSTILE[0] + " whether the court of appeal was right to hold what it held in that case"
    }
    write_jsonl(folder / "bench" / "<b>bench.jsonl", [item])
    steps = [
        "signals",
        {"quality": {"preset": "gopher", "min_words": 3, "max_words": 4000, "min_stop_words": None}},
        "exact_duplicates",
        {"decontaminate": {"against": str(folder / "bench" / "*.jsonl")}},
    ]
    stage = {"sources": [{"name": "in", "path": str(folder / "in"), "max_failed": 1}], "steps": steps}
    made = build(
        write_pipeline(folder / "p.yaml", {"corpus": stage}, vars={"<script>": SCRIPT}), folder / "out"
    )
    found = manifest.read(made["path"])
    assert found is not None and found["totals"]["kept"] and found["totals"]["failed"] == 3
    return made | {"page": report.write(made["path"], found)}


def test_a_hostile_corpus_is_text_in_the_page(hostile: dict[str, Any]) -> None:
    page = Path(hostile["page"]).read_text(encoding="utf-8")
    tree = lxml.html.fromstring(page)
    assert len(tree.xpath("//script")) == 2 and not tree.xpath(
        "//img|//iframe|//object|//embed|//form|//base"
    )
    attributes = [(name, value) for element in tree.iter() for name, value in element.attrib.items()]
    assert not [name for name, _ in attributes if name.startswith("on")]
    assert all(value.startswith(("#", "data:")) for name, value in attributes if name in ("href", "src"))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", page)
    shown = tree.text_content()
    assert (
        "<script>window.pwned=1</script>" in shown
        and "\\x1b[31mred" in shown
        and "\\u202eright to left" in shown
    )
    assert "{{ 7*7 }}" in shown and "=HYPERLINK(" in shown
    assert len(page) < 1_000_000 and not re.search("\u0300{5}", page)


@pytest.mark.slow
def test_a_hostile_corpus_does_nothing_in_a_browser(hostile: dict[str, Any], browser: Any) -> None:
    browser.open(hostile["page"])
    browser.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert browser.run(
        "return window.pwned === undefined && document.querySelectorAll('main img').length === 0"
    )
    assert browser.requests() == [] and browser.complaints() == []
    assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth")


@pytest.fixture(scope="module")
def real_page(real_legal: dict[str, Any]) -> str:
    found = manifest.read(real_legal["path"])
    assert found is not None
    return report.write(real_legal["path"], found)


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


@pytest.mark.slow
def test_the_real_report_opens_anywhere_and_says_what_the_manifest_says(
    real_legal: dict[str, Any], real_page: str, browser: Any
) -> None:
    found = manifest.read(real_legal["path"])
    assert found is not None
    assert Path(real_page).stat().st_size < 5_000_000
    for width, dark in ((1280, False), (390, False), (1280, True)):
        browser.open(real_page, width, dark=dark)
        assert browser.requests() == [] and browser.complaints() == []
        assert browser.run("return document.documentElement.scrollWidth") <= width
    tiles = browser.run(
        "return [...document.querySelectorAll('.tiles dd:not(.small)')].map(d => d.firstChild.textContent)"
    )
    assert [number(t) for t in tiles] == [found["totals"][k] for k in ("read", "kept", "dropped", "failed")]
    rows = browser.run(
        "return [...document.querySelectorAll('#funnel .sortable tbody tr')].map(r => [...r.cells].map("
        "c => (c.querySelector('[data-u=documents]') || c).textContent.trim()))"
    )
    assert {row[0]: (number(row[2]), number(row[3])) for row in rows} == {
        name: (account["read"], account["kept"]) for name, account in found["sources"].items()
    }
    reasons = browser.run(
        "return [...document.querySelectorAll('#reasons tbody tr')]"
        ".map(r => [...r.cells].map(c => c.textContent.trim()))"
    )
    told = {(row[0], row[1]): number(row[2]) for row in reasons}
    assert told == {
        (step["step"], reason): n for step in found["steps"] for reason, n in step["dropped"].items()
    }
    told_json = json.loads(Path(real_page).with_name("report.json").read_text(encoding="utf-8"))
    assert told_json["totals"]["kept"] == found["totals"]["kept"] and "samples" not in told_json


@pytest.mark.slow
def test_counting_units_sorting_and_sliders_work(
    real_legal: dict[str, Any], real_page: str, browser: Any
) -> None:
    browser.open(real_page)
    browser.run("document.querySelector('input[value=characters]').click()")
    assert (
        browser.run(
            "return getComputedStyle(document.querySelector('section > .bar[data-u=documents]')).display"
        )
        == "none"
    )
    browser.run("document.querySelectorAll('#reasons th button')[2].click()")
    counts = browser.run(
        "return [...document.querySelectorAll('#reasons tbody tr')].map(r => r.cells[2].textContent)"
    )
    assert counts == sorted(counts, key=number, reverse=True)
    kept = "return document.querySelector('#outcome b').textContent"
    assert number(browser.run(kept)) == real_legal["kept"]
    browser.run(
        "const i = document.querySelector('[aria-label=\"quality.min_words, exactly\"]');"
        "i.value = 80; i.dispatchEvent(new Event('input'))"
    )
    assert "--set quality.min_words=80" in browser.run(
        "return document.getElementById('command').textContent"
    )
    exactly = whatif(real_legal["path"], ["quality.min_words=80"]).kept[1]
    assert abs(number(browser.run(kept)) - exactly) < 0.03 * real_legal["read"]
    browser.run("document.getElementById('reset').click()")
    assert number(browser.run(kept)) == real_legal["kept"]


@pytest.mark.slow
def test_everything_can_be_reached_by_keyboard(real_page: str, browser: Any) -> None:
    """What scrolls or acts is in the order of the tab key, and shows where the focus is."""
    browser.open(real_page)
    unreachable = browser.run(
        "return [...document.querySelectorAll('.scroll, pre.text, summary, button, input, nav a')]"
        ".filter(e => e.tabIndex < 0).length"
    )
    assert unreachable == 0
    outline = browser.run(
        "const a = document.querySelector('nav a'); a.focus({focusVisible: true});"
        "return getComputedStyle(a).outlineStyle"
    )
    assert outline == "solid"
    unnamed = browser.run(
        "return [...document.querySelectorAll('svg, input, [role=region]')].filter("
        "e => !(e.getAttribute('aria-label') || e.labels?.length)).length"
    )
    assert unnamed == 0
