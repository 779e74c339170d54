"""The card: its figures are the manifest's, `datasets` reads its head, and whatever data hold shows as text."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from helpers import build, write_jsonl, write_pipeline
from markdown_it import MarkdownIt
from published import PLAIN, records

from curate import manifest, report
from curate.publish.croissant import CONTEXT
from curate.publish.features import features
from curate.publish.markdown import fenced, plain
from curate.publish.public import public
from curate.publish.publish import publish

Make = Callable[..., str]

HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "[x](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    "<javascript:alert(1)>",
    "[a]: javascript:alert(1)",
    "`code` ``` fence",
    "a | b\n| c",
    "\n\n# heading\n\n---\n",
    "**bold** _it_ ~~gone~~ $$x$$ @user #1 :smile: &lt; &#60;",
    "\x1b[31mred\x1b[0m \u202egnp.exe \u2066x \u200b",
    "</td></tr></table><iframe src=//evil.example>",
    "http://evil.example www.evil.example a@evil.example",
    "---\nlicense: mit\n---",
    "{{ config }} {% raw %}",
    "\\[x\\](javascript:alert\\(1\\)) \\",
]


class Seen(HTMLParser):
    """Tags, addresses and handlers of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [
            value or "" for name, value in attrs if name in ("href", "src", "srcset", "action")
        ]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def rendered(card: str) -> str:
    """The card below its head, as a renderer makes it that lets HTML through and links what looks like an address."""
    body = card.split("\n---\n", 1)[1]
    return str(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(body))


def harmless(card: str) -> None:
    seen = Seen(rendered(card))
    text = {"h1", "h2", "h3", "p", "ul", "li", "strong", "pre", "code"}
    tables = {"table", "thead", "tbody", "tr", "th", "td"}
    assert seen.tags <= text | tables, seen.tags
    assert seen.addresses == [] and seen.handlers == []
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", card)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_shows_as_text(text: str) -> None:
    page = f"\n---\n\n{plain(text)}\n\n| {plain(text)} | b |\n|---|---|\n| {plain(text)} | c |\n\n{fenced(text)}\n"
    seen = Seen(rendered(page))
    assert seen.tags <= {"p", "table", "thead", "tbody", "tr", "th", "td", "pre", "code"}
    assert seen.addresses == [] and seen.handlers == []
    assert rendered(page).count("<td>") == 2 and rendered(page).count("<pre>") == 1


def poisoned(value: Any, n: list[int]) -> Any:
    """A manifest whose strings and names are hostile, but for those that files are found by."""
    if isinstance(value, dict):
        return {name: poisoned(inner, n) for name, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner, n) for inner in value]
    if isinstance(value, str):
        n[0] += 1
        return value + " " + HOSTILE[n[0] % len(HOSTILE)]
    return value


def test_a_hostile_manifest_makes_a_harmless_card(artefact: Make, tmp_path: Path) -> None:
    folder = tmp_path / "bad"
    shutil.copytree(artefact(steps=["signals", *PLAIN]), folder)
    found = manifest.read(str(folder))
    assert found is not None
    n = [0]
    bad = {
        k: poisoned(v, n)
        for k, v in found.items()
        if k in ("pipeline", "steps", "pipeline_file", "environment")
    }
    bad["variables"] = {text: text for text in HOSTILE}
    account = found["sources"]["a"] | {"failed": 2, "failed_by": dict.fromkeys(HOSTILE, 1)}
    bad["sources"] = {"a": account} | dict.fromkeys(HOSTILE, account)
    for step in bad["steps"]:
        step |= {"dropped": dict.fromkeys(HOSTILE, 1), "params": dict.fromkeys(HOSTILE, HOSTILE)}
    manifest.write(str(folder), found | bad)
    publish(str(folder), f"{tmp_path}/set", overrides={"audit": HOSTILE[0]}, license="CC0-1.0")
    card = (tmp_path / "set" / "README.md").read_text()
    harmless(card)
    assert yaml.safe_load(card.split("---\n")[1])["license"] == "cc0-1.0"
    assert r"\<script\>alert(1)\</script\>" in card


def test_hostile_documents_make_a_harmless_card(tmp_path: Path) -> None:
    rows = [
        {"id": f"d{i}", "text": f"{text} number {i}", "license": text, "date": text}
        for i, text in enumerate(HOSTILE)
    ]
    write_jsonl(tmp_path / "in" / "a.jsonl", rows)
    told = {"sources": [{"name": "a", "path": f"{tmp_path}/in/*.jsonl"}], "steps": PLAIN}
    folder = build(write_pipeline(tmp_path / "p.yaml", {"corpus": told}), tmp_path / "out")["path"]
    publish(str(folder), f"{tmp_path}/set", overrides={"license-unknown": HOSTILE[1], "license-missing": "x"})
    harmless((tmp_path / "set" / "README.md").read_text())


