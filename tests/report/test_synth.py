"""The report of synthetic data: its numbers against the rows, its gates against the limits, and rows that mean harm."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import lxml.html
import polars as pl
import pytest
from helpers import rows
from made_synth import made, rewritten, told

from curate import kinds, manifest, report
from curate.report.gather import gather
from curate.report.markdown import markdown

HOSTILE = [
    "<script>window.pwned=1</script><img src=x onerror='window.pwned=2'><svg onload=window.pwned=3>",
    "</script></pre></body><a href='javascript:window.pwned=4'>click</a> [x](javascript:alert(1))",
    "\x1b[31mred\x1b[0m \u202eright to left\u202c \u200bhidden {{ 7*7 }} | a | b |",
    "z" + "\u0300" * 500 + "</mark></article><!-- --> &lt;b&gt; `code` ![x](http://evil.test/x.png)",
]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> str:
    return made(tmp_path_factory.mktemp("pairs"))


def own(folder: str) -> dict[str, Any]:
    return dict(gather(folder, told(folder))["synth"])


def test_tasks_and_corruptions_are_those_of_the_rows(pairs: str) -> None:
    found, kept, gone = own(pairs), rows(pairs), rows(pairs, "dropped")
    (task,) = found["tasks"]
    assert (task["asked"], task["accepted"], task["rejected"]) == (20, kept.height, gone.height)
    assert task["candidates"] == kept.height + gone.height and task["budget"] == 80
    assert sum(task["rejected_by"].values()) == gone.height > 0
    wrong = Counter(json.loads(text)["corruption"]["kind"] for text in kept["meta_detail"])
    assert {c["kind"]: c["accepted"] for c in found["corruptions"] if c["accepted"]} == wrong
    assert found["margins"] is None and found["depths"] == {"0": 20}
    first = Counter(" ".join(answer[0]["content"].split()[:3]) for answer in kept["chosen"])
    top = found["openings"]["answer"][0]
    assert (top["rows"], top["share"]) == (max(first.values()), max(first.values()) / 20)
    assert first[top["opening"]] == top["rows"]


def test_coverage_holds_what_was_reached_against_the_corpus(pairs: str) -> None:
    covered, kept = own(pairs)["coverage"], rows(pairs)
    by = dict(kept["meta_source"].value_counts().iter_rows())
    assert {c["stratum"]: c["rows"] for c in covered["values"]} == by
    assert {c["stratum"]: c["planned"] for c in covered["values"]} == {"one": 16 / 24, "two": 8 / 24}
    assert covered["used"] == kept["meta_documents"].list.first().n_unique()


def test_margins_are_drawn_with_the_setting(tmp_path: Path) -> None:
    """Accepted ones from the row's scores, those that were too close from what the task told of its refusal."""
    folder = made(tmp_path)
    scores = [2.0, 2.4, 3.0] * 6 + [9.0, 9.0]
    rewritten(folder, "data", meta_scores=pl.Series([json.dumps({"chosen": 9, "margin": m}) for m in scores]))
    gone = rows(folder, "dropped").height
    close = pl.Series([json.dumps({"margin": 1.0, "least": 2.0})] * gone)
    rewritten(folder, "dropped", detail=close, reason=pl.lit("margin"))
    found = told(folder)
    found["steps"][0]["name"] = "preferences"  # whose setting has a default
    manifest.write(folder, found)
    margins = own(folder)["margins"]
    at = {edge: i for i, edge in enumerate(margins["edges"])}
    assert margins["accepted"][at[2.0]] == 12 and margins["accepted"][at[3.0]] == 6
    assert margins["accepted"][-1] == 2 and sum(margins["accepted"]) == 20
    assert margins["too close"][at[1.0]] == gone and margins["thresholds"] == [
        {"task": "corrupted", "margin": 2.0}
    ]
    page = Path(report.write(folder, told(folder))).read_text(encoding="utf-8")
    tree = lxml.html.fromstring(page)
    (chart,) = [
        svg for svg in tree.xpath("//svg[@role='img']") if svg.get("aria-label", "").startswith("Margin")
    ]
    assert f"20 accepted, {gone} too close; margin 2 at 2" in chart.get("aria-label")
    (bound,) = chart.xpath(".//line[@class='bound']")
    left = [float(r.get("x")) for r in chart.xpath(".//rect[@class='c0']")]
    assert abs(float(bound.get("x1")) - min(left)) < 2  # the line stands where margins of 2 begin


