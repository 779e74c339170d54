"""`tokens`: counts of a tokenizer trained here."""

from collections import Counter

import polars as pl
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

from curate import step
from curate.steps import tokens as module
from curate.steps.tokens import cut, tokens


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = Tokenizer(models.BPE(unk_token=None))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(["the court holds that the statute applies to the contract"] * 20, trainer)
    made.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    made.enable_truncation(5)
    path = tmp_path_factory.mktemp("small-bpe")
    made.save(str(path / "tokenizer.json"))
    return path


def test_counts_in_order_without_special_tokens(folder):
    frame = pl.DataFrame({"text": ["the court holds", "", None, "é", "the court " * 50]})
    out = tokens(frame, tokenizer=str(folder)).kept
    reference = Tokenizer.from_file(str(folder / "tokenizer.json"))
    reference.no_truncation()
    expected = [len(reference.encode(t or "", add_special_tokens=False)) for t in frame["text"]]
    assert out["tokens"].to_list() == expected
    assert out.schema["tokens"] == pl.UInt32
    assert expected[1:4] == [0, 0, 2]


def test_long_texts_are_counted_in_pieces_with_the_same_sum(folder, monkeypatch):
    text = "the statute applies to the contract; " * 40
    whole = tokens(pl.DataFrame({"text": [text]}), tokenizer=str(folder)).kept["tokens"][0]
    monkeypatch.setattr(module, "PIECE", 50)
    assert len(cut(text)) > 20 and "".join(cut(text)) == text
    assert max(map(len, cut("x" * 170))) == 50
    assert tokens(pl.DataFrame({"text": [text]}), tokenizer=str(folder)).kept["tokens"][0] == whole


def test_the_ledger_says_whose_tokens(folder):
    counts = Counter()
    running = step._counts.set(counts)
    try:
        tokens(
            pl.DataFrame({"text": ["a", "b"]}), tokenizer=str(folder / "tokenizer.json"), name="bpe_tokens"
        )
    finally:
        step._counts.reset(running)
    ((title, n),) = counts.items()
    assert n == 2
    assert title.startswith("counted by small-bpe") and "sha256" in title
    assert tokens.adds({"tokenizer": "x", "name": "bpe_tokens"}) == {"bpe_tokens": pl.UInt32}


def test_a_missing_or_broken_tokenizer_says_what_to_give(tmp_path, monkeypatch):
    def unreachable(repo, file):
        raise OSError("no network")

    (tmp_path / "broken.json").write_text("{}")
    monkeypatch.setattr("huggingface_hub.hf_hub_download", unreachable)
    for name, message in [
        (str(tmp_path), "give a tokenizer.json"),
        (str(tmp_path / "broken.json"), "no tokenizer.json"),
        ("hf://owner/name", "give the path"),
    ]:
        with pytest.raises(ValueError, match=message):
            tokens(pl.DataFrame({"text": ["a"]}), tokenizer=name)