def test_figures_are_those_of_the_manifest(artefact: Make, tmp_path: Path) -> None:
    steps = ["signals", {"where": "text NOT LIKE '%word77 %'"}, "exact_duplicates", *PLAIN]
    folder = artefact([*records(100), *records(5)], steps=steps)
    publish(folder, f"{tmp_path}/set")
    found = manifest.read(folder)
    assert found is not None
    card = (tmp_path / "set" / "README.md").read_text()
    totals = found["totals"]
    assert f"{totals['read']:,} read" in card and f"{totals['kept']:,} kept" in card
    for step in found["steps"]:
        row = next(line for line in card.splitlines() if line.startswith(f"| {plain(step['step'])} |"))
        cells = [cell.strip() for cell in row.split(" | ")]
        assert cells[2:4] == [f"{step['in']:,}", f"{sum(step['dropped'].values()):,}"]
    assert found["fingerprint"] in card and found["pipeline_file"].rstrip() in card
    head = yaml.safe_load(card.split("---\n")[1])
    info = head["dataset_info"]
    assert info["splits"][0]["num_examples"] == totals["kept"]
    assert info["download_size"] == totals["bytes"]
    assert head["configs"][0]["data_files"] == [{"split": "train", "path": "data/train-*"}]
    assert head["size_categories"] == ["n<1K"] and head["license"] == "cc0-1.0"
    harmless(card)


def test_features_are_those_that_datasets_writes() -> None:
    from datasets import Features

    inner = pa.struct([("x", pa.uint32()), ("y", pa.list_(pa.float32()))])
    kinds = [
        *(
            pa.large_string(),
            pa.string(),
            inner,
            pa.list_(pa.large_string()),
            pa.list_(inner),
            pa.large_list(inner),
        ),
        *(
            pa.timestamp("us"),
            pa.timestamp("us", "UTC"),
            pa.date32(),
            pa.time64("ns"),
            pa.duration("us"),
            pa.bool_(),
        ),
        *(pa.float16(), pa.float32(), pa.float64(), pa.int8(), pa.uint64(), pa.decimal128(10, 2), pa.null()),
        *(pa.binary(), pa.large_binary(), pa.list_(pa.float32(), 3), pa.list_(pa.list_(pa.int64()))),
        pa.dictionary(pa.uint32(), pa.large_string()),
    ]
    schema = pa.schema([(f"c{i}", kind) for i, kind in enumerate(kinds)])
    assert features(schema) == Features.from_arrow_schema(schema)._to_yaml_list()


def test_croissant_names_every_file_and_column(artefact: Make, tmp_path: Path) -> None:
    folder = artefact(steps=["signals", *PLAIN])
    publish(folder, f"{tmp_path}/set")
    told = json.loads((tmp_path / "set" / "croissant.json").read_text())
    assert told["@context"] == CONTEXT and told["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert {"@type", "name", "description", "license", "datePublished", "version"} <= set(told)
    found = manifest.read(folder)
    assert found is not None
    parts = {part["@id"]: part for part in told["distribution"]}
    files = [part for part in parts.values() if part["@type"] == "cr:FileObject"]
    assert [part["sha256"] for part in files] == [entry["sha256"] for entry in found["outputs"]["data"]]
    assert all((tmp_path / "set" / part["contentUrl"]).exists() for part in files)
    (records_,) = told["recordSet"]
    assert [field["name"].partition("/")[2] for field in records_["field"]] == list(found["columns"])

    def check(field: dict[str, Any]) -> None:
        assert field["@type"] == "cr:Field" and ("dataType" in field) != ("subField" in field)
        if "source" in field:
            assert parts[field["source"]["fileSet"]["@id"]]["@type"] == "cr:FileSet"
        for inner_field in field.get("subField", ()):
            check(inner_field)

    for field in records_["field"]:
        check(field)


def test_a_public_manifest_holds_nothing_private(artefact: Make) -> None:
    found = manifest.read(artefact())
    assert found is not None
    home, here = str(Path.home()), str(Path.cwd())
    found["variables"] = {"data": "/srv/clients/acme", "n": "3"}
    found["parts"]["config"]["sources"][0]["path"] = "/srv/clients/acme/in/*.jsonl"
    found["verdict"]["faults"] = [
        f"could not read {home}/x.pdf and {here}/y or /mnt/disk/z.txt, http://a.example/b/c"
    ]
    found["pipeline_file"] = "vars: {data: x}\npath: /mnt/named/here.txt\n"
    found["steps"][0]["params"]["model"] = "/mnt/named/here.txt"
    told = public(found)
    text = json.dumps(told)
    assert told["parts"]["config"]["sources"][0]["path"] == "{data}/in/*.jsonl"
    assert told["steps"][0]["params"]["model"] == "/mnt/named/here.txt"  # the pipeline file spells it
    assert "http://a.example/b/c" in text and "…/z.txt" in told["verdict"]["faults"][0]
    assert not [word for word in ("/srv/", home + "/", here, "/mnt/disk", "private_key") if word in text]
    assert set(told["outputs"]) == {"data"} and "inputs" not in told["parts"]
    assert found["private_key"] not in text and "system" not in told["environment"]


def test_a_report_goes_along_with_its_numbers_and_without_documents(artefact: Make, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    shutil.copytree(artefact(), folder)
    found = manifest.read(str(folder))
    assert found is not None
    report.write(str(folder), found)
    at_home = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    publish(str(folder), f"{tmp_path}/set")
    out = tmp_path / "set" / "curate"
    told, page = (
        json.loads((out / "report.json").read_text(encoding="utf-8")),
        (out / "report.html").read_text(),
    )
    assert told["totals"] == at_home["totals"] and told["reasons"] == at_home["reasons"]
    assert told["samples"] == [] and told["failed"]["rows"] == [] and "<article" not in page
    assert "<article" in (folder / "report.html").read_text()
    assert not [word for word in (str(tmp_path), str(Path.home())) if word in json.dumps(told) + page]
