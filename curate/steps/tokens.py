"""`tokens`: how many tokens a document has, for a named tokenizer.

A count without its tokenizer says nothing, so the ledger counts documents under the tokenizer's name and the hash
of its file: `counted by gpt2 (sha256 1a2b3c4d5e6f)`.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from curate.step import Batches, count, step

#: Characters handed over in one piece; a longer text is cut at a space.
PIECE = 100_000


def _adds(params: dict[str, Any]) -> dict[str, Any]:
    return {str(params["name"]): pl.UInt32}


def _files(params: dict[str, Any]) -> list[str]:
    name = params["tokenizer"]
    return [] if name.startswith("hf://") else [str(_path(name))]


@step(measures=True, adds=_adds, files=_files)
def tokens(batches: Batches, *, tokenizer: str, name: str = "tokens") -> Batches:
    """Count tokens with a Hugging Face tokenizer, into the column `name`; no document is dropped.

    `tokenizer` is a `tokenizer.json`, a folder that holds one, or `hf://owner/name`. Special tokens are not
    counted. Texts above 100,000 characters are counted in pieces cut before a space, which for tokenizers that
    split words at spaces gives the same sum.

    Raises:
        ValueError: there is no such tokenizer.
    """
    encode, title = load(tokenizer)
    for batch in batches:
        texts = batch["text"].fill_null("")
        pieces = [(row, piece) for row, text in enumerate(texts) for piece in cut(text)]
        found = encode.encode_batch_fast([piece for _, piece in pieces], add_special_tokens=False)
        counted = pl.DataFrame({"row": [row for row, _ in pieces], name: [len(one) for one in found]})
        sums = counted.group_by("row", maintain_order=True).agg(pl.col(name).sum().cast(pl.UInt32))
        count(f"counted by {title}", batch.height)
        yield batch.with_columns(sums[name])


def cut(text: str) -> list[str]:
    """`text` in pieces of at most PIECE characters that begin with a space where there is one to begin with."""
    pieces = []
    while len(text) > PIECE:
        end = text.rfind(" ", 1, PIECE) if " " in text[1:PIECE] else PIECE
        pieces.append(text[:end])
        text = text[end:]
    return [*pieces, text]


@lru_cache(maxsize=4)
def load(tokenizer: str) -> tuple[Any, str]:
    """The tokenizer, and its name with the first digits of its file's sha256.

    Raises:
        ValueError: it cannot be found, fetched or read; the message names the remedy.
    """
    from tokenizers import Tokenizer

    path = _find(tokenizer)
    try:
        loaded = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise ValueError(f"{path} is no tokenizer.json: {error}") from error
    loaded.no_truncation()
    loaded.no_padding()
    name = tokenizer.removeprefix("hf://") if tokenizer.startswith("hf://") else _title(path)
    return loaded, f"{name} (sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:12]})"


def _title(path: Path) -> str:
    return path.parent.resolve().name if path.name == "tokenizer.json" else path.stem


def _path(tokenizer: str) -> Path:
    path = Path(tokenizer).expanduser()
    return path / "tokenizer.json" if path.is_dir() else path


def _find(tokenizer: str) -> Path:
    if tokenizer.startswith("hf://"):
        from huggingface_hub import hf_hub_download

        try:
            return Path(hf_hub_download(tokenizer.removeprefix("hf://"), "tokenizer.json"))
        except Exception as error:  # the Hub's client raises errors of many families; all mean the same here
            raise ValueError(
                f"cannot fetch {tokenizer}: {error}. Without a network, give the path of its tokenizer.json"
            ) from error
    path = _path(tokenizer)
    if not path.is_file():
        raise ValueError(
            f"no tokenizer at {tokenizer!r}: give a tokenizer.json, its folder, or hf://owner/name"
        )
    return path
