"""What names a piece of work: hashes of settings, of inputs, and of the code and libraries that shape output.

The code of a step is its import closure: the module's file and whatever it imports, directly or not, within the
same top-level packages or, for a user's own modules, beside them. The libraries are the installed distributions that
this closure imports.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import json
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

#: Modules that run work but do not shape what is written; a change in them rebuilds nothing.
SHAPELESS = {"curate.errors", "curate.executors", "curate.progress", "curate.fingerprint", "curate"}


def digest(value: Any) -> str:
    """SHA-256 of `value` as canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def closure(modules: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The code under `modules`: ({module: sha256 of its file}, {distribution: version})."""
    code: dict[str, str] = {}
    imported: set[str] = set()
    queue = sorted(set(modules))
    own = {m.partition(".")[0] for m in queue} | {"curate"}
    while queue:
        module = queue.pop()
        if module in code or module in SHAPELESS or not (path := _file(module)):
            continue
        code[module] = _sha(path)
        for name in _imports(path, module):
            top = name.partition(".")[0]
            if top in own or not (top in sys.stdlib_module_names or top in _distributions()):
                queue.append(name)
            else:
                imported.add(top)
    libraries: dict[str, str] = {}
    for top in imported:
        for distribution in _distributions().get(top, []):
            libraries[distribution.lower()] = importlib.metadata.version(distribution)
    libraries["python unicodedata"] = __import__("unicodedata").unidata_version
    return dict(sorted(code.items())), dict(sorted(libraries.items()))


@cache
def _distributions() -> dict[str, list[str]]:
    return {top: sorted(set(names)) for top, names in importlib.metadata.packages_distributions().items()}


@cache
def _file(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


@cache
def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _imports(path: Path, module: str) -> tuple[str, ...]:
    """Modules that `path` names in import statements anywhere in it (`from a import b` counts as a and a.b)."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base]).rstrip(".")
            found.add(base)
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return tuple(sorted(found))
