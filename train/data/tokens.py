"""A source tokenised once: flat files of token ids, mapped into memory.

| file | |
|---|---|
| `ids.npy` | all documents' token ids, one after the other; uint16 for vocabularies up to 65,536, else uint32 |
| `ends.npy` | int64, where each document ends in `ids` |
| `loss.npy` | uint8 per token, 1 where it counts in the loss; not there where all do |
| `bytes.npy` | uint32, UTF-8 bytes of each document's text |
| `meta.json` | form, counts, the source's files and licences, hashes |
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import ConfigError
from curate.fingerprint import digest
from train.data.documents import FORMS, Source
from train.data.encode import Encoded, Form, encoder
from train.data.flat import Growing, mapped, whole

#: Counts up when what the files hold changes its meaning.
FORMAT = 1


@dataclass(frozen=True)
class Tokens:
    """A tokenised source in `folder`. Arrays are read from disk as they are used, and not copied to other processes."""

    folder: Path

    @cached_property
    def meta(self) -> dict[str, Any]:
        """key, form, documents, tokens, counted (tokens in the loss), bytes, vocabulary, longest, source."""
        found: dict[str, Any] = json.loads((self.folder / "meta.json").read_text())
        return found

    @cached_property
    def ids(self) -> NDArray[Any]:
        """Token ids of all documents, shape (tokens,)."""
        return mapped(self.folder / "ids.npy")

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """Where each document ends in `ids`, shape (documents,)."""
        return mapped(self.folder / "ends.npy")

    @cached_property
    def loss(self) -> NDArray[np.uint8] | None:
        """1 where a token counts in the loss, shape (tokens,); None where all do."""
        path = self.folder / "loss.npy"
        return mapped(path) if path.exists() else None

    @cached_property
    def bytes(self) -> NDArray[np.uint32]:
        """UTF-8 bytes of each document, shape (documents,)."""
        return mapped(self.folder / "bytes.npy")

    def __len__(self) -> int:
        """Documents."""
        return int(self.meta["documents"])

    def __getstate__(self) -> dict[str, Any]:
        return {"folder": self.folder}

    def document(self, number: int) -> NDArray[Any]:
        """Token ids of one document."""
        start = int(self.ends[number - 1]) if number else 0
        return self.ids[start : int(self.ends[number])]

    @property
    def key(self) -> str:
        """What the tokens depend on: source, tokenizer, form."""
        return str(self.meta["key"])


def tokenised(
    source: Source,
    tokenizer: Any,
    folder: str | Path,
    *,
    form: Form | None = None,
    template: str | None = None,
) -> Tokens:
    """The tokens of `source`, below `folder`: made in one pass, or found from an earlier one with the same source,
    tokenizer and form.

    `form` None takes the first of ids, messages, prompt_completion, text that the source's columns allow. A document
    of text begins with the tokenizer's bos, if it has one other than its eos, and ends with its eos; special tokens
    that a text spells are text. `template` is a chat template to use in place of the tokenizer's.

    Raises:
        ConfigError: a column is missing or of a wrong type, a document is empty, there are no documents.
    """
    form = form or _form(source)
    if form not in source.forms:
        need = ", ".join(FORMS[form])
        raise ConfigError(
            f"from {source.address}: rows are to be read as {form}, which needs {need}, and have "
            f"{', '.join(source.found)}: name the right columns under `columns`, or another form"
        )
    key = digest([FORMAT, source.fingerprint, identity(tokenizer), form, template])
    target = Path(folder) / f"tokens-{key[:16]}"
    if not (target / "meta.json").exists():
        with whole(target) as work:
            _write(source, tokenizer, form, template, work, key)
    return Tokens(target)


def identity(tokenizer: Any) -> str:
    """Hash of all that a tokenizer's output depends on."""
    core = getattr(tokenizer, "backend_tokenizer", None)
    text = core.to_str() if core is not None else repr(tokenizer)
    return digest([text, tokenizer.chat_template, tokenizer.bos_token_id, tokenizer.eos_token_id])


def _form(source: Source) -> Form:
    if not source.forms:
        have = ", ".join(source.found) or "no columns"
        raise ConfigError(
            f"from {source.address}: has {have}, and none of text, messages, prompt and completion, input_ids: name "
            "what holds them under `columns`"
        )
    return source.forms[0]  # type: ignore[return-value]


def _write(source: Source, tokenizer: Any, form: Form, template: str | None, work: Path, key: str) -> None:
    vocabulary = len(tokenizer)
    kind = np.uint16 if vocabulary <= 1 << 16 else np.uint32
    ids, ends, sizes = (
        Growing(work / f"{name}.npy", dtype)
        for name, dtype in (("ids", kind), ("ends", np.int64), ("bytes", np.uint32))
    )
    loss: Growing | None = None
    counted = longest = total = 0
    for documents in _encoded(source, tokenizer, form, template, vocabulary):
        lengths = np.array([len(one) for one, _, _ in documents], np.int64)
        ends.append(ids.length + np.cumsum(lengths))
        masks = [mask for _, mask, _ in documents]
        if loss is None and any(mask is not None for mask in masks):
            loss = Growing(work / "loss.npy", np.uint8)
            for start in range(0, ids.length, 1 << 20):  # of documents before this one all tokens count
                loss.append(np.ones(min(1 << 20, ids.length - start), np.uint8))
        ids.append(np.concatenate([one for one, _, _ in documents]))
        ones = [
            np.ones(n, np.uint8) if mask is None else mask for mask, n in zip(masks, lengths, strict=True)
        ]
        counted += int(sum(int(mask.sum()) for mask in ones))
        if loss is not None:
            loss.append(np.concatenate(ones))
        sizes.append(np.array([size for _, _, size in documents], np.uint32))
        total += sum(size for _, _, size in documents)
        longest = max(longest, int(lengths.max()))
    if not ends.length:
        part = f" in the split '{source.split}'" if source.split else ""
        raise ConfigError(f"from {source.address}: no documents{part}: there is nothing to train on")
    for growing in (ids, ends, sizes, *([loss] if loss else [])):
        growing.close()
    meta = {
        "format": FORMAT,
        "key": key,
        "form": form,
        "documents": ends.length,
        "tokens": ids.length,
        "counted": counted,
        "bytes": total,
        "longest": longest,
        "vocabulary": vocabulary,
        "tokenizer": identity(tokenizer),
        "source": {
            "address": source.address,
            "split": source.split,
            "fingerprint": source.fingerprint,
            "artefact": (source.artefact or {}).get("fingerprint"),
            "files": [{"path": f.path, "bytes": f.size, "stamp": f.stamp} for f in source.files],
            "licenses": source.licenses,
        },
    }
    (work / "meta.json").write_text(json.dumps(meta, indent=1, ensure_ascii=False) + "\n")


def _encoded(
    source: Source, tokenizer: Any, form: Form, template: str | None, vocabulary: int
) -> Iterator[list[Encoded]]:
    optional = ("labels", "loss") if form == "ids" else ()
    encode = encoder(tokenizer, form, template, vocabulary)
    for batch in source.batches(FORMS[form], optional):
        yield encode(batch)
