"""Sources tokenised once: documents come back whole, kills leave nothing half, wrong rows are named."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import train.data.tokens as module
from curate.errors import ConfigError
from train.data import rows
from train.data.documents import documents
from train.data.tokens import tokenised

TEXTS = ["The Supplier shall deliver.", "é€😀 goods", "a </s> b <s> c", "x" * 500]


@pytest.fixture
def source(jsonl: Any) -> Any:
    return documents(jsonl("a.jsonl", [{"text": text} for text in TEXTS]))


def test_a_document_is_its_text_between_bos_and_eos(source: Any, tokenizer: Any, tmp_path: Path) -> None:
    tokens = tokenised(source, tokenizer, tmp_path / "t")
    assert len(tokens) == len(TEXTS)
    for number, text in enumerate(TEXTS):
        ids = tokens.document(number).tolist()
        assert (ids[0], ids[-1]) == (tokenizer.bos_token_id, tokenizer.eos_token_id)
        assert not set(ids[1:-1]) & set(tokenizer.all_special_ids), "a token spelled in a text is text"
        assert tokenizer.decode(ids[1:-1]) == text
    assert tokens.bytes.tolist() == [len(text.encode()) for text in TEXTS]
    assert tokens.loss is None
    assert tokens.ids.dtype == np.uint16
    assert tokens.meta["tokens"] == tokens.meta["counted"] == len(tokens.ids) == tokens.ends[-1]
    assert tokens.meta["longest"] == max(len(tokens.document(n)) for n in range(4))


def test_bos_that_is_eos_does_not_begin_a_document(source: Any, trained: Any, tmp_path: Path) -> None:
    same = trained(["x"], 300, bos_token="</s>")
    ids = tokenised(source, same, tmp_path / "t").document(0).tolist()
    assert ids.count(same.eos_token_id) == 1 and ids[-1] == same.eos_token_id


def test_large_vocabularies_take_four_bytes(tmp_path: Path, tokenizer: Any) -> None:
    class Large:
        def __init__(self) -> None:
            self.__dict__.update({"bos_token_id": None, "eos_token_id": 1, "chat_template": None})
            self.backend_tokenizer = tokenizer.backend_tokenizer

        def __len__(self) -> int:
            return 100_000

        def batch_decode(self, ids: list[list[int]], **_: Any) -> list[str]:
            return ["x" for _ in ids]

    pq.write_table(pa.table({"input_ids": [[99_999, 5], [7]]}), tmp_path / "a.parquet")
    tokens = tokenised(documents(str(tmp_path / "a.parquet")), Large(), tmp_path / "t")
    assert tokens.ids.dtype == np.uint32
    assert tokens.ids.tolist() == [99_999, 5, 7]


def test_batches_make_no_difference(
    source: Any, tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tokenised(source, tokenizer, tmp_path / "a")
    monkeypatch.setattr(rows, "BATCH_BYTES", 1)
    single = tokenised(source, tokenizer, tmp_path / "b")
    for name in ("ids", "ends", "bytes"):
        assert np.array_equal(getattr(whole, name), getattr(single, name))


def test_what_was_tokenised_is_found_again(
    source: Any, tokenizer: Any, trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tokenised(source, tokenizer, tmp_path / "t")
    other = tokenised(source, trained(["other words"] * 5, 310), tmp_path / "t")
    assert other.folder != first.folder
    monkeypatch.setattr(module, "_write", lambda *_: pytest.fail("tokenised again"))
    assert tokenised(source, tokenizer, tmp_path / "t").folder == first.folder


def test_an_interrupted_pass_leaves_nothing_and_starts_again(
    jsonl: Any, tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = jsonl("a.jsonl", [{"text": f"document {n}"} for n in range(9000)])
    encode = module.encoder

    def dies(*given: Any) -> Any:
        inner, calls = encode(*given), []

        def call(batch: Any) -> Any:
            calls.append(batch)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return inner(batch)

        return call

    monkeypatch.setattr(module, "encoder", dies)
    with pytest.raises(KeyboardInterrupt):
        tokenised(documents(path), tokenizer, tmp_path / "t")
    assert list((tmp_path / "t").iterdir()) == []
    monkeypatch.setattr(module, "encoder", encode)
    assert len(tokenised(documents(path), tokenizer, tmp_path / "t")) == 9000


def test_what_a_killed_process_left_is_cleared(source: Any, tokenizer: Any, tmp_path: Path) -> None:
    import socket

    target = tokenised(source, tokenizer, tmp_path / "t").folder
    left = target.parent / f".{target.name}.{socket.gethostname()}.999999999"
    elsewhere = target.parent / f".{target.name}.another-host.999999999"
    target.rename(left)
    elsewhere.mkdir()
    assert len(tokenised(source, tokenizer, tmp_path / "t")) == 4
    assert not left.exists()
    assert elsewhere.exists()


def test_tokens_travel_as_their_folder(source: Any, tokenizer: Any, tmp_path: Path) -> None:
    tokens = tokenised(source, tokenizer, tmp_path / "t")
    assert len(tokens.ids)
    sent = pickle.dumps(tokens)
    assert len(sent) < 1000
    assert np.array_equal(pickle.loads(sent).ids, tokens.ids)


def test_rows_of_ids_are_taken_as_they_are(tokenizer: Any, tmp_path: Path) -> None:
    table = {
        "input_ids": [[5, 6, 7], [8, 9]],
        "labels": [[-100, 6, 7], [8, -100]],
        "loss": [[1, 1, 0], [1, 1]],
    }
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    tokens = tokenised(documents(str(tmp_path / "a.parquet")), tokenizer, tmp_path / "t")
    assert tokens.ids.tolist() == [5, 6, 7, 8, 9]
    assert tokens.ends.tolist() == [3, 5]
    assert tokens.loss is not None and tokens.loss.tolist() == [0, 1, 0, 1, 0]
    assert tokens.meta["counted"] == 2


def test_a_later_batch_may_be_the_first_with_a_mask(
    tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pq.write_table(pa.table({"input_ids": [[5, 6]]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"input_ids": [[7, 8]], "loss": [[0, 1]]}), tmp_path / "b.parquet")
    tokens = tokenised(documents(f"{tmp_path}/*.parquet"), tokenizer, tmp_path / "t")
    assert tokens.loss is not None and tokens.loss.tolist() == [1, 1, 0, 1]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"text": ["x", ""]}, r"a\.parquet, row 2: a document of no tokens: filter"),
        ({"text": ["x", None]}, r"a\.parquet, row 2: a document of no tokens"),
        ({"text": [1, 2]}, r"a\.parquet, row 1: text is to be a string, not int"),
        ({"body": ["x"]}, "has body, and none of text, messages"),
        ({"input_ids": [[1], []]}, r"row 2: a document of no tokens"),
        ({"input_ids": [[1], [999]]}, r"row 2: token 999 is not in the tokenizer's vocabulary"),
        ({"input_ids": [[1], [-1]]}, r"row 2: token -1 is not in"),
        ({"input_ids": ["a", "b"]}, "input_ids is to be a list of whole numbers"),
        ({"input_ids": [[1.5]]}, "input_ids is to be a list of whole numbers"),
        ({"input_ids": [[1, 2]], "labels": [[1]]}, r"row 1: labels has 1 values for 2 tokens"),
        ({"input_ids": [[1, 2]], "labels": [[1, 3]]}, r"row 1: labels differ from input_ids"),
        ({"messages": ["hello"]}, r"row 1: messages is to be a list"),
        ({"messages": [[]]}, r"row 1: a document of no tokens"),
        (
            {"prompt": ["x"], "completion": [[{"role": "assistant", "content": "y"}]]},
            "both are texts, or both",
        ),
    ],
)
def test_wrong_rows_are_named(table: Any, told: str, tokenizer: Any, tmp_path: Path) -> None:
    pl.DataFrame(table).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(ConfigError, match=told):
        tokenised(documents(str(tmp_path / "a.parquet")), tokenizer, tmp_path / "t")
    assert not list(tmp_path.glob("t/*"))


def test_no_documents_in_a_split_is_said(jsonl: Any, tokenizer: Any, tmp_path: Path) -> None:
    source = documents(jsonl("a.jsonl", [{"text": "x", "split": "train"}]), split="test")
    with pytest.raises(ConfigError, match="no documents in the split 'test'"):
        tokenised(source, tokenizer, tmp_path / "t")


def test_a_form_needs_its_columns(source: Any, tokenizer: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="read as messages, which needs messages, and have text"):
        tokenised(source, tokenizer, tmp_path / "t", form="messages")


def test_a_tokenizer_needs_an_end(source: Any, trained: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no end-of-text token"):
        tokenised(source, trained(["x"], 300, eos_token=None), tmp_path / "t")
