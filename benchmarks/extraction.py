"""Extraction from HTML and PDF against peers: `python -m benchmarks.extraction DATA [OUT.md]`.

DATA holds the sets named below. Tables in Markdown: main text of web pages against hand-made bodies, words of
court opinions lost, PDF contracts against their published text, the guard's cost.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from importlib.metadata import version
from pathlib import Path
from statistics import fmean

import pypdfium2
import trafilatura
from resiliparse.extract.html2text import extract_plain_text

from curate.readers import guard, html, pdf

Extract = Callable[[bytes], str]
Counts = tuple[int, int, int]  # shingles in both, in the extract alone, in the reference alone


def decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


EXTRACTORS: dict[str, Extract] = {
    "curate": lambda data: html.parse(data)["text"],
    "trafilatura, defaults": lambda data: trafilatura.extract(data) or "",
    "trafilatura, no comments": lambda data: trafilatura.extract(data, include_comments=False) or "",
    "trafilatura, no comments, precision": lambda data: (
        trafilatura.extract(data, include_comments=False, favor_precision=True) or ""
    ),
    "trafilatura, no comments, recall": lambda data: (
        trafilatura.extract(data, include_comments=False, favor_recall=True) or ""
    ),
    "resiliparse, defaults": lambda data: extract_plain_text(decoded(data)),
    "resiliparse, main content": lambda data: extract_plain_text(decoded(data), main_content=True),
}


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """4-grams of words, as the article extraction benchmark of Scrapinghub counts them."""
    found = words(text)
    return Counter(tuple(found[i : i + 4]) for i in range(max(1, len(found) - 3)) if found)


def compared(reference: str, extract: str) -> Counts:
    one, two = shingles(reference), shingles(extract)
    return (one & two).total(), (two - one).total(), (one - two).total()


def measure(pages: Iterable[Counts]) -> tuple[float, float, float]:
    """F1 of mean precision and mean recall over pages: that benchmark's measure."""
    pages = list(pages)
    precision = fmean(both / (both + extra) if both + extra else 0.0 for both, extra, lost in pages)
    recall = fmean(both / (both + lost) if both + lost else 1.0 for both, extra, lost in pages)
    return 2 * precision * recall / (precision + recall), precision, recall


def articles(data: Path) -> list[str]:
    """Main text of the pages with hand-made bodies; tuned on every other page in order of id (half A)."""
    truth = json.loads((data / "web/article_extraction_ground_truth.json").read_text())
    with tarfile.open(data / "web/article_extraction_html.tar.gz") as archive:
        pages = {Path(m.name).stem: archive.extractfile(m).read() for m in archive if m.isfile()}  # type: ignore[union-attr]
    lines = [
        f"Main text of {len(truth)} web pages, word 4-grams against hand-made bodies:",
        "",
        "| Extractor | F1 | precision | recall | F1, half A (tuned on) | F1, half B | ms a page |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, extract in EXTRACTORS.items():
        started = time.process_time()
        texts = {key: extract(pages[key]) for key in sorted(truth)}
        spent = time.process_time() - started
        counts = [compared(truth[key]["articleBody"], text) for key, text in texts.items()]
        f1, precision, recall = measure(counts)
        half_a, half_b = measure(counts[::2])[0], measure(counts[1::2])[0]
        lines.append(
            f"| {name} | {f1:.4f} | {precision:.4f} | {recall:.4f} | {half_a:.4f} | {half_b:.4f} "
            f"| {1000 * spent / len(texts):.1f} |"
        )
    return lines


def opinions(data: Path) -> list[str]:
    """Words of court opinions that an extractor loses, of those a browser shows."""
    paths = [
        *sorted((data / "legal/html_opinions").glob("*.html")),
        data / "legal/pdf/courts/opinion_html.html",
    ]
    lines = [
        f"Words of {len(paths)} court opinions in HTML that are lost (a browser shows {{all:,}}):",
        "",
        "| Extractor | words lost | opinions that lose any |",
        "|---|---|---|",
    ]
    shown = [Counter(words(extract_plain_text(decoded(path.read_bytes())))) for path in paths]
    for name, extract in EXTRACTORS.items():
        if name == "resiliparse, defaults":  # the measure itself
            continue
        lost = [(all - Counter(words(extract(p.read_bytes())))).total() for p, all in zip(paths, shown)]
        lines.append(f"| {name} | {sum(lost):,} | {sum(map(bool, lost))} |")
    lines[0] = lines[0].format(all=sum(counts.total() for counts in shown))
    return lines


def paragraphs(text: str) -> set[str]:
    """Letters and digits of each paragraph of more than 20 of them."""
    found = (re.sub(r"\W+", "", part.lower()) for part in re.split(r"\n\s*\n|\f", text))
    return {part for part in found if len(part) > 20}


def contracts(data: Path) -> list[str]:
    """PDF contracts against their published text: words in order, and whole paragraphs."""
    lines = [
        "PDF contracts against the published text (words: twice the longest matching runs over both lengths; "
        "paragraphs: F1 of equal ones):",
        "",
        "| Contract | pages | words, curate | words, pdfium | paragraphs, curate | paragraphs, pdfium |",
        "|---|---|---|---|---|---|",
    ]
    for path in sorted((data / "legal/pdf/cuad").glob("*.pdf")):
        reference = path.with_suffix(".txt").read_text(errors="replace")
        document = pypdfium2.PdfDocument(path)
        plain = "\n".join(page.get_textpage().get_text_range() for page in document)
        cells = []
        for text in (pdf.parse(path.read_bytes())["text"], plain):
            ratio = SequenceMatcher(None, words(reference), words(text), autojunk=False).ratio()
            one, two = paragraphs(reference), paragraphs(text)
            cells.append((ratio, 2 * len(one & two) / (len(one) + len(two))))
        (ours, our_parts), (theirs, their_parts) = cells
        lines.append(
            f"| {path.stem[:32]} | {len(document)} | {ours:.4f} | {theirs:.4f} | {our_parts:.2f} | {their_parts:.2f} |"
        )
    return lines


def guarded() -> list[str]:
    """What the guard costs: start, round trip, bytes both ways."""
    started = time.perf_counter()
    guard.call(len, b"", seconds=30)
    start = time.perf_counter() - started
    started = time.perf_counter()
    for _ in range(2000):
        guard.call(len, b"", seconds=30)
    trip = (time.perf_counter() - started) / 2000
    data = bytes(16_000_000)
    started = time.perf_counter()
    for _ in range(20):
        guard.call(bytes.upper, data, seconds=30)
    rate = 20 * 32 / (time.perf_counter() - started)
    return [
        f"The guard: {1000 * start:.0f} ms to start a child, {1e6 * trip:.0f} µs a call, "
        f"{rate:.0f} MB/s through its pipes (16 MB there and back)."
    ]


def main() -> None:
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    data = Path(sys.argv[1])
    peers = ", ".join(f"{name} {version(name)}" for name in ("trafilatura", "resiliparse", "pypdfium2"))
    tables = [[f"`python -m benchmarks.extraction DATA` with {peers}."], articles(data), opinions(data)]
    tables += [contracts(data), guarded()]
    report = "# Extraction\n\n" + "\n\n".join("\n".join(table) for table in tables) + "\n"
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(report)
    print(report)


if __name__ == "__main__":
    main()
