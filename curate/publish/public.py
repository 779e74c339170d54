"""What of a manifest may be public: nothing of keys, of what was dropped, and of folders on the user's machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

#: Left out: the key's name, files that are not published, sizes and times of inputs (their SHA-256 stays), the system.
_PRIVATE = ("private_key",)
_UNPUBLISHED = ("dropped", "failed", "evidence", "private", "log")

#: A path from the root, of two parts or more, that no other word or address runs into.
_PATH = re.compile(r"(?<![\w.:/}~-])(?:file://)?(?:~|[A-Za-z]:)?(?:[/\\][\w.@+*=,~{}()\[\]-]+){2,}[/\\]?")


def public(found: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of an artefact's manifest for everybody."""
    kept = {name: value for name, value in found.items() if name not in _PRIVATE}
    kept["outputs"] = {name: v for name, v in found["outputs"].items() if name not in _UNPUBLISHED}
    kept["parts"] = {name: v for name, v in found.get("parts", {}).items() if name != "inputs"}
    kept["environment"] = {k: v for k, v in found.get("environment", {}).items() if k != "system"}
    if isinstance(scores := kept.get("scores"), Mapping):  # examples quote what was asked and answered
        kept["scores"] = {n: {k: v for k, v in of.items() if k != "examples"} for n, of in scores.items()}
    hide = hider(found)
    return {name: value if name == "pipeline_file" else walk(value, hide) for name, value in kept.items()}


def hider(found: Mapping[str, Any]) -> Callable[[str], str]:
    """A function that takes the key's name and local paths out of a text, but for paths that the pipeline file spells
    itself: the value of a variable becomes `{name}` again, of other paths the last part stays."""
    spelled = str(found.get("pipeline_file", ""))
    values = {
        str(value).rstrip("/"): name
        for name, value in found.get("variables", {}).items()
        if local(str(value)) and str(value) not in spelled
    }
    here = {str(Path.cwd()): ".", str(Path.home()): "~"}

    def last(path: re.Match[str]) -> str:
        return path[0] if path[0] in spelled else "…/" + re.split(r"[/\\]", path[0].rstrip("/\\"))[-1]

    key = str(found.get("private_key") or "")

    def hide(text: str) -> str:
        text = text.replace(key, "█") if key else text
        for value, name in sorted(values.items(), key=lambda item: -len(item[0])):
            text = text.replace(value, f"{{{name}}}")
        for folder, short in here.items():
            if len(folder) > 1 and folder not in spelled:
                text = re.sub(rf"{re.escape(folder)}(?![\w.-])", short, text)
        return _PATH.sub(last, text)

    return hide


def local(value: str) -> bool:
    """Whether a value is a path from the root of this machine, or from its user's home."""
    return value.startswith(("/", "~", "file://", "\\")) or re.match(r"[A-Za-z]:[/\\]", value) is not None


def walk(value: Any, change: Callable[[str], str]) -> Any:
    """`value` with every string in it changed, names of entries too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {change(str(name)): walk(inner, change) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [walk(inner, change) for inner in value]
    return value
