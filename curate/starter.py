"""A starter pipeline from what lies in a folder, for `curate init`."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

from curate import storage

#: Endings that the readers know, without those of compression; others are left out and named in a comment.
KNOWN = {
    "jsonl", "ndjson", "json", "parquet", "csv", "tsv", "txt", "text", "md", "markdown", "html", "htm", "xhtml",
    "xml", "pdf", "warc", "arc", "wet", "tar", "tgz", "zip",
}  # fmt: skip
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
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    unknown: Counter[str] = Counter()
    for file in storage.listing([folder]):
        kind, whole = ending(file.name.rpartition("/")[2])
        if kind not in KNOWN:
            unknown[whole or "no ending"] += 1
            continue
        top = file.name.split("/")[0] if "/" in file.name else ""
        groups[top, whole].append(file.size)
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
    for (top, whole), sizes in sorted(groups.items()):
        label = _label(top or name) or "files"
        label = f"{label}-{whole.strip('.').partition('.')[0]}" if kinds[top] > 1 else label
        seen[label] += 1
        label = label if seen[label] == 1 else f"{label}-{seen[label]}"
        pattern = f"{{data}}/{_literal(top)}/**/*{whole}" if top else f"{{data}}/*{whole}"
        about = f"{len(sizes)} files, {sum(sizes) / 1e6:.1f} MB"
        lines.append(f"      - {{name: {label}, path: {_quoted(pattern)}}}  # {about}; license: ?")
    lines += [f"      # left out: {n} files with {what}" for what, n in sorted(unknown.items())]
    lines += ["    steps:", "      - normalise", "      - language: {keep: [en]}", "      - signals"]
    lines += ["      - quality: {preset: legal}", "      - exact_duplicates"]
    return "\n".join(lines) + "\n"


def _label(folder: str) -> str:
    """A folder's name as the name of a source."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", folder).strip("-._")


def _literal(name: str) -> str:
    """A folder's name in a glob within a pipeline file, where `*?[` and braces have a meaning."""
    return re.sub(r"[*?[]", r"[\g<0>]", name).replace("{", "{{").replace("}", "}}")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
