"""The committed sample is what its generator writes, and holds what `planted.json` says."""

from __future__ import annotations

import gzip
import html
import json
import os
import re
import subprocess
import sys
import zlib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

SAMPLE = Path(__file__).resolve().parents[1] / "pipelines" / "sample"
MADE = ("opinions", "contracts", "statutes", "filings", "web", "benchmarks", "planted.json", "README.md")


@cache
def planted() -> dict[str, Any]:
    return json.loads((SAMPLE / "planted.json").read_text(encoding="utf-8"))


def generate(out: Path, hash_seed: str) -> dict[str, bytes]:
    subprocess.run(
        [sys.executable, "-B", str(SAMPLE / "generate.py"), "--out", str(out)],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )
    return tree(out)


def tree(root: Path) -> dict[str, bytes]:
    paths = [
        p for name in MADE for p in ([root / name] if (root / name).is_file() else (root / name).rglob("*"))
    ]
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in paths if p.is_file()}


def members(data: bytes) -> list[bytes]:
    """The content of every gzip member, of the last as far as it goes."""
    found = []
    while data[:2] == b"\x1f\x8b":
        member = zlib.decompressobj(31)
        found.append(member.decompress(data))
        data = member.unused_data
    return found


def inflated(data: bytes) -> bytes:
    """Decompressed, where it is compressed."""
    return b"".join(members(data)) or data


def test_two_runs_write_the_same_bytes_which_are_the_committed_ones(tmp_path: Path) -> None:
    first, second = generate(tmp_path / "a", "1"), generate(tmp_path / "b", "2")
    assert first == second
    committed = tree(SAMPLE)
    assert committed.keys() == first.keys()
    # Another zlib may pack the same content into other bytes.
    assert [name for name in first if inflated(committed[name]) != inflated(first[name])] == []


def test_the_sample_is_small() -> None:
    assert sum(map(len, tree(SAMPLE).values())) < 1_500_000


def lines() -> dict[str, list[bytes]]:
    return {path.name: inflated(path.read_bytes()).splitlines() for path in (SAMPLE / "opinions").iterdir()}


@cache
def opinions() -> dict[str, str]:
    """Docket -> text of every line that is a record."""
    found = {}
    for content in lines().values():
        for line in content:
            try:
                record = json.loads(line)
                found[record["docket"]] = record["text"]
            except (ValueError, TypeError, KeyError):
                continue
    return {docket: text for docket, text in found.items() if text}


@cache
def web() -> dict[str, str]:
    """Address -> page of every HTML response."""
    found = {}
    for member in members((SAMPLE / "web" / "crawl.warc.gz").read_bytes()):
        head, _, body = member.partition(b"\r\n\r\n")
        http, _, page = body.partition(b"\r\n\r\n")
        if b"text/html" in http:
            url = head.decode().partition("WARC-Target-URI: ")[2].split()[0]
            found[url] = page.removesuffix(b"\r\n\r\n").decode()
    return found


@cache
def written(source: str, key: str) -> str:
    """The document as its file has it, mark-up undone as far as planted values need."""
    if source == "opinions":
        return " ".join(opinions()[key].split())
    if source == "web":
        return html.unescape(web()[key])
    data = (SAMPLE / source / key).read_bytes()
    if source == "filings":
        return re.sub(r"\\(.)", r"\1", data.decode("cp1252", errors="replace"))
    return html.unescape(data.decode())


def test_records_are_as_many_as_counted() -> None:
    counts = planted()["sources"]
    cut = 1  # the break of the gzip that breaks off
    assert counts["opinions"]["records"] == sum(map(len, lines().values())) + cut
    assert counts["opinions"]["records"] - counts["opinions"]["failed"] == len(opinions())
    assert counts["web"]["records"] == len(web())
    for source in ("contracts", "statutes", "filings"):
        files = [path for path in (SAMPLE / source).rglob("*") if path.is_file()]
        assert counts[source]["records"] == counts[source]["files"] == len(files)


def test_failures_are_as_many_as_broken_places() -> None:
    broken = Counter[str]()
    for entry in planted()["broken"]:
        broken[entry["file"].partition("/")[0]] += entry["failures"]
        assert (SAMPLE / entry["file"]).is_file()
    assert {k: v["failed"] for k, v in planted()["sources"].items() if v["failed"]} == broken


