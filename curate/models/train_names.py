"""Trains the embedded recogniser of names, `names.npz`: `python -m curate.models.train_names DATA [OUT]`.

DATA is a folder with `pii/` (annotated court cases, loan agreements, Wikipedia) and `legal/` (text without labels, from
which words get their clusters); the card beside the model names each set and its licence. Two taggers share a lexicon:
`names` finds persons, organisations and places wherever they stand, `masks` what identifies people in a case.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.kernels import name_features as known
from curate.kernels.name_tokens import (
    CAPITAL,
    END,
    FORM,
    LOWER,
    MARK,
    START,
    WORD,
    Tokens,
    slot,
    tokenise,
    word_hash,
)
from curate.models import name_corpora as corpora
from curate.models import name_lists as lists
from curate.models.crf_training import fit
from curate.pii.names.model import Tagger

NAMES = ("PERSON", "ORGANIZATION", "LOCATION", "MISC", "STREET_ADDRESS")
MASKS = (
    "PERSON",
    "ORGANIZATION",
    "LOCATION",
    "DATE_TIME",
    "DEMOGRAPHIC",
    "DOCKET_NUMBER",
    "QUANTITY",
    "MISC",
    "NO_MASK",
)

INVENTED, MASKED = 4000, 800  # documents
NAME_BUCKETS, MASK_BUCKETS = 1 << 19, 1 << 18
RECALLS, PRECISION = (0.0, 0.5, 1.0, 1.5, 2.0), 0.8  # of the tagger of what identifies
CLUSTERS, VOCABULARY, CONTEXTS = 255, 24_000, 1500
Lexicon = tuple[NDArray[np.uint32], NDArray[np.uint32]]


def plain(data: Path) -> Iterator[str]:
    """Texts without labels: opinions, contracts, acts, judgments, code sections; nothing under share-alike terms."""
    for name in ("us_federal_appellate_opinions", "cuad_contracts", "ie_acts_md"):
        with gzip.open(data / f"legal/{name}.jsonl.gz") as lines:
            yield from (json.loads(line)["text"] for line in lines)
    for name in ("au_federal_court_xml", "us_dc_code_xml"):
        with tarfile.open(data / f"legal/{name}.tar.gz") as archive:
            for member in archive:
                file = archive.extractfile(member) if member.name.endswith(".xml") else None
                if file:
                    yield re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", file.read().decode("utf-8", "replace")))


def lexicon(texts: Sequence[str]) -> Lexicon:
    """The lexicon from the lists and from `texts`: which words are common, and the cluster of each frequent one."""
    bits: dict[int, int] = {}
    for name, words in lists.lexicon().items():
        for word in words:
            key = word_hash(word.replace("-", " ").split(" ")[0].rstrip("."))
            bits[key] = bits.get(key, 0) | getattr(known, name)
    rows = tokenise(list(texts), table({})).rows
    words = rows[rows[:, FORM] != MARK]
    lower, lower_counts = np.unique(words[words[:, FORM] == LOWER, WORD], return_counts=True)
    upper, upper_counts = np.unique(words[words[:, FORM] == CAPITAL, WORD], return_counts=True)
    capitals = dict(zip(upper.tolist(), upper_counts.tolist()))
    for key, n in zip(lower.tolist(), lower_counts.tolist()):
        if n >= 5 and n >= capitals.get(key, 0) / 2:
            bits[key] = bits.get(key, 0) | known.COMMON
    for key, cluster in clusters(rows[:, WORD]).items():
        bits[key] = bits.get(key, 0) | cluster << known.CLUSTER
    return table(bits)


def clusters(words: NDArray[np.uint32]) -> dict[int, int]:
    """The cluster (1 ...) of each frequent word: k-means over singular vectors of its neighbours' PPMI."""
    from scipy.sparse import csr_matrix
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.utils.extmath import randomized_svd

    vocabulary, inverse, counts = np.unique(words, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    ids, size = rank[inverse], min(VOCABULARY, int((counts >= 8).sum()))
    if size < CLUSTERS:
        return {}
    matrix = csr_matrix((size, 4 * CONTEXTS), dtype=np.float64)
    for place, shift in enumerate((1, -1, 2, -2)):
        here, there = (ids[:-shift], ids[shift:]) if shift > 0 else (ids[-shift:], ids[:shift])
        keep = (here < size) & (there < CONTEXTS)
        columns = there[keep] + place * CONTEXTS
        matrix += csr_matrix((np.ones(keep.sum()), (here[keep], columns)), shape=matrix.shape)
    cells = matrix.tocoo()
    row, column = np.asarray(matrix.sum(1)).ravel(), np.asarray(matrix.sum(0)).ravel()
    value = np.log(cells.data * cells.data.sum() / (row[cells.row] * column[cells.col]))
    positive = value > 0
    ppmi = csr_matrix((value[positive], (cells.row[positive], cells.col[positive])), shape=matrix.shape)
    left, strength, _ = randomized_svd(ppmi, n_components=64, random_state=0)
    vectors = left * np.sqrt(strength)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
    found = MiniBatchKMeans(CLUSTERS, random_state=0, n_init=3, batch_size=4096).fit_predict(vectors)
    return dict(zip(vocabulary[order[:size]].tolist(), (found + 1).tolist()))


def table(bits: dict[int, int]) -> Lexicon:
    """Keys and values of an open-addressed table, at most half full."""
    size = 1 << max(4, (2 * len(bits)).bit_length())
    keys, values = np.zeros(size, np.uint32), np.zeros(size, np.uint32)
    for key in sorted(bits):
        at = int(slot(np.uint32(key), size))
        while keys[at]:
            at = (at + 1) % size
        keys[at], values[at] = key, bits[key]
    return keys, values


def labelled(
    documents: Sequence[corpora.Document], entities: Sequence[str], words: Lexicon
) -> tuple[Tokens, NDArray[np.int8]]:
    """The tokens of documents and the label of each, as `crf` numbers them; other entities are 0."""
    tokens = tokenise([text for text, _ in documents], words)
    labels = np.zeros(len(tokens.rows), np.int8)
    for k, (_, spans) in enumerate(documents):
        first = tokens.texts[k]
        rows = tokens.rows[first : tokens.texts[k + 1]]
        for start, end, kind in sorted(spans, key=lambda s: (s[1] - s[0], s)):
            if kind not in entities or end <= start:
                continue
            lo = first + np.searchsorted(rows[:, END], start, side="right")
            hi = first + np.searchsorted(rows[:, START], end, side="left")
            labels[lo:hi] = 2 * entities.index(kind) + 2
            labels[lo : lo + 1] = 2 * entities.index(kind) + 1
    inside = (labels > 0) & (
        labels % 2 == 0
    )  # what goes on must have something before it, in its segment too
    before = np.concatenate(([0], labels[:-1]))
    starts = np.zeros(len(labels), bool)
    starts[tokens.segments[:-1]] = True
    labels[inside & (starts | ((before != labels) & (before != labels - 1)))] -= 1
    return tokens, labels


def examples(data: Path, seed: int = 0) -> list[tuple[corpora.Document, float]]:
    """Documents with names marked, each with its weight in training."""
    out = [(corpora.case_names(case), 1.0) for case in corpora.cases(data)]
    for name in ("wikigold", "sec_filings_fin5"):
        out += [(document, 1.0) for document in corpora.conll(data / f"pii/ner_{name}.conll.gz")]
    return out + [(document, 0.5) for document in corpora.invented(INVENTED, seed, masks=False)]


def train_names(marked: Sequence[tuple[corpora.Document, float]], words: Lexicon) -> dict[str, Any]:
    """The tagger of names."""
    return _train(marked, NAMES, NAME_BUCKETS, words, everything=False)


def train_masks(marked: Sequence[tuple[corpora.Document, float]], words: Lexicon) -> dict[str, Any]:
    """The tagger of what identifies."""
    return _train(marked, MASKS, MASK_BUCKETS, words, everything=True)


def _train(
    marked: Sequence[tuple[corpora.Document, float]],
    entities: Sequence[str],
    buckets: int,
    words: Lexicon,
    *,
    everything: bool,
) -> dict[str, Any]:
    tokens, labels = labelled([document for document, _ in marked], entities, words)
    weights = np.repeat([weight for _, weight in marked], np.diff(tokens.texts))
    return {"entities": np.array(entities), "everything": np.array(everything)} | fit(
        tokens, labels, weights.astype(np.float32), 2 * len(entities) + 1, buckets, everything=everything
    )


def train_identifiers(cases: Sequence[dict[str, Any]], words: Lexicon) -> dict[str, Any]:
    """The tagger of what identifies, from court cases and invented text; its `recall` is chosen within the cases."""
    invented = [(document, 0.3) for document in corpora.invented(MASKED, 1, masks=True)]
    inner = train_masks(
        [*((corpora.case_masks(c), 1.0) for k, c in enumerate(cases) if k % 4), *invented], words
    )
    recall = chosen_recall(Tagger.of(inner), [corpora.case_masks(case) for case in cases[::4]], words)
    return train_masks([*((corpora.case_masks(c), 1.0) for c in cases), *invented], words) | {
        "recall": np.array(recall)
    }


def chosen_recall(tagger: Tagger, judged: Sequence[corpora.Document], words: Lexicon) -> float:
    """The largest of RECALLS at which PRECISION of the tokens tagged are to be masked (0.0 if at none)."""
    tokens, gold = labelled(judged, MASKS, words)
    free = 2 * MASKS.index(corpora.NO_MASK) + 1
    best = 0.0
    for recall in RECALLS:
        tags, _ = tagger.tags(tokens, tagger.bias(recall))
        tagged = (tags > 0) & (tags < free)
        if ((gold > 0) & (gold < free))[tagged].mean() >= PRECISION:
            best = recall
    return best


def main(data: str, out: str = "") -> None:
    words = lexicon(list(plain(Path(data))))
    model = {"keys": words[0], "values": words[1]}
    model |= {f"names_{key}": value for key, value in train_names(examples(Path(data)), words).items()}
    masks = train_identifiers(corpora.cases(Path(data)), words)
    model |= {f"masks_{key}": value for key, value in masks.items()}
    np.savez_compressed(out or Path(__file__).with_name("names.npz"), allow_pickle=False, **model)


if __name__ == "__main__":
    main(*sys.argv[1:])
