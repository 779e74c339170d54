"""Canaries: what is planted, how often, and from which space."""

from __future__ import annotations

import random
import re
import stat
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from curate.errors import ConfigError
from train.audit import canaries
from train.audit.canaries import Canary, Space
from train.audit.carriers import CARRIERS, WORDS


def shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def jaccard(one: str, other: str) -> float:
    a, b = shingles(one), shingles(other)
    return len(a & b) / len(a | b)


def test_a_space_is_all_secrets_of_its_pattern_each_once() -> None:
    space = Space("a[2-4]-#<word>")
    made = [space.secret(number) for number in range(space.size)]
    assert space.size == 3 * 10 * 256 == len(set(made))
    assert all(re.fullmatch(r"a[2-4]-\d(\w+)", secret) for secret in made)
    assert {secret[4:] for secret in made} == set(WORDS)


def test_words_have_eight_bits_each() -> None:
    assert len(set(WORDS)) == len(WORDS) == 256


def test_what_is_drawn_is_new_and_different() -> None:
    space = Space("#")
    drawn = space.draw(20, random.Random(1), frozenset({"3", "5"}))
    assert sorted(drawn) == ["0", "1", "2", "4", "6", "7", "8", "9"]
    assert len(Space("###").draw(50, random.Random(1), frozenset({"123"}))) == 50


def test_each_count_has_its_canaries_in_all_forms() -> None:
    planted = canaries.plant([1, 16], 8, seed=3, controls=5)
    assert Counter(c.count for c in planted) == {0: 5, 1: 8, 16: 8}
    assert Counter((c.count, c.form) for c in planted if c.count) == {
        (n, f): 2 for n in (1, 16) for f in CARRIERS
    }
    assert len({c.id for c in planted}) == len({c.prefix for c in planted}) == len(planted)
    assert all(len(c.prefix.split()) > 20 and c.suffix for c in planted)


def test_the_same_seed_plants_the_same_and_another_others() -> None:
    assert canaries.plant(seed=1) == canaries.plant(seed=1)
    one, other = canaries.plant(seed=1), canaries.plant(seed=2)
    assert not {c.secret for c in one} & {c.secret for c in other}


def test_documents_hold_each_canary_as_often_as_it_says() -> None:
    planted = canaries.plant([1, 5], 4, seed=3)
    rows = canaries.documents(planted)
    assert rows.columns == ["id", "text", "source"] and set(rows["source"]) == {"canaries"}
    assert rows["id"].n_unique() == rows.height == 4 * (1 + 5)
    for canary in planted:
        assert rows["text"].str.contains(canary.prefix + canary.secret, literal=True).sum() == canary.count


def test_copies_differ_but_little_and_canaries_much() -> None:
    planted = canaries.plant([8], 8, seed=3)
    rows = canaries.documents(planted)
    assert rows["text"].n_unique() == rows.height
    plain = canaries.documents(planted, vary=False)
    assert plain["text"].n_unique() == len([c for c in planted if c.count])
    for canary in planted:
        copies = [text for text in rows["text"] if canary.secret in text]
        assert all(jaccard(a, b) > 0.85 for a, b in combinations(copies, 2))
    assert all(jaccard(a.text, b.text) < 0.75 for a, b in combinations(planted, 2))


def test_what_is_saved_is_loaded_and_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "canaries.jsonl"
    path.write_text("other")
    path.chmod(0o644)
    planted = canaries.plant(seed=1)
    canaries.save(planted, path)
    assert canaries.load(path) == planted
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["{", '{"id": "a"}\n', "[1]\n"])
def test_a_file_of_something_else_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.jsonl").write_text(content)
    with pytest.raises(ConfigError, match=r"x\.jsonl is not what was saved"):
        canaries.load(tmp_path / "x.jsonl")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        canaries.load(tmp_path / "none.jsonl")


def test_more_canaries_than_persons_are_refused() -> None:
    with pytest.raises(ConfigError, match="5016 are asked for, 2160 can be made"):
        canaries.plant([1], 5_000, seed=1)
    with pytest.raises(ConfigError, match="no form email; there are ssn, phone"):
        canaries.plant(seed=1, forms=["email"])


def test_private_forms_are_what_the_step_pii_finds() -> None:
    from curate.pii.detect import Detector, Settings

    kinds = {"ssn": "US_SSN", "phone": "PHONE_NUMBER"}
    planted = [c for c in canaries.plant([1], 40, seed=5, controls=1) if c.form in kinds]
    found = Detector(Settings(names=False)).find([c.text for c in planted]).spans
    for canary, spans in zip(planted, found, strict=True):
        secrets = [(canary.text[s.start : s.end], s.entity) for s in spans]
        assert (canary.secret, kinds[canary.form]) in secrets


def test_a_canary_tells_its_text_and_space() -> None:
    canary = Canary("c", "x", 1, "The code is ", "42", ".", "##")
    assert canary.text == "The code is 42." and canary.space.size == 100
