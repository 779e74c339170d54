"""The set-up works on any machine: a lock of versions alone, no registry or machine in a file, no torch."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {
    "torch",
    "transformers",
    "trl",
    "peft",
    "accelerate",
    "ray",
    "datasets",
}


def tracked() -> list[str]:
    """Paths of the files that git tracks."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("needs a git checkout")
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return {canonical(name): version for name, _, version in (line.partition("==") for line in lines)}


def test_the_lock_holds_versions_alone() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+_-]+", line)] == []


def test_the_lock_serves_every_dependency() -> None:
    extras = project()["optional-dependencies"]
    wanted = [*project()["dependencies"], *extras["dev"], *extras["hub"], *extras["s3"]]
    versions = locked()
    for requirement in map(Requirement, wanted):
        version = versions.get(canonical(requirement.name))
        assert version and requirement.specifier.contains(version), f"{requirement}: run `make lock`"


def test_curation_alone_installs_nothing_heavy() -> None:
    seen: set[str] = set()
    waiting = [Requirement(line) for line in project()["dependencies"]]
    while waiting:
        requirement = waiting.pop()
        for extra in ["", *requirement.extras]:
            node = f"{canonical(requirement.name)}[{extra}]"
            if node in seen:
                continue
            seen.add(node)
            try:
                below = map(Requirement, requires(requirement.name) or [])
            except PackageNotFoundError:  # for another platform
                continue
            waiting += [r for r in below if r.marker is None or r.marker.evaluate({"extra": extra})]
    assert {node.partition("[")[0] for node in seen} & HEAVY == set()


def test_no_file_names_a_registry_or_this_machine() -> None:
    hosts = [
        "pypi" + ".org",
        "python" + "hosted.org",
        "anaconda" + ".org",
        "index" + "-url",
        "find" + "-links",
    ]
    places = ["work", "opt", "root", "home"]
    wrong = re.compile("|".join([*map(re.escape, hosts), rf"(?<![\w.}}\-/])/({'|'.join(places)})/"])).search
    found = []
    for name in tracked():
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{name}: {hit[0]}" for line in text.splitlines() if (hit := wrong(line))]
    assert found == []


def test_code_files_are_of_readable_length() -> None:
    long = {
        name: (ROOT / name).read_text(encoding="utf-8").count("\n")
        for name in tracked()
        if name.endswith(".py")
    }
    assert {name: lines for name, lines in long.items() if lines > 300} == {}


def test_ci_runs_what_it_should() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert {"set -euo pipefail", "make check", "make test"} <= set(script.read_text().splitlines())