def test_gates_are_told_with_limits_verdicts_and_examples(tmp_path: Path) -> None:
    limits = {"answer": {"distinct_1": {"min": 0.99}, "vendi": {"min_ratio": 0.01}}}
    folder = made(
        tmp_path,
        40,
        tasks=[{"mined": {"count": 60}}],
        filters=["schema"],
        gates=limits,
        output={"format": "messages"},
    )
    found = told(folder)
    gates = {(g["field"], g["measure"]): g for g in own(folder)["gates"]}
    refused = gates["answer", "distinct_1"]
    assert refused["passed"] is False and refused["limit"] == {"min": 0.99} and refused["examples"]
    assert gates["answer", "vendi"]["passed"] is True and gates["answer", "vendi"]["corpus"] > 0
    assert gates["answer", "entropy_1"]["judged"] is False
    measured = {(m["field"], m["name"]): m["value"] for m in found["echo"]["measures"]}
    assert all(gates[name]["value"] == value for name, value in measured.items())
    page = Path(report.write(folder, found)).read_text(encoding="utf-8")
    assert "Worst for answer.distinct_1" in page and refused["examples"][0]["id"] in page
    short = markdown(gather(folder, found, texts=False))
    assert "| distinct 1 | refused |" in short and "at least 0.99" in short
    assert refused["examples"][0]["text"][:40] not in short
    told_json = json.loads((Path(folder) / "report.json").read_text(encoding="utf-8"))
    assert told_json["synth"]["gates"] and not [
        b for s in told_json["own"]["sections"] for b in s["blocks"] if b["type"] == "samples"
    ]


def test_without_texts_no_row_is_quoted(pairs: str) -> None:
    shown = json.dumps(gather(pairs, told(pairs), texts=False), ensure_ascii=False)
    assert not [row for row in rows(pairs)["chosen"].list.first().struct.field("content") if row in shown]
    assert not [
        True for row in rows(pairs).iter_rows(named=True) for s in row["meta_evidence"] if s["text"] in shown
    ]


def test_rows_of_documents_that_passed_no_step_are_cleaned(tmp_path: Path) -> None:
    folder = made(tmp_path, clean=False)
    mail = pl.lit("Write to sheila.burnford@firm-of-lawyers.com at once about the contract.")
    said = pl.concat_list(pl.struct(role=pl.lit("assistant"), content=mail))
    rewritten(folder, "data", chosen=said, meta_detail=pl.lit(None, pl.String))
    page = Path(report.write(folder, told(folder))).read_text(encoding="utf-8")
    assert "at once about the contract" in page and "sheila.burnford" not in page


def poisoned(folder: str) -> None:
    """Harm in all that rows and their account can say."""

    def harm(i: int) -> pl.Expr:
        return pl.lit(f"{HOSTILE[i]} plain words")

    turn = pl.concat_list(pl.struct(role=harm(3), content=harm(0)))
    spans = pl.concat_list(
        pl.struct(document=harm(1), start=pl.lit(1, pl.UInt32), end=pl.lit(9, pl.UInt32), text=harm(2))
    )
    change = json.dumps({"corruption": {"kind": HOSTILE[0], "original": HOSTILE[1], "replaced": HOSTILE[2]}})
    more = {
        "meta_kind": harm(1),
        "meta_detail": pl.lit(change),
        "meta_evidence": spans,
        "meta_model": harm(2),
    }
    more |= {
        "meta_documents": pl.concat_list(harm(0)),
        "meta_source": harm(3),
        "id": pl.format("{}{}", "id", harm(0)),
    }
    turns = {"prompt": turn, "chosen": turn, "rejected": turn}
    rewritten(folder, "data", **turns, **more)
    detail = json.dumps({HOSTILE[0]: HOSTILE[1], "text": HOSTILE[2], "of": "accepted 0"})
    rewritten(folder, "dropped", **turns, **more, detail=pl.lit(detail), reason=harm(1), step=harm(0))
    found = told(folder)
    worst = [{"id": HOSTILE[0], "prompt": HOSTILE[1], "answer": HOSTILE[2]}]
    found["gates"] = [
        {"gate": f"answer.{HOSTILE[0]}", "passed": False, "value": 1.0, "human": None, "limit": {"max": 0.5}}
        | {"examples": [{"id": HOSTILE[1], "text": HOSTILE[2]}]}
    ]
    entry = {"field": HOSTILE[3], "name": HOSTILE[0], "value": 1.0, "human": 0.5, "worst": worst}
    found["echo"]["measures"] = [entry]
    found["fewer"] = [f"corrupted: 1 of 2 rows were accepted: {HOSTILE[0]}"]
    found["models"] = [
        {"model": HOSTILE[0], "revision": HOSTILE[1], "requests": 1, "reused": 0, "failures": 0}
    ]
    found["models"][0] |= {"tokens_in": 1, "tokens_out": 1, "cost": 0.5}
    found["verdict"] = {"ok": False, "faults": [f"{HOSTILE[0]}\n{HOSTILE[2]}", HOSTILE[1]]}
    manifest.write(folder, found)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = made(tmp_path_factory.mktemp("hostile"))
    poisoned(folder)
    return report.write(folder, told(folder))


