"""Choices, pairs and last words: what a plain loop finds, and what models with chosen logits must get."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import evaluating
import pytest

from curate.errors import ConfigError
from train.evaluate import choice, likelihood
from train.evaluate.settings import Choice, LastWord, Pairs

QUESTIONS = [
    {
        "q": "Who delivers the goods to the Buyer, and when must this be done by them?",
        "c": ["Supplier", "Buyer"],
        "a": 0,
    },
    {"q": "Who pays?", "c": ["the Supplier", "the Buyer of the goods", "no one"], "a": 1},
    {
        "q": "What is shown to the Buyer before the goods are delivered by the Supplier?",
        "c": ["a knife", "x"],
        "a": 1,
    },
] * 4


def naive(model: Any, tokenizer: Any, context: str, continuation: str) -> float:
    """Log-probability of a continuation, by itself."""
    import torch

    told = tokenizer(context + continuation, add_special_tokens=False, return_offsets_mapping=True)
    ids = [tokenizer.bos_token_id, *told["input_ids"]]
    with torch.no_grad():
        logs = torch.log_softmax(model(torch.tensor([ids])).logits[0].double(), -1)
    scored = [at for at, (_, end) in enumerate(told["offset_mapping"], 1) if end > len(context)]
    return sum(float(logs[at - 1, ids[at]]) for at in scored)


def written(tmp_path: Path, rows: list[dict[str, Any]]) -> str:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.mark.parametrize("shared", [4, 1000])  # beginnings computed once, or never
def test_as_a_plain_loop_finds(
    tiny: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: int
) -> None:
    model, tokenizer = tiny
    monkeypatch.setattr(likelihood, "SHARED", shared)
    settings = Choice(path=written(tmp_path, QUESTIONS), prompt="{q}\nAnswer:", choices="c", answer="a")
    byte, raw = choice.measure(model, tokenizer, settings, name="general/q", group="general")
    for at, row in enumerate(QUESTIONS):
        totals = [naive(model, tokenizer, f"{row['q']}\nAnswer:", f" {c}") for c in row["c"]]
        shares = [t / len(c.encode()) for t, c in zip(totals, row["c"])]
        assert raw.items["value"][at] == float(max(range(len(totals)), key=totals.__getitem__) == row["a"])
        assert byte.items["value"][at] == float(max(range(len(shares)), key=shares.__getitem__) == row["a"])
    assert (byte.name, raw.name) == ("general/q", "general/q/raw")


def test_shared_beginnings_score_as_rows_alone_do(tiny: tuple[Any, Any]) -> None:
    model, tokenizer = tiny
    groups = [
        [likelihood.row(tokenizer, row["q"], f" {c}", longest=512) for c in row["c"]] for row in QUESTIONS[:3]
    ]
    assert all(likelihood._common(group) >= 8 for group in groups[::2])
    together = likelihood._sharing(model, groups, [likelihood._common(group) for group in groups])
    for row, found in zip(QUESTIONS, together):
        alone = [naive(model, tokenizer, row["q"], f" {c}") for c in row["c"]]
        assert [s.total for s in found] == pytest.approx(alone, abs=1e-4)


def test_a_token_across_the_border_belongs_to_the_continuation(tiny: tuple[Any, Any]) -> None:
    _, tokenizer = tiny
    word = max((w for w in tokenizer.get_vocab() if w.isascii() and w.isalpha()), key=len)
    assert len(word) > 2 and len(tokenizer(word, add_special_tokens=False)["input_ids"]) == 1
    row = likelihood.row(tokenizer, word[:2], word[2:], longest=None)
    assert (row.start, len(row.ids)) == (1, 2)
    row = likelihood.row(tokenizer, word, "; no", longest=None)
    assert row.start == 2


def test_long_prompts_lose_their_beginning(tiny: tuple[Any, Any]) -> None:
    model, tokenizer = tiny
    row = likelihood.row(tokenizer, "word " * 2000, " end", longest=512)
    whole = likelihood.row(tokenizer, "word " * 2000, " end", longest=None)
    assert len(row.ids) == 512
    assert row.ids[row.start :] == whole.ids[whole.start :]
    assert len(likelihood.score(model, [row])[0].logs) == len(row.ids) - row.start


def likes(tokenizer: Any, text: str) -> Any:
    """A model that writes `text` wherever what was said so far is its beginning."""
    ids = [tokenizer.bos_token_id, *tokenizer(text, add_special_tokens=False)["input_ids"]]
    return evaluating.Known(
        len(tokenizer),
        lambda seen: {ids[len(seen)]: 20.0} if seen == ids[: len(seen)] and len(seen) < len(ids) else {},
    )


def test_a_model_that_knows_the_answer(tmp_path: Path) -> None:
    tokenizer = evaluating.tokenizer()
    path = written(tmp_path, [{"q": "Who pays?", "c": ["the Supplier", "the Buyer"], "a": "B"}])
    settings = Choice(path=path, prompt="q", choices="c", answer="a")
    for answer, right in (("the Buyer", 1.0), ("the Supplier", 0.0)):
        knows = likes(tokenizer, f"Who pays? {answer}")
        found = choice.measure(knows, tokenizer, settings, name="domain/q", group="domain")
        assert [one.items["value"].to_list() for one in found] == [[right], [right]]
    assert "right is 'the Buyer'" in found[0].items["detail"][0]


def test_length_is_divided_out(tmp_path: Path) -> None:
    """All tokens alike: undivided the shortest wins, divided none is better for its length alone."""
    tokenizer = evaluating.tokenizer()
    path = written(tmp_path, [{"q": "Q?", "c": ["zq", "zqzqzqzq"], "a": 1}])
    even = evaluating.Known(len(tokenizer), lambda seen: {})
    settings = Choice(path=path, prompt="q", choices="c", answer="a")
    byte, raw = choice.measure(even, tokenizer, settings, name="domain/q", group="domain")
    assert raw.items["value"].to_list() == [0.0]  # the longer is less likely
    assert byte.items["value"].to_list() == [1.0]  # its space is spread over more bytes


@pytest.mark.parametrize(
    ("answer", "first", "right"),
    [(1, 0, 1), ("1", 0, 1), (1, 1, 0), ("b", 0, 1), ("(B)", 0, 1), ("No", 0, 1), (True, 0, 1), (1.0, 0, 1)],
)
def test_ways_to_name_the_right_one(answer: Any, first: Any, right: int) -> None:
    settings = Choice(path="x", prompt="q", choices=["yes", "no"], answer="a", first=first)
    assert choice.question({"q": "Is it?", "a": answer}, settings) == ("Is it?", ["yes", "no"], right)


def test_an_answer_that_is_none() -> None:
    settings = Choice(path="x", prompt="q", choices=["yes", "no"], answer="a")
    with pytest.raises(ConfigError, match="holds 'maybe', which is neither an index from 0, a letter"):
        choice.question({"q": "Is it?", "a": "maybe"}, settings)


def test_pairs_and_last_words(tmp_path: Path) -> None:
    tokenizer = evaluating.tokenizer()
    path = written(tmp_path, [{"good": "The Buyer pays.", "bad": "The Buyer pay."}])
    for text, right in (("The Buyer pays.", 1.0), ("The Buyer pay.", 0.0)):
        settings = Pairs(path=path, good="good", bad="bad")
        (found,) = choice.pairs(
            likes(tokenizer, text), tokenizer, settings, name="general/p", group="general"
        )
        assert found.items["value"].to_list() == [right]
    path = written(tmp_path, [{"context": "The Buyer ", "continuation": "pays"}])
    for text, right in (("The Buyer pays", 1.0), ("The Buyer pass", 0.0)):
        (found,) = choice.last_word(
            likes(tokenizer, text), tokenizer, LastWord(path=path), name="general/w", group="general"
        )
        assert found.items["value"].to_list() == [right]


def test_real_sets(tiny: tuple[Any, Any], real: Any) -> None:
    """The sets of multiple choice as they lie on disk: a random model is near chance, each item has its detail."""
    eval_ = real("eval")
    mmlu = {"names": ["q", "A", "B", "C", "D", "answer"], "choices": ["A", "B", "C", "D"], "answer": "answer"}
    law = "{q}\nA. {A}\nB. {B}\nC. {C}\nD. {D}\nAnswer:"
    gold = {"prompt": "query", "choices": "choices", "answer": "gold"}
    sets = {
        "mmlu": Choice(path=str(eval_ / "mmlu/jurisprudence_test.csv"), prompt=law, limit=12, **mmlu),
        "lsat": Choice(path=str(eval_ / "general/agi_eval_lsat_ar.jsonl.gz"), limit=8, **gold),
        "arc": Choice(path=str(eval_ / "general/arc_easy.jsonl.gz"), limit=20, **gold),
        "boolq": Choice(path=str(eval_ / "general/boolq.jsonl.gz"), limit=10, **gold),
        "piqa": Choice(path=str(eval_ / "general/piqa.jsonl.gz"), limit=20, **gold),
        "copa": Choice(path=str(eval_ / "general/copa.jsonl.gz"), limit=20, **gold),
        "legal": Choice(
            path=str(eval_ / "legalbench_tasks.tar.gz"),
            member="tasks/abercrombie/train.tsv",
            prompt="{{text}} What is the type of mark?\nA:",
            choices=["generic", "descriptive", "suggestive", "arbitrary", "fanciful"],
            answer="answer",
        ),
    }
    for name, settings in sets.items():
        whole, raw = choice.measure(*tiny, settings, name=f"general/{name}", group="general")
        assert whole.items.height == raw.items.height == (settings.limit or 5), name
        assert whole.items["detail"].str.contains("right is").all()
    assert sets["boolq"].limit == 10
    words = LastWord(path=str(eval_ / "general/lambada_openai.jsonl.gz"), limit=10)
    assert choice.last_word(*tiny, words, name="general/lambada", group="general")[0].items.height == 10


def test_real_blimp_by_category(tiny: tuple[Any, Any], real: Any) -> None:
    settings = Pairs(
        path=str(real("eval/blimp_60_each.tar.gz")),
        good="sentence_good",
        bad="sentence_bad",
        category="linguistics_term",
        limit=60,
    )
    whole, *parts = choice.pairs(*tiny, settings, name="general/blimp", group="general")
    assert whole.items.height == 60 == sum(part.items.height for part in parts)
    assert "general/blimp/island_effects" in [part.name for part in parts]
