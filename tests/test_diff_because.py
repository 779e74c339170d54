"""Which difference accounts for a group of documents where several could."""

from __future__ import annotations

from typing import Any

import pytest

from curate.differences.because import because

RULE = {"kind": "step", "of": "quality", "name": "min_words", "was": 30, "now": 80, "reason": "min_words"}
OTHER = {"kind": "step", "of": "quality", "name": "max_words", "was": 9, "now": 8, "reason": "max_words"}
NEAR = {"kind": "step", "of": "near", "name": "threshold", "was": 0.8, "now": 0.7, "reason": "near_duplicate"}
MANIFEST = {"steps": [{"step": step, "name": "no.step", "rewrites": False} for step in ("quality", "near")]}
KEPT = {"outcome": "kept"}
SHORT = {"outcome": "dropped", "step": "quality", "reason": "min_words"}
TWICE = {"outcome": "dropped", "step": "near", "reason": "near_duplicate"}
FAILED = {"outcome": "failed", "kind": "no text"}


def found(**differences: Any) -> dict[str, Any]:
    none: dict[str, Any] = {
        "settings": [],
        "steps": {"added": [], "removed": [], "moved": []},
        "code": {"changed": [], "new": [], "gone": []},
        "libraries": [],
        "inputs": {},
        "upstream": [],
    }
    return none | differences


def account(change: str, was: dict[str, str], now: dict[str, str], **differences: Any) -> dict[str, Any]:
    group = {"change": change, "was": was, "now": now, "sources": {"a": 1}}
    return because(group, found(**differences), MANIFEST, MANIFEST)


@pytest.mark.parametrize(
    ("change", "was", "now", "expected"),
    [
        ("went", KEPT, SHORT, RULE),
        ("came", SHORT, KEPT, RULE),
        ("went", KEPT, TWICE, NEAR),
        ("moved", SHORT, TWICE, RULE),  # it let pass what it dropped before
        ("moved", TWICE, SHORT, RULE),  # it drops before the other can
    ],
)
def test_the_step_that_stands_first_and_its_own_threshold_account(
    change: str, was: dict[str, str], now: dict[str, str], expected: dict[str, Any]
) -> None:
    told = account(change, was, now, settings=[OTHER, NEAR, RULE])
    assert told == {"kind": "setting", "settings": [expected]}


def test_other_settings_then_the_place_account_for_a_step() -> None:
    plain = {"kind": "step", "of": "quality", "name": "preset", "was": "a", "now": "b"}
    assert account("went", KEPT, SHORT, settings=[plain, OTHER])["settings"] == [plain]
    moved = {"added": [], "removed": [], "moved": ["quality"]}
    assert account("went", KEPT, SHORT, steps=moved) == {"kind": "step", "what": "moved", "step": "quality"}


def test_what_could_not_be_read_is_accounted_for_by_files_then_readers() -> None:
    files = {"a": {"new": [], "gone": [], "changed": ["x", "y"]}}
    counts = {"a": {"new": 0, "gone": 0, "changed": 2}}
    code = {"changed": ["curate.readers.jsonl", "curate.steps.quality"], "new": [], "gone": []}
    assert account("went", KEPT, FAILED, inputs=files, code=code) == {"kind": "input", "inputs": counts}
    assert account("came", FAILED, KEPT, code=code) == {"kind": "code", "modules": ["curate.readers.jsonl"]}


def test_what_nothing_accounts_for_follows_from_something_else() -> None:
    for change, was, now in (
        ("went", KEPT, TWICE),
        ("new", {"outcome": "not read"}, KEPT),
        ("changed", KEPT, KEPT),
    ):
        assert account(change, was, now) == {"kind": "earlier"}
    upstream = [{"name": "first", "was": "1", "now": "2"}]
    assert account("gone", KEPT, {"outcome": "not read"}, upstream=upstream) == {
        "kind": "upstream",
        "stages": ["first"],
    }
