"""A starter pipeline from what lies in a folder, for `curate init`."""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from pathlib import Path

from curate import storage
from curate.progress import plural
from curate.readers import Record, Slice, Tally
from curate.readers.read import read_slice
from curate.source import Source

#: Endings that the readers know, without those of compression; others are left out and named in a comment.
KNOWN = {
    "jsonl", "ndjson", "json", "parquet", "csv", "tsv", "txt", "text", "md", "markdown", "html", "htm", "xhtml",
    "xml", "pdf", "warc", "arc", "wet", "tar", "tgz", "zip",
}  # fmt: skip
#: Those whose records have fields of any name.
FIELDED = {"jsonl", "ndjson", "json", "parquet", "csv", "tsv"}
COMPRESSED = {"gz", "zst", "bz2", "xz"}


def ending(name: str) -> tuple[str, str]:
    """The format's ending of a file name and the whole ending as written: `a.JSONL.gz` gives ('jsonl', '.JSONL.gz')."""
    parts = name.split(".")
    whole = ""
    while len(parts) > 1 and parts[-1].lower() in COMPRESSED:
        whole = f".{parts.pop()}{whole}"
    last = parts[-1] if len(parts) > 1 else ""
    return last.lower(), f".{last}{whole}" if last else whole


def starter(folder: str) -> str:
    """The text of a pipeline file with one source per sub-folder and kind of file in `folder`."""
    groups: dict[tuple[str, str], list[storage.FileInfo]] = defaultdict(list)
    unknown: Counter[str] = Counter()
    for file in storage.listing([folder]):
        kind, whole = ending(file.name.rpartition("/")[2])
        if kind not in KNOWN:
            unknown[whole or "no ending"] += 1
            continue
        top = file.name.split("/")[0] if "/" in file.name else ""
        groups[top, whole].append(file)
    root = Path(folder).resolve()
    name = _label(root.name) or "corpus"
    lines = [
        f"# Written by curate init from {folder}. Next: curate check, then curate run --limit 100.",
        f"name: {name}",
    ]
    lines += [
        "seed: 7",
        f"vars: {{data: {_quoted(folder.rstrip('/'))}}}",
        "",
        "stages:",
        "  corpus:",
        "    kind: curate",
    ]
    lines += ["    sources:"]
    seen: Counter[str] = Counter()
    kinds = Counter(top for top, _ in groups)
    for (top, whole), files in sorted(groups.items()):
        label = _label(top or name) or "files"
        label = f"{label}-{whole.strip('.').partition('.')[0]}" if kinds[top] > 1 else label
        seen[label] += 1
        label = label if seen[label] == 1 else f"{label}-{seen[label]}"
        pattern = f"{{data}}/{_literal(top)}/**/*{whole}" if top else f"{{data}}/*{whole}"
        about = f"{plural(len(files), 'file')}, {sum(f.size for f in files) / 1e6:.1f} MB"
        field = text_field(files[0]) if ending(files[0].name)[0] in FIELDED else None
        columns = f", columns: {{text: {_quoted(field)}}}" if field else ""
        guess = " the text's field is a guess from the first record;" if field else ""
        lines.append(
            f"      - {{name: {label}, path: {_quoted(pattern)}{columns}}}  # {about};{guess} license: ?"
        )
    lines += [f"      # left out: {n} files with {what}" for what, n in sorted(unknown.items())]
    lines += ["    steps:", "      - normalise", "      - language: {keep: [en]}", "      - signals"]
    lines += ["      - quality: {preset: legal}", "      - exact_duplicates"]
    return "\n".join(lines) + "\n"


def text_field(file: storage.FileInfo) -> str | None:
    """The field that holds the text in the first records of a file, where it is not called `text`: the longest."""
    source = Source.model_validate({"name": "first", "path": file.path})
    records = read_slice(Slice(file.path, file.name, file.size), source, Tally())
    for record in itertools.islice((r for r in records if isinstance(r, Record)), 1):
        strings = {name: len(value) for name, value in record.fields.items() if isinstance(value, str)}
        if "text" not in record.fields and strings:
            return max(strings, key=lambda name: strings[name])
    return None


def _label(folder: str) -> str:
    """A folder's name as the name of a source."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", folder).strip("-._")


def _literal(name: str) -> str:
    """A folder's name in a glob within a pipeline file, where `*?[` and braces have a meaning."""
    return re.sub(r"[*?[]", r"[\g<0>]", name).replace("{", "{{").replace("}", "}}")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
