"""The tree in the README names what is there, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from test_setup import ROOT, tracked

#: What every repository has and no reader looks for.
UNNAMED = {".gitignore", "README.md"}


def shown() -> dict[str, str]:
    """Path -> annotation of every line of the tree."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"## What is where\n+```\n(.*?)```", text, re.DOTALL)
    assert block
    found: dict[str, str] = {}
    above: list[str] = []
    for line in block[1].splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        name, _, note = line.strip().partition(" ")
        above = [*above[:depth], name.rstrip("/")]
        found["/".join(above) + ("/" if name.endswith("/") else "")] = note.strip()
    return found


def test_every_tracked_file_stands_in_the_tree_or_its_folder_does() -> None:
    paths = shown()
    leaves = [
        path
        for path in paths
        if path.endswith("/") and not any(p != path and p.startswith(path) for p in paths)
    ]
    missing = [
        file
        for file in tracked()
        if file not in UNNAMED and file not in paths and not any(file.startswith(leaf) for leaf in leaves)
    ]
    assert missing == []


def test_every_line_of_the_tree_is_there_and_annotated() -> None:
    paths = shown()
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert [path for path, note in paths.items() if not note and path not in ("docs/",)] == []


def test_links_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)\)", text)
    assert targets
    assert [t for t in targets if "://" not in t and not (ROOT / Path(t)).exists()] == []
