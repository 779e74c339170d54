"""Fingerprints: what changes them, and what does not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from curate import fingerprint


def test_the_closure_of_a_step_has_its_kernels_and_their_libraries_but_no_other_step() -> None:
    code, libraries = fingerprint.closure(["curate.steps.exact_duplicates"])
    assert {"curate.steps.exact_duplicates", "curate.kernels.identity", "curate.step"} <= set(code)
    assert "curate.steps.where" not in code and "curate.runner" not in code
    assert {"polars", "numba"} <= set(libraries)


def test_a_change_anywhere_in_the_closure_changes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "mine"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("def f():\n    from . import b\n")
    (package / "b.py").write_text("import mine.c\n")
    (package / "c.py").write_text("X = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    def seen() -> dict[str, str]:
        for cached in (fingerprint._file, fingerprint._sha, fingerprint._imports):
            cached.cache_clear()
        for name in [m for m in sys.modules if m.startswith("mine")]:
            del sys.modules[name]
        return fingerprint.closure(["mine.a"])[0]

    before = seen()
    assert {"mine.a", "mine.b", "mine.c"} <= set(before)
    (package / "c.py").write_text("X = 2\n")
    after = seen()
    assert {m for m in after if after[m] != before[m]} == {"mine.c"}


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert fingerprint.digest({"a": 1, "b": [2]}) == fingerprint.digest({"b": [2], "a": 1})
    assert fingerprint.digest({"a": 1}) != fingerprint.digest({"a": "1"})


def test_a_module_beside_the_users_step_counts_as_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ownstep.py").write_text("import ownhelper\nimport polars\nimport json\n")
    (tmp_path / "ownhelper.py").write_text("X = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    code, libraries = fingerprint.closure(["ownstep"])
    assert set(code) == {"ownstep", "ownhelper"} and "polars" in libraries