def test_hostile_rows_are_text_in_the_page(hostile: str) -> None:
    page = Path(hostile).read_text(encoding="utf-8")
    tree = lxml.html.fromstring(page)
    assert len(tree.xpath("//script")) == 2 and not tree.xpath("//img|//iframe|//object|//form|//base")
    attributes = [(name, value) for element in tree.iter() for name, value in element.attrib.items()]
    assert not [name for name, _ in attributes if name.startswith("on")]
    assert all(value.startswith(("#", "data:")) for name, value in attributes if name in ("href", "src"))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", page)
    assert not re.search("\u0300{5}", page)
    shown = tree.text_content()
    assert "<script>window.pwned=1</script>" in shown and "\\x1b[31mred" in shown and "{{ 7*7 }}" in shown
    names = {part.text_content() for part in tree.xpath("//p[@class='who']")}
    assert {"chosen", "rejected", "text (of the rejection)"} <= names


@pytest.mark.slow
def test_the_page_does_nothing_and_fits_any_window(hostile: str, pairs: str, browser: Any) -> None:
    for page in (hostile, report.write(pairs, told(pairs))):
        for width, dark in ((1280, False), (390, False), (1280, True)):
            browser.open(page, width, dark=dark)
            browser.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
            assert browser.requests() == [] and browser.complaints() == []
            assert browser.run("return window.pwned === undefined")
            assert browser.run("return document.documentElement.scrollWidth") <= width
    links = browser.run("return [...document.querySelectorAll('nav a')].map(a => a.hash.slice(1))")
    assert {"tasks", "gates", "pairs", "coverage", "funnel", "rows"} <= set(links)
    assert all(browser.run("return document.getElementById(arguments[0]) !== null", link) for link in links)
    unreachable = browser.run(
        "return [...document.querySelectorAll('.scroll, pre.text, summary, button, nav a')]"
        ".filter(e => e.tabIndex < 0).length"
    )
    unnamed = browser.run(
        "return [...document.querySelectorAll('svg:not([aria-hidden]), [role=region], pre.text')]"
        ".filter(e => !e.getAttribute('aria-label')).length"
    )
    assert (unreachable, unnamed) == (0, 0)
    marked = browser.run(
        "return [...document.querySelectorAll('#rows .rejected mark')].map(m => m.textContent)"
    )
    change = {json.loads(text)["corruption"]["replaced"] for text in rows(pairs)["meta_detail"]}
    assert marked and all(any(mark.strip() in new for new in change) for mark in marked)


def test_a_kind_without_documents_has_a_page_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a model's stage writes: no sources, no steps, no rows; curves of its own."""
    from curate import sections

    curves = sections.lines(
        "loss", {"train": [(i, 4 / (i + 1)) for i in range(50)], "held out": [(0, 4.0), (40, 1.0)]}
    )
    quoted = sections.samples("Replies", [sections.sample("r1", [sections.part("assistant", "said this")])])
    part = sections.section("curves", "Curves", curves, quoted, brief=True)
    hooked = {
        "report": lambda found, folder, texts: sections.report(
            [sections.tile("loss", 0.08)], [part], {"x": 1}
        )
    }
    monkeypatch.setattr(kinds, "hook", lambda kind, name: hooked.get(name))
    keys = (
        "pipeline",
        "stage",
        "fingerprint",
        "created",
        "seconds",
        "verdict",
        "environment",
        "pipeline_file",
    )
    found = {
        **dict.fromkeys(keys, ""),
        "kind": "train",
        "seconds": 1.0,
        "verdict": {"ok": True, "faults": []},
    }
    found |= {"environment": {"curate": "1", "system": "", "python": "3"}, "parts": {}}
    found["outputs"] = {"model": [{"path": "model.safetensors", "bytes": 5, "sha256": "ab"}]}
    page = Path(report.write(str(tmp_path), found)).read_text(encoding="utf-8")
    tree = lxml.html.fromstring(page)
    titles = [h.text_content() for h in tree.xpath("//h2")]
    assert titles[0] == "Curves" and "Funnel" not in titles and "model.safetensors" in page
    assert len(tree.xpath("//polyline")) == 2
    assert json.loads((tmp_path / "report.json").read_text())["train"] == {"x": 1}
    assert "| loss | 0.08 |" in markdown(gather(str(tmp_path), found))
    assert "said this" in page and "said this" not in (tmp_path / "report.json").read_text()
    assert "said this" not in json.dumps(gather(str(tmp_path), found, texts=False))
