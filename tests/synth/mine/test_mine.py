"""What holds for all kinds: questions that make sense alone, conversations, names, the seed."""

from __future__ import annotations

import pytest
from mined_texts import ACT, AGREEMENT, ARGUMENT, OPINION, found

from synth.mine import kinds, mine


def test_conversations_ask_on_one_passage() -> None:
    samples = found("conversations", AGREEMENT)
    assert samples
    for sample in samples:
        assert [m.role for m in sample.prompt] == ["user", "assistant"] * (len(sample.prompt) // 2) + ["user"]
        assert len(sample.meta["of"]) == len(set(sample.meta["of"])) == (len(sample.prompt) + 1) // 2


def test_a_question_makes_sense_alone() -> None:
    """It carries its passage, or names the document."""
    for text, title in ((AGREEMENT, None), (OPINION, None), (ACT, None), (ARGUMENT, "Ash v. Oak")):
        for sample in mine("doc", text, source="s", title=title):
            prompt = sample.prompt[0].content
            named = any(name in prompt for name in ("Credit Agreement", "Alder v.", "Oats Act", "Ash v."))
            assert named or sample.meta["context"]


def test_kinds_tell_of_themselves() -> None:
    told = kinds()
    assert {"definitions", "duties", "corrupted", "conversations", "citations"} <= set(told)
    assert all(line.endswith(".") for line in told.values())


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no such kind: riddles"):
        list(mine("doc", ACT, source="s", kinds=["riddles"]))


def test_the_same_again_is_the_same_and_a_seed_changes_wordings() -> None:
    one, again, other = (found("duties", AGREEMENT, seed=seed) for seed in (0, 0, 1))
    assert one == again
    assert len(one) == len(other) and [s.prompt for s in one] != [s.prompt for s in other]
