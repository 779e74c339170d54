"""Trains the embedded language model, `language.npz`: `python -m curate.models.train_language DATA [OUT]`.

DATA is a folder with `lang/` (75 languages' sentences, the Universal Declaration), `legal_nonenglish/`,
`legal/` and `general/`; the card beside the model names each set and its licence. Sets that forbid commercial
use or ask for the same licence are not read. A fifth of all documents, by hash, is never trained on
(`held_out`).
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numba import njit

from curate.kernels.languages import features, fold_table

#: Members of the archive of the Universal Declaration by ISO 639-1 code; members whose letters are garbled or
#: in a script that the language has left are not here.
UDHR = """
af Afrikaans-Latin1, be Belorus_Belaruski-UTF8, bg Bulgarian_Balgarski-UTF8, bn Bengali-UTF8, br
Breton-Latin1, ca Catalan-Latin1, cs Czech-UTF8, cy Welsh_Cymraeg-Latin1, da Danish_Dansk-Latin1, de
German_Deutsch-Latin1, el Greek_Ellinika-UTF8, en English-Latin1, eo Esperanto-UTF8, es Spanish-Latin1, et
Estonian_Eesti-Latin1, eu Basque_Euskara-Latin1, fa Farsi_Persian-UTF8, fi Finnish_Suomi-Latin1, fo
Faroese-Latin1, fr French_Francais-Latin1, fy Frisian-Latin1, ga IrishGaelic_Gaeilge-Latin1, gd
ScottishGaelic_GaidhligAlbanach-Latin1, gl Galician_Galego-Latin1, gu Gujarati-UTF8, ha Hausa_Haoussa-Latin1,
he Hebrew_Ivrit-UTF8, hi Hindi-UTF8, ht HaitianCreole_Kreyol-Latin1, hu Hungarian_Magyar-UTF8, id
Indonesian-Latin1, ig Igbo-UTF8, is Icelandic_Yslenska-Latin1, it Italian-Latin1, ja Japanese_Nihongo-UTF8, kn
Kannada-UTF8, ko Korean_Hankuko-UTF8, la Latin_Latina-Latin1, lb Luxembourgish_Letzebuergeusch-Latin1, lg
Luganda_Ganda-Latin1, lo Lao-UTF8, mg Malagasy-Latin1, mi Maori-Latin1, mr Marathi-UTF8, ms
Malay_BahasaMelayu-Latin1, mt Maltese-UTF8, nb Norwegian_Norsk-Bokmal-Latin1, ne Nepali-UTF8, nl
Dutch_Nederlands-Latin1, nn Norwegian_Norsk-Nynorsk-Latin1, oc OccitanLanguedocien-Latin1, pl Polish-Latin2,
pt Portuguese_Portugues-Latin1, rm Rhaeto-Romance_Rumantsch-Latin1, ro Romanian-Latin2, ru Russian-UTF8, rw
Kinyarwanda-Latin1, si Sinhala-UTF8, sk Slovak-Latin2, sl Slovenian_Slovenscina-Latin2, sn Shona-Latin1, so
Somali-Latin1, sq Albanian_Shqip-Latin1, st SouthernSotho_Sotho-Sesotho-Sutu-Sesutu-Latin1, sv
Swedish_Svenska-Latin1, sw Swahili_Kiswahili-Latin1, ta Tamil-UTF8, tl Filipino_Tagalog-Latin1, tn
WesternSotho_Tswana-Setswana-Latin1, tr Turkish_Turkce-UTF8, uk Ukrainian-UTF8, uz Uzbek-Latin1, vi
Vietnamese-UTF8, xh Xhosa-Latin1, yo Yoruba-UTF8, zu Zulu-Latin1
"""
_ENCODINGS = {"UTF8": "utf-8", "Latin1": "cp1252", "Latin2": "cp1250"}

#: Text of a known language: (path, language). Nothing under share-alike or non-commercial terms.
JSONL = [
    ("legal_nonenglish/de_gesetze.jsonl.gz", "de"),
    ("legal_nonenglish/fr_code_civil.jsonl.gz", "fr"),
    ("legal_nonenglish/fr_codes_md.jsonl.gz", "fr"),
    ("legal_nonenglish/ca_andorra.jsonl.gz", "ca"),
    ("legal_nonenglish/pt_lener_raw.jsonl.gz", "pt"),
    ("legal/us_federal_appellate_opinions.jsonl.gz", "en"),
    ("legal/ie_acts_md.jsonl.gz", "en"),
]

DIMENSIONS = 32
BUCKETS = 1 << 16
EPOCHS = 30
RATE = 0.5
KEEP = 0.3  # share of a text's features that a step sees
PIECES = 3  # of a long document


def held_out(text: str) -> bool:
    """Whether a document is kept from training."""
    return zlib.crc32(text.encode()) % 5 == 0


def records(path: Path) -> Iterator[dict[str, str]]:
    """The objects of a JSONL.gz file."""
    with gzip.open(path) as file:
        yield from map(json.loads, file)


def documents(data: Path) -> Iterator[tuple[str, str, str]]:
    """(language, set, text) of everything that the model may learn from or be judged on."""
    for record in records(data / "lang/sentences_75_languages.jsonl.gz"):
        yield record["lang"], "sentences", record["text"]
    with zipfile.ZipFile(data / "lang/udhr.zip") as archive:
        for entry in UDHR.replace("\n", " ").split(","):
            language, name = entry.split()
            text = archive.read(f"udhr/{name}").decode(_ENCODINGS[name.rsplit("-", 1)[1]], "replace")
            for paragraph in text.split("\n"):
                if len(paragraph) >= 40:
                    yield language, "declaration", paragraph.strip()
    for path, language in JSONL:
        for record in records(data / path):
            yield language, Path(path).name.split(".")[0], record["text"]
    with tarfile.open(data / "legal/us_dc_code_xml.tar.gz") as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            if file:
                yield "en", "us_dc_code", re.sub(r"<[^>]*>", " ", file.read().decode())


def snippets(data: Path, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """(language, text) to train on: pieces of 20 to 600 characters, at most PIECES of a document."""
    for language, _, text in documents(data):
        if held_out(text):
            continue
        for _ in range(1 if len(text) < 150 else min(PIECES, 1 + len(text) // 400)):
            size = int(np.exp(rng.uniform(np.log(20), np.log(600))))
            start = int(rng.integers(0, max(1, len(text) - size)))
            yield language, text[start : start + size]
        if len(text) < 600:
            yield language, text


@njit(cache=True)
def _epoch(grams, offsets, labels, order, weights, embedding, head, rate, decay, keep, seed):
    """One pass of stochastic gradient descent, as in fastText, each feature kept with probability `keep`."""
    np.random.seed(seed)
    dims, mean, loss = embedding.shape[1], np.zeros(embedding.shape[1], np.float32), 0.0
    logits, pull = np.zeros(len(head), np.float32), np.zeros(embedding.shape[1], np.float32)
    for k in order:
        rows = grams[offsets[k] : offsets[k + 1]]
        rows = rows[np.random.random(len(rows)) < keep]
        if not len(rows):
            continue
        mean[:] = 0
        for row in rows:
            mean += embedding[row]
        mean /= len(rows)
        for label in range(len(head)):
            logits[label] = (head[label] * mean).sum()
        share = np.exp(logits - logits.max())
        share /= share.sum()
        loss -= np.log(share[labels[k]] + 1e-9) * weights[k]
        pull[:] = 0
        for label in range(len(head)):
            slope = rate * weights[k] * ((label == labels[k]) - share[label])
            pull += slope * head[label]
            head[label] += slope * mean
        for row in rows:
            for d in range(dims):
                embedding[row, d] += pull[d] / len(rows)
        rate -= decay
    return loss / len(order)


def train(pairs: list[tuple[str, str]], seed: int = 0) -> dict[str, np.ndarray]:
    """The model of (language, text) pairs: `languages`, int8 `embedding`, float32 `head`."""
    rng = np.random.default_rng(seed)
    languages = sorted({language for language, _ in pairs})
    fold, mask = fold_table(), BUCKETS - 1
    rows = []
    for _, text in pairs:
        data = np.frombuffer(text.encode(), np.uint8)
        rows.append(features(data, 0, len(data), fold, mask))
    offsets = np.cumsum([0, *map(len, rows)])
    labels = np.array([languages.index(language) for language, _ in pairs])
    share = np.bincount(labels) / len(labels)
    weights = ((1 / len(share)) / share[labels]).clip(0.2, 3).astype(np.float32)
    embedding = rng.uniform(-1 / DIMENSIONS, 1 / DIMENSIONS, (BUCKETS, DIMENSIONS)).astype(np.float32)
    head = np.zeros((len(languages), DIMENSIONS), np.float32)
    steps = EPOCHS * len(pairs)
    for epoch in range(EPOCHS):
        order, rate = rng.permutation(len(pairs)), RATE * (1 - epoch / EPOCHS)
        loss = _epoch(
            np.concatenate(rows),
            offsets,
            labels,
            order,
            weights,
            embedding,
            head,
            rate,
            RATE / steps,
            KEEP,
            epoch,
        )
        print(f"epoch {epoch + 1}: loss {loss:.4f}", file=sys.stderr)
    return quantised(languages, embedding, head)


def quantised(languages: list[str], embedding: np.ndarray, head: np.ndarray) -> dict[str, np.ndarray]:
    """Embeddings as int8, one scale per dimension; the scale goes into the head."""
    scale = np.maximum(np.quantile(np.abs(embedding), 0.9995, axis=0), 1e-9) / 127
    small = np.clip(np.rint(embedding / scale), -127, 127).astype(np.int8)
    return {
        "languages": np.array(languages),
        "embedding": small,
        "head": (head * scale).astype(np.float32),
    }


def main(data: str, out: str = "") -> None:
    pairs = list(snippets(Path(data), np.random.default_rng(0)))
    model = train(pairs)
    np.savez_compressed(out or Path(__file__).with_name("language.npz"), allow_pickle=False, **model)


if __name__ == "__main__":
    main(*sys.argv[1:])
