"""fastText models by name: found, loaded once a process, asked in batches."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

#: Models of languages that go by a name.
KNOWN = {
    "lid.176": "hf://julien-c/fasttext-language-id/lid.176.bin",
    "glotlid": "hf://cis-lmu/glotlid/model_v3.bin",
}
#: Bytes handed over at a time; fastText copies them.
_CHUNK = 8_000_000


def local(model: str | None) -> list[str]:
    """The file that `model` names, as a list; empty for none, for the Hub's and for names in KNOWN."""
    known = model is None or model.startswith("hf://") or model.lower() in KNOWN
    return [] if known or model is None else [str(Path(model).expanduser())]


def find(model: str) -> Path:
    """The file of `model`: a path, `hf://owner/name/file`, or a name in KNOWN (then taken from the Hub's cache).

    Raises:
        ValueError: there is no such file, or it cannot be had; the message names the remedy.
    """
    address = KNOWN.get(model.lower(), model)
    if not address.startswith("hf://"):
        path = Path(address).expanduser()
        if path.is_file():
            return path
        raise ValueError(
            f"no fastText model at {model!r}: give the path of a .bin or .ftz file, hf://owner/name/file, "
            f"or one of {', '.join(KNOWN)}; `curate classifier train` makes one"
        )
    owner, _, rest = address.removeprefix("hf://").partition("/")
    name, _, file = rest.partition("/")
    if not (owner and name and file):
        raise ValueError(f"{model!r} does not name a file: write hf://owner/name/model.bin")
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(f"{owner}/{name}", file))
    except Exception as error:  # the Hub's client raises errors of many families; all mean the same here
        raise ValueError(
            f"cannot fetch {address}: {error}. Without a network, fetch the file elsewhere and give its path"
        ) from error


@lru_cache(maxsize=4)
def load(model: str) -> Any:
    """The fastText model that `find` finds.

    Raises:
        ValueError: the file is missing or no supervised model.
    """
    import fasttext

    path = find(model)
    try:
        loaded = fasttext.load_model(str(path))
        loaded.f.predict("a\n", 1, 0.0, "strict")
    except (ValueError, RuntimeError) as error:
        raise ValueError(f"{path} is no supervised fastText model: {error}") from error
    return loaded


def lines(texts: pl.Series) -> pl.Series:
    """`texts` as fastText takes them: on one line each, without the tokens that it keeps for itself."""
    return texts.fill_null("").str.replace_all(r"[\n\r\x00]+", " ").str.replace_all("</s>", " ", literal=True)


def best(model: Any, texts: pl.Series) -> tuple[list[str | None], np.ndarray]:
    """The likeliest label of each text, without `__label__` (None for a text without words), and its probability."""
    labels: list[str | None] = []
    scores: list[float] = []
    for found, shares in _ask(model, texts, 1):
        labels.append(found[0].removeprefix("__label__") if found else None)
        scores.append(min(1.0, float(shares[0])) if found else 0.0)
    return labels, np.array(scores, np.float32)


def probability(model: Any, texts: pl.Series, label: str) -> np.ndarray:
    """The probability of `label` for each text: float32, NaN for a text without words.

    Raises:
        ValueError: the model does not know `label`.
    """
    if label not in model.labels:
        raise ValueError(f"the model has no label {label!r}, only {', '.join(map(repr, model.labels[:20]))}")
    scores = np.full(len(texts), np.nan, np.float32)
    for i, (found, shares) in enumerate(_ask(model, texts, -1)):
        if found:
            scores[i] = min(1.0, float(shares[list(found).index(label)]))
    return scores


def _ask(model: Any, texts: pl.Series, k: int) -> Iterator[tuple[Any, Any]]:
    """(labels, probabilities) of each text, `k` of them (-1: all), best first; none for a blank text."""
    frame = pl.DataFrame({"text": lines(texts)}).with_columns(
        blank=~pl.col("text").str.contains(r"\S"), part=pl.col("text").str.len_bytes().cum_sum() // _CHUNK
    )
    for _, part in frame.group_by("part", maintain_order=True):
        asked = model.f.multilinePredict([f"{text}\n" for text in part["text"]], k, 0.0, "strict")
        for blank, found, shares in zip(part["blank"], *asked):
            yield ([], []) if blank else (found, shares)
