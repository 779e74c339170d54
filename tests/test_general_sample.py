"""The committed general sample is what its generator writes, varied, apart from its benchmarks, and harmless."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.documents import conform
from curate.steps.decontaminate import decontaminate
from curate.steps.exact_duplicates import exact_duplicates
from curate.steps.near_duplicates import near_duplicates
from curate.steps.normalise import normalise
from curate.steps.quality import quality
from curate.steps.signals import signals

SAMPLE = Path(__file__).resolve().parents[1] / "pipelines" / "general"
PHRASES = SAMPLE.parent / "sample" / "maker" / "phrases"
MADE = ("texts/*.jsonl.gz", "*.jsonl.gz", "safety/*.jsonl", "benchmarks/*.jsonl", "README.md")
CHOICES = ("general_choice", "legal_choice")


def generate(out: Path, hash_seed: str) -> dict[str, bytes]:
    subprocess.run(
        [sys.executable, "-B", str(SAMPLE / "generate.py"), "--out", str(out)],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )
    return tree(out)


def tree(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for pattern in MADE for p in root.glob(pattern)}


def inflated(data: bytes) -> bytes:
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


@cache
def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in inflated((SAMPLE / name).read_bytes()).splitlines()]


@cache
def texts() -> pl.DataFrame:
    found = [row for path in sorted((SAMPLE / "texts").iterdir()) for row in rows(f"texts/{path.name}")]
    return conform(pl.DataFrame(found).select("id", "text", source="kind"))


@cache
def one_text() -> str:
    return plain("\n".join(texts()["text"]))


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def said(value: Any) -> str:
    """A text, or the texts of messages."""
    return value if isinstance(value, str) else " ".join(message["content"] for message in value)


def asked(row: dict[str, Any]) -> str:
    return said(row["prompt"]) if "prompt" in row else row["messages"][0]["content"]


def test_two_runs_write_the_same_bytes_which_are_the_committed_ones(tmp_path: Path) -> None:
    first, second = generate(tmp_path / "a", "1"), generate(tmp_path / "b", "2")
    assert first == second
    committed = tree(SAMPLE)
    assert committed.keys() == first.keys()
    # Another zlib may pack the same content into other bytes.
    assert [name for name in first if inflated(committed[name]) != inflated(first[name])] == []


def test_the_sample_is_small() -> None:
    files = tree(SAMPLE)
    assert sum(len(data) for data in files.values()) < 700_000
    assert 1_800_000 < sum(texts()["text"].str.len_chars()) < 2_300_000


def test_the_readme_gives_the_counts() -> None:
    told = dict(re.findall(r"\| `([^`]+)` \| (\d+) \|", (SAMPLE / "README.md").read_text(encoding="utf-8")))
    files = tree(SAMPLE).keys() - {"README.md"}
    assert told == {name: str(len(rows(name))) for name in files}


def test_texts_are_of_the_lengths_that_they_should_have() -> None:
    lengths = texts()["text"].str.len_chars()
    assert lengths.min() >= 240 and lengths.max() <= 4_000
    assert texts()["id"].is_unique().all()
    assert len(set(one_text().split())) > 2_500


def test_nothing_of_the_grammar_is_left_in_what_it_wrote() -> None:
    left = re.compile(r"[{}<>|\\]|//|=|\ba (?!uni|use|one)[aeiou]\w+|\ban [^aeiouhAEIOU81]|  | [,.;:!?]|\.\.")
    found = [match[0] for text in texts()["text"] for match in left.finditer(text)]
    assert found == []


def test_quality_and_duplicates_keep_nearly_all() -> None:
    marked = signals(normalise(texts()).kept).kept
    for preset in ("gopher", "c4", "fineweb", "legal"):
        assert quality(marked, preset=preset).kept.height >= 0.98 * texts().height, preset
    unique = exact_duplicates(marked)
    assert unique.dropped.is_empty()
    assert near_duplicates(unique.kept, threshold=0.8).kept.height >= 0.98 * texts().height


def test_decontamination_keeps_all() -> None:
    against = [str(SAMPLE / "benchmarks" / "*.jsonl"), str(SAMPLE / "safety" / "test.jsonl")]
    for limit in (10, None):
        assert decontaminate(texts(), against=against, max_frequency=limit).dropped.is_empty()


def test_benchmark_items_do_not_stand_in_texts_word_for_word() -> None:
    items = [
        f"{row['question']} {row['choices'][row['answer']]}"
        for row in rows("benchmarks/general_choice.jsonl")
    ]
    items += [f"{r['context']} {r['continuation']}" for r in rows("benchmarks/general_last_word.jsonl")]
    items += [row["sent_more"] for row in rows("benchmarks/bias_pairs.jsonl")]
    chats = plain(" ".join(said(row["messages"]) for row in rows("chats.jsonl.gz")))
    assert [item for item in items if plain(item) in one_text() or plain(item) in chats] == []


@pytest.mark.parametrize("name", CHOICES)
def test_choices_are_four_and_different_and_right_ones_stand_everywhere(name: str) -> None:
    items = rows(f"benchmarks/{name}.jsonl")
    assert len(items) >= 100
    assert all(len({choice.lower() for choice in item["choices"]}) == 4 for item in items)
    assert len({item["question"] for item in items}) == len(items)
    places = [item["answer"] for item in items]
    assert all(0.15 < places.count(place) / len(places) < 0.36 for place in range(4))


def test_right_choices_are_told_by_the_texts() -> None:
    """Both what is asked about and the answer stand in one text."""
    fields = ("province", "river", "craft", "day", "sight", "food", "bed", "young", "source", "fish")
    names = {row["title"] for row in rows("texts/encyclopaedia.jsonl.gz")}
    told = [plain(text) for text in texts()["text"]]
    for item in rows("benchmarks/general_choice.jsonl"):
        if item["category"] in fields:
            words = plain(item["question"])
            about = [plain(name) for name in names if re.search(rf"\b{plain(name)}\b", words)]
            answer = plain(item["choices"][item["answer"]])
            assert any(answer in text and name in text for name in about for text in told), item


def test_last_words_can_be_told_from_their_passages() -> None:
    for row in rows("benchmarks/general_last_word.jsonl"):
        words = plain(row["context"]).split()
        forms = {row["continuation"].lower()}
        assert forms & set(words) and " " not in row["continuation"], row


def test_wordings_are_those_of_the_legal_sample_and_too_short_to_count_as_leaks() -> None:
    phrases = "\n".join(path.read_text(encoding="utf-8") for path in PHRASES.glob("*.txt"))
    phrases = phrases.replace("{days}", "thirty").replace("{title_job}", "regional manager")
    found = plain(phrases)
    for item in rows("benchmarks/legal_choice.jsonl"):
        text = f"{item['question']} {item['choices'][item['answer']]}"
        if item["category"] == "wording":
            assert plain(text) in found, item
            assert len(item["question"].split()) < 8
        else:
            assert plain(text) not in found, item


def test_safety_has_as_many_harmful_as_harmless_requests_in_each_category() -> None:
    for part in ("train", "test", "pairs"):
        found: dict[tuple[str, str], int] = {}
        for row in rows(f"safety/{part}.jsonl"):
            found[row["category"], row["label"]] = found.get((row["category"], row["label"]), 0) + 1
        assert len(found) == 20 and len(set(found.values())) == 1, part


def test_safety_is_tested_on_other_requests_in_other_words_than_trained() -> None:
    def grams(text: str) -> set[str]:
        words = plain(text).split()
        return {" ".join(words[i : i + 4]) for i in range(len(words) - 3)}

    trained = [asked(row) for part in ("train", "pairs") for row in rows(f"safety/{part}.jsonl")]
    tested = [asked(row) for row in rows("safety/test.jsonl")]
    assert len(set(tested)) == len(tested) and not set(tested) & set(trained)
    assert set().union(*map(grams, tested)) & set().union(*map(grams, trained)) == set()


def test_every_harmful_request_is_refused_and_no_harmless_one() -> None:
    refused = re.compile(r"cannot help|will not|do not help|cannot answer")
    for row in rows("safety/train.jsonl"):
        assert bool(refused.search(row["messages"][1]["content"])) == (row["label"] == "harmful"), row
    for row in rows("safety/pairs.jsonl"):
        chosen, rejected = (bool(refused.search(said(row[side]))) for side in ("chosen", "rejected"))
        assert (chosen, rejected) == ((True, False) if row["label"] == "harmful" else (False, True)), row


def test_chats_are_short_and_take_turns() -> None:
    found = rows("chats.jsonl.gz")
    assert len(found) >= 400
    for row in found:
        roles = [message["role"] for message in row["messages"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert len(said(row["messages"]).split()) <= 100


def test_bias_pairs_differ_in_one_word() -> None:
    found = rows("benchmarks/bias_pairs.jsonl")
    assert len(found) >= 40
    for row in found:
        one, other = row["sent_more"].split(), row["sent_less"].split()
        assert len(one) == len(other) and sum(a != b for a, b in zip(one, other)) == 1


def test_nothing_names_a_host_or_a_path_or_an_address() -> None:
    for name, data in tree(SAMPLE).items():
        if name != "README.md":
            assert not re.search(
                rb"https?:|www\.|@|\.(com|org|net|io)\b|/(home|root|work|tmp)/", inflated(data)
            ), name
