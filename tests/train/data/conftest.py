"""A small tokenizer, and sources made from lists of token ids or texts."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from train.data.documents import documents
from train.data.tokens import Tokens, tokenised


def _tokenizer(texts: list[str], vocabulary: int, **settings: Any) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    special = ["<s>", "</s>", "<pad>", "<mask>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=special, initial_alphabet=alphabet)
    core.train_from_iterator(texts, trainer)
    names = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "mask_token": "<mask>"} | settings
    return PreTrainedTokenizerFast(tokenizer_object=core, **names)


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    """Byte-level BPE of about 300 tokens with specials <s> </s> <pad> <mask> <|im_start|> <|im_end|>."""
    pytest.importorskip("transformers")
    return _tokenizer(["The Supplier shall deliver the goods."] * 5, 300)


@pytest.fixture(scope="session")
def trained() -> Callable[..., Any]:
    """`trained(texts, vocabulary)`: a tokenizer trained on texts."""
    pytest.importorskip("transformers")
    return _tokenizer


@pytest.fixture
def of_ids(tokenizer: Any, tmp_path: Path) -> Callable[..., Tokens]:
    """`of_ids(name, lists of ids, loss=None)`: a pre-tokenised source."""

    def make(name: str, rows: Sequence[Sequence[int]], loss: Sequence[Sequence[int]] | None = None) -> Tokens:
        columns: dict[str, Any] = {"input_ids": pa.array([list(row) for row in rows], pa.list_(pa.int32()))}
        if loss is not None:
            columns["loss"] = pa.array([list(row) for row in loss], pa.list_(pa.int8()))
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
        return tokenised(documents(str(tmp_path / f"{name}.parquet")), tokenizer, tmp_path / "tokens")

    return make


@pytest.fixture
def jsonl(tmp_path: Path) -> Callable[..., str]:
    """`jsonl(name, rows)`: the path of a file with these rows."""

    def write(name: str, rows: Sequence[Any]) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return str(path)

    return write
