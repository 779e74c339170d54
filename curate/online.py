"""An index of near-duplicates that grows document by document, on datasketch: for streams that never end.

Its signatures are those of the step `near_duplicates`, so that it begins where an artefact ends, and what it has seen
can be named in `against` of a later run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.documents import conform
from curate.kernels.minhash import NONE
from curate.releases import read, resolve
from curate.similar import lsh
from curate.similar.candidates import Rule, known, signed


class OnlineIndex:
    """Documents by MinHash-LSH: `find` those similar to a text, `add` one, `load` a release, `save` them all.

    Bands and rows follow from `threshold` and `hashes` as in the step; similarity is estimated from the signatures,
    with a standard error of sqrt(J * (1 - J) / hashes).

    Raises:
        ValueError: the threshold is no similarity, or there are too few hashes for it.
        ImportError: datasketch is not installed (`pip install 'curate[online]'`).
    """

    def __init__(self, *, threshold: float = 0.8, ngram: int = 5, hashes: int = 112):
        from datasketch import MinHashLSH

        if not 0 < threshold <= 1:
            raise ValueError(f"threshold is a similarity above 0 and up to 1, not {threshold}")
        bands, rows = lsh.bands_for(threshold, hashes)
        self._rule = Rule(
            threshold, ngram, hashes, bands, rows, exact=False, releases=False, keep_changed=False
        )
        self._lsh = MinHashLSH(num_perm=hashes, params=(bands, rows))
        self._rows: dict[str, dict[str, Any]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, text: str) -> list[tuple[str, float]]:
        """Ids and similarities of the documents that are at least `threshold` similar to `text`, the best first."""
        own = np.frombuffer(self._signed("", text, None)["signature"], np.uint32)
        if (own == NONE).all():  # without a word it is like nothing
            return []
        met = self._lsh.query(self._sketch(own))
        likeness = {key: float((self._signature(key) == own).mean()) for key in met}
        found = [(key, s) for key, s in likeness.items() if s >= self._rule.threshold]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def add(self, id: str, text: str, key: str | None = None, source: str | None = None) -> None:
        """Remember a document; `key` is its identity across releases (its id, if it has none), within `source`.

        Raises:
            ValueError: a document of this id is there already.
        """
        self._insert(self._signed(id, text, key) | {"source": source})

    def load(self, release: str) -> int:
        """Remember the documents of an artefact, a dataset or Parquet files (as `against` takes them); how many.

        Their ids are `release:id`, release being the artefact's folder; those of other files stay as they are.

        Raises:
            ConfigError: nothing is there.
            ValueError: its signatures were made with another `ngram` or `hashes`, or an id is there already.
        """
        count = 0
        found = resolve(release, f"near_duplicates/{self._rule.index}")
        for file in found.files:
            for batch in read(file):
                index = known(batch, self._rule)
                if found.artefact:  # what another index saved is named already
                    index = index.with_columns(pl.format("{}:{}", pl.lit(found.name), "id").alias("id"))
                for row in index.iter_rows(named=True):
                    self._insert(row)
                    count += 1
        return count

    def save(self, path: str | Path) -> None:
        """Write the index as a Parquet file, which `against` and `load` take."""
        schema = signed(conform(pl.DataFrame({"text": [""]})), self._rule).schema
        pl.DataFrame(list(self._rows.values()), schema=schema, orient="row").write_parquet(path)

    def _signed(self, id: str, text: str, key: str | None) -> dict[str, Any]:
        frame = conform(pl.DataFrame({"id": [id], "key": [key or id], "text": [text]}))
        return signed(frame, self._rule).row(0, named=True)

    def _insert(self, row: dict[str, Any]) -> None:
        if row["id"] in self._rows:
            raise ValueError(f"the index has a document '{row['id']}' already")
        self._rows[row["id"]] = row
        own = self._signature(row["id"])
        if not (own == NONE).all():
            self._lsh.insert(row["id"], self._sketch(own))

    def _signature(self, id: str) -> np.ndarray[Any, np.dtype[np.uint32]]:
        return np.frombuffer(self._rows[id]["signature"], np.uint32)

    def _sketch(self, own: np.ndarray[Any, np.dtype[np.uint32]]) -> Any:
        from datasketch import MinHash

        return MinHash(num_perm=self._rule.hashes, hashvalues=own, scheme="affine32")
