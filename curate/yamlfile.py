"""YAML with places: values, the line of each, and the nearest valid name for a wrong one."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

from curate.errors import Fault

Path = tuple[str | int, ...]

VARIABLE = re.compile(r"\{\{|\}\}|\{([A-Za-z_]\w*)\}")
SECRET = re.compile(r"\$\{([A-Za-z_]\w*)\}")


def nearest(name: str, valid: Iterable[str]) -> str:
    """A hint naming the valid name closest to `name`, or the few valid ones, or ""."""
    names = sorted(map(str, valid))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"valid: {', '.join(names)}" if 0 < len(names) <= 24 else ""


def spelled(path: Path) -> str:
    """`("stages", "corpus", "steps", 1)` as `stages.corpus.steps[1]`."""
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else str(part)
    return out


@dataclass
class YamlFile:
    """A parsed file: `value`, `lines` (path -> line) and the faults met so far."""

    file: str
    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of the value at `path`, or of the nearest enclosing one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def fault(self, path: Path, message: str, hint: str = "") -> None:
        """Note a mistake at `path`."""
        self.faults.append(Fault(self.file, self.line(path), spelled(path), message, hint))

    def fill(self, path: Path, variables: dict[str, Any], value: Any) -> Any:
        """`value` with `{name}` replaced from `variables` in every string below it (`{{` is a brace)."""
        if isinstance(value, dict):
            return {k: self.fill((*path, k), variables, v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.fill((*path, i), variables, v) for i, v in enumerate(value)]
        if not isinstance(value, str):
            return value
        if "storage_options" in path:
            return self._secret(path, value)
        if found := SECRET.search(value):
            self.fault(
                path,
                f"environment variables are for secrets only; '{found[0]}' stands outside storage_options",
                "use vars: and --var for everything else",
            )
            return value
        whole = VARIABLE.fullmatch(value)
        if whole and whole[1] in variables:
            return variables[whole[1]]

        def one(match: re.Match[str]) -> str:
            if match[1] is None:
                return match[0][0]
            if match[1] not in variables:
                self.fault(path, f"unknown variable '{{{match[1]}}}'", nearest(match[1], variables))
                return match[0]
            return str(variables[match[1]])

        return VARIABLE.sub(one, value)

    def _secret(self, path: Path, value: str) -> str:
        def one(match: re.Match[str]) -> str:
            if match[1] not in os.environ:
                self.fault(path, f"environment variable {match[1]} is not set", f"export {match[1]}=…")
            return os.environ.get(match[1], "")

        return SECRET.sub(one, value)


def load(file: str) -> YamlFile:
    """Parse `file`; syntax errors, duplicate keys and an unreadable file become faults."""
    out = YamlFile(file)
    try:
        with open(file, encoding="utf-8") as handle:
            node = yaml.compose(handle, Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        out.faults.append(Fault(file, 0, "", f"cannot be read: {error}"))
        return out
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        out.faults.append(Fault(file, mark.line + 1 if mark else 0, "", f"not YAML: {error.problem}"))
        return out
    except yaml.YAMLError as error:
        out.faults.append(Fault(file, 0, "", f"not YAML: {error}"))
        return out
    try:
        out.value = None if node is None else _construct(node, (), out)
    except RecursionError:
        out.faults.append(Fault(file, 0, "", "not YAML: an alias stands within what its anchor names"))
    return out


def _construct(node: yaml.Node, path: Path, out: YamlFile) -> Any:
    out.lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_construct(child, (*path, i), out) for i, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        value: dict[Any, Any] = {}
        for key_node, child in node.value:
            line = key_node.start_mark.line + 1
            if problem := _no_key(key_node):
                out.faults.append(Fault(out.file, line, spelled(path), problem))
                continue
            key = _scalar(key_node, path, out)
            if key in value:
                out.faults.append(Fault(out.file, line, spelled((*path, key)), f"'{key}' stands here twice"))
                continue
            value[key] = _construct(child, (*path, key), out)
            out.lines[(*path, key)] = line
        return value
    return _scalar(node, path, out)


def _no_key(node: yaml.Node) -> str:
    """Why `node` cannot be a key, or ""."""
    if not isinstance(node, yaml.ScalarNode):
        return "a key is a single value, not a list or a mapping: put quotes around braces and brackets"
    if node.tag == "tag:yaml.org,2002:merge":
        return "merge keys (<<) are not read: repeat the keys, or name a whole value with an alias"
    return ""


def _scalar(node: yaml.Node, path: Path, out: YamlFile) -> Any:
    try:
        return yaml.constructor.SafeConstructor().construct_object(node, deep=True)
    except (ValueError, yaml.YAMLError) as error:  # 2026-13-45, !!int x, a bare '='
        problem = error.problem if isinstance(error, yaml.MarkedYAMLError) else error
        message = f"'{node.value}' cannot be read as what it looks like ({problem}): put quotes around it"
        out.faults.append(Fault(out.file, node.start_mark.line + 1, spelled(path), message))
        return None
