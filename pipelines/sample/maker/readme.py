"""README.md of the sample, with the counts of what was planted."""

from __future__ import annotations

from collections import Counter
from typing import Any

HEAD = """# The sample

Invented legal documents of the State of Meridian, which does not exist: no person, company, court, statute
or citation in them is real. They are dedicated to the public domain (CC0-1.0). Written by `generate.py`
(standard library only); `make sample` writes it again. Do not edit by hand, this page included.

| Source | What | Format |
|---|---|---|
| `opinions/` | appellate opinions, a third of them with hard line ends | JSONL, gzip (fields: `docket` …) |
| `contracts/` | leases, employment, supply, license, credit agreements | HTML with menus and footers, in folders |
| `statutes/` | acts with parts, sections, lists and a table of fees | Markdown with front matter |
| `filings/` | motions, complaints, petitions | PDF with running headers and page numbers |
| `web/` | news, advice and opinions on two invented sites | WARC, gzip, one member a record |
| `benchmarks/` | questions with answers; not a source, for decontamination | JSONL |

What was planted is listed in `planted.json`: `source` and `key` name a document (`key` is the docket, the
path below the source's folder, or the address), `file` and `line` a broken place.
"""

TAIL = """
Personal data are invented so that they can belong to nobody: names of two lists, mail at domains reserved
for examples, telephone numbers 555-01xx, social security numbers of an area and group never issued, IBANs
with right check digits at a bank code that no bank has. The same person has the same data wherever she
appears. Names of judges, witnesses and authors in running text are invented too but not listed.
"""


def readme(planted: dict[str, Any]) -> str:
    parts = [HEAD, "\n## Counts\n\n| Source | Files | Records | Unreadable |\n|---|---|---|---|\n"]
    for source, count in planted["sources"].items():
        parts.append(f"| {source} | {count['files']} | {count['records']} | {count['failed']} |\n")
    parts.append(
        "\nA record is a line that is not blank, a file, or an HTML response; where a gzip breaks off, the"
        " break counts as one.\n\n| Planted | How many |\n|---|---|\n"
    )
    parts += [f"| {what} | {number} |\n" for what, number in rows(planted)]
    parts.append("\n## Broken and unusual places\n\n| Where | What | Ends as |\n|---|---|---|\n")
    for entry in planted["broken"]:
        line = f", line {entry['line']}" if "line" in entry else ""
        parts.append(f"| `{entry['file']}`{line} | {entry['what']} | failed |\n")
    for entry in planted["unusual"]:
        end = "read" if entry["records"] else "not a record"
        parts.append(f"| `{entry['file']}` | {entry['what']} | {end} |\n")
    return "".join([*parts, "\n## Personal data\n", TAIL])


def rows(planted: dict[str, Any]) -> list[tuple[str, str]]:
    exact, near = planted["exact_duplicates"], planted["near_duplicates"]
    languages = Counter(entry["language"] for entry in planted["foreign"])
    poor = Counter(entry["kind"] for entry in planted["low_quality"])
    pii = Counter(entry["kind"] for entry in planted["pii"])
    return [
        ("exact duplicates", f"{copies(exact)} copies in {len(exact)} groups"),
        ("near-duplicates", f"{copies(near)} copies in {len(near)} groups"),
        ("foreign documents", f"{sum(languages.values())} ({listed(languages)})"),
        ("low-quality documents", f"{sum(poor.values())} ({listed(poor)})"),
        ("broken places", str(len(planted["broken"]))),
        ("benchmark items in documents", str(len(planted["benchmarks"]))),
        ("personal data", f"{sum(pii.values())} mentions ({listed(pii)})"),
    ]


def copies(groups: list[dict[str, Any]]) -> int:
    return sum(len(group["documents"]) - 1 for group in groups)


def listed(counter: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counter.items()))