def test_broken_lines_stand_where_they_are_said_to_stand() -> None:
    for entry in planted()["broken"]:
        if "line" not in entry:
            continue
        line = lines()[Path(entry["file"]).name][entry["line"] - 1]
        try:
            record = json.loads(line)
        except ValueError:
            continue
        assert not (isinstance(record, dict) and record.get("text")), entry


def test_the_cut_gzip_breaks_off_after_whole_records() -> None:
    data = (SAMPLE / "opinions" / "cut.jsonl.gz").read_bytes()
    with pytest.raises(EOFError):
        gzip.decompress(data)
    assert len([json.loads(line) for line in inflated(data).splitlines()]) == 8


@pytest.mark.parametrize("kind", ["name", "email", "phone", "ssn", "address", "iban"])
def test_personal_data_stand_in_their_documents(kind: str) -> None:
    entries = [entry for entry in planted()["pii"] if entry["kind"] == kind]
    assert entries
    for entry in entries:
        assert entry["value"] in written(entry["source"], entry["key"]), entry


def test_personal_data_can_be_nobodys() -> None:
    values = {
        kind: {e["value"] for e in planted()["pii"] if e["kind"] == kind}
        for kind in ("email", "phone", "ssn")
    }
    assert all(
        re.search(r"@(example\.(com|org)|mail\.example\.net|counsel\.invalid)$", v) for v in values["email"]
    )
    assert all(re.fullmatch(r"\(\d{3}\) 555-01\d\d", v) for v in values["phone"])
    assert all(re.fullmatch(r"9\d\d-[1-4]\d-\d{4}", v) for v in values["ssn"])


def test_ibans_have_right_check_digits() -> None:
    for entry in planted()["pii"]:
        if entry["kind"] == "iban":
            moved = entry["value"].replace(" ", "")[4:] + entry["value"].replace(" ", "")[:4]
            assert int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def test_benchmark_items_stand_word_for_word_in_documents() -> None:
    items = {}
    for path in (SAMPLE / "benchmarks").iterdir():
        items |= {item["id"]: item for item in map(json.loads, path.read_text().splitlines())}
    assert len(planted()["benchmarks"]) == 2
    for entry in planted()["benchmarks"]:
        item, text = items[entry["item"]], written(entry["source"], entry["key"])
        assert item["question"] in text and item["answer"] in text


def test_exact_duplicates_are_equal() -> None:
    for group in planted()["exact_duplicates"]:
        texts = {written(d["source"], d["key"]) for d in group["documents"]}
        assert len(group["documents"]) > 1 and len(texts) == 1, group["why"]


def shingles(text: str) -> frozenset[int]:
    words = re.findall(r"\w+", re.sub(r"<[^>]*>", " ", text).lower())
    return frozenset(hash(tuple(words[i : i + 5])) for i in range(len(words) - 4))


def jaccard(a: frozenset[int], b: frozenset[int]) -> float:
    return len(a & b) / max(1, len(a | b))


def test_near_duplicates_are_near() -> None:
    for group in planted()["near_duplicates"]:
        first, *others = [shingles(written(d["source"], d["key"])) for d in group["documents"]]
        assert others
        assert all(0.8 < jaccard(first, other) < 1 for other in others), group["why"]


def test_other_documents_are_no_near_duplicates() -> None:
    meant = {
        frozenset((a["key"], b["key"]))
        for group in planted()["exact_duplicates"] + planted()["near_duplicates"]
        for a in group["documents"]
        for b in group["documents"]
    }
    sets = {docket: shingles(text) for docket, text in opinions().items()}
    found = [
        (a, b)
        for a in sets
        for b in sets
        if a < b and frozenset((a, b)) not in meant and jaccard(sets[a], sets[b]) > 0.5
    ]
    assert found == []


def test_the_readme_gives_the_counts() -> None:
    text = (SAMPLE / "README.md").read_text(encoding="utf-8")
    for source, count in planted()["sources"].items():
        assert f"| {source} | {count['files']} | {count['records']} | {count['failed']} |" in text
