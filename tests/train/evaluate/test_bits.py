"""Bits per byte: what a plain loop finds, whatever the batches and windows."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import evaluating
import pytest

from curate.errors import ConfigError
from train.evaluate import bits, likelihood
from train.evaluate.settings import Bits


def naive(model: Any, tokenizer: Any, text: str) -> float:
    """Bits per byte of one document by itself, no batch, no window."""
    import torch

    ids = [tokenizer.bos_token_id, *tokenizer(text, add_special_tokens=False)["input_ids"]]
    with torch.no_grad():
        logs = torch.log_softmax(model(torch.tensor([ids])).logits[0].double(), -1)
    return -sum(float(logs[at - 1, ids[at]]) for at in range(1, len(ids))) / math.log(2) / len(text.encode())


def documents(n: int) -> list[str]:
    rng = random.Random(0)
    words = "The Supplier shall deliver goods to Müller § 12 within thirty days 株式会社".split()
    return [" ".join(rng.choices(words, k=rng.randint(1, 40))) for _ in range(n)]


def written(tmp_path: Path, texts: list[str]) -> Path:
    path = tmp_path / "held.jsonl"
    path.write_text("".join(json.dumps({"text": text, "split": "validation"}) + "\n" for text in texts))
    return path


def test_as_a_plain_loop_finds(tiny: tuple[Any, Any], tmp_path: Path) -> None:
    model, tokenizer = tiny
    texts = documents(30)
    settings = Bits(path=str(written(tmp_path, texts)), window=512)
    found = bits.measure(model, tokenizer, settings, name="general/held", group="general")
    assert found.items["value"].to_list() == pytest.approx(
        [naive(model, tokenizer, t) for t in texts], abs=1e-4
    )
    assert found.items["weight"].to_list() == [len(t.encode()) for t in texts]
    assert (found.metric, found.better) == ("bits per byte", "lower")


def test_batches_change_nothing(tiny: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    model, tokenizer = tiny
    texts = documents(20)
    together = bits.of_texts(model, tokenizer, texts, 128)
    monkeypatch.setitem(likelihood.TOKENS, "cpu", 1)
    alone = bits.of_texts(model, tokenizer, texts, 128)
    assert [b for b, _ in together] == pytest.approx([b for b, _ in alone], rel=1e-5)


@pytest.mark.parametrize("length", [2, 15, 16, 17, 24, 25, 100])
def test_windows_score_each_token_once(length: int) -> None:
    ids = list(range(length))
    rows = bits.windows(ids, 16)
    assert [token for row in rows for token in row.ids[row.start :]] == ids[1:]
    assert all(len(row.ids) <= 16 for row in rows)
    assert all(row.start >= 8 for row in rows[1:])  # half a window of context, at least
    for row in rows:
        assert row.ids == ids[row.ids[0] : row.ids[0] + len(row.ids)]  # a stretch of the document


def test_windows_as_a_plain_loop_finds(tiny: tuple[Any, Any]) -> None:
    """Of a document of several windows each token has the context that the page promises."""
    import torch

    model, tokenizer = tiny
    text = " ".join(documents(8))
    ids = [tokenizer.bos_token_id, *tokenizer(text, add_special_tokens=False)["input_ids"]]
    total, done = 0.0, 64
    spans = [(0, 1, 64)]
    while done < len(ids):
        end = min(done + 32, len(ids))
        spans.append((end - 64, done, end))
        done = end
    for begin, first, end in spans:
        with torch.no_grad():
            logs = torch.log_softmax(model(torch.tensor([ids[begin:end]])).logits[0].double(), -1)
        total -= sum(float(logs[at - 1 - begin, ids[at]]) for at in range(first, end))
    ((found, tokens),) = bits.of_texts(model, tokenizer, [text], 64)
    assert tokens == len(ids) - 1
    assert found == pytest.approx(total / math.log(2), rel=1e-5)


def test_a_model_that_knows_nothing_and_one_that_knows_all() -> None:
    tokenizer = evaluating.tokenizer()
    text = "The Buyer pays."
    ids = [tokenizer.bos_token_id, *tokenizer(text, add_special_tokens=False)["input_ids"]]
    even = evaluating.Known(len(tokenizer), lambda seen: {})
    knows = evaluating.Known(
        len(tokenizer), lambda seen: {ids[len(seen)]: 50.0} if len(seen) < len(ids) else {}
    )
    assert bits.of_texts(even, tokenizer, [text], 64)[0][0] == pytest.approx(
        (len(ids) - 1) * math.log2(len(tokenizer))
    )
    assert bits.of_texts(knows, tokenizer, [text], 64)[0][0] == pytest.approx(0, abs=1e-6)


def test_without_bos_the_first_token_is_not_scored() -> None:
    tokenizer = evaluating.tokenizer(bos=False)
    even = evaluating.Known(len(tokenizer), lambda seen: {})
    ids = tokenizer("The Buyer pays.", add_special_tokens=False)["input_ids"]
    assert bits.of_texts(even, tokenizer, ["The Buyer pays."], 64)[0][1] == len(ids) - 1


def test_a_column_without_text(tiny: tuple[Any, Any], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no row has text in its column 'text'"):
        bits.measure(*tiny, Bits(path=str(written(tmp_path, [""]))), name="general/held", group="general")


def test_real_text_and_a_limit(tiny: tuple[Any, Any], real: Any) -> None:
    settings = Bits(path=str(real("general/wikitext2/wiki.valid.txt")), lines=True, limit=20)
    found = bits.measure(*tiny, settings, name="general/wikitext", group="general").items
    assert found.height == 20
    assert 4 < found["value"].mean() < 20  # type: ignore[operator]
    news = Bits(path=str(real("general/bbc_news_txt.tar.gz")), member="*/tech/00*.txt", limit=5)
    assert all(
        "/tech/" in item for item in bits.measure(*tiny, news, name="n", group="general").items["item"]
    )
