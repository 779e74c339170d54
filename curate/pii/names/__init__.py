"""Names in texts: persons, places and organisations, and what else identifies people, by an embedded tagger.

    Names().find(["Mr Karl Strobel lives in Klagenfurt."])
    # [[Span(3, 15, "PERSON", 0.99, "names"), Span(25, 35, "LOCATION", 0.9, "names")]]

The tagger is a conditional random field over hashed features (kernels `name_chains`, `name_features`), trained by
`curate.models.train_names`; a pass over each document (`name_mentions`) then finds the other mentions of a name.
`Names("spacy:...")` and the like put a model of another library in its place (`external`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from curate.kernels.name_features import DEMONYM
from curate.kernels.name_mentions import doubts, echoes, surnames
from curate.kernels.name_tokens import KNOWN, Tokens, tokenise
from curate.pii.names.model import Embedded, Tagger, load
from curate.pii.names.spans import found, overruled
from curate.pii.spans import Span

__all__ = ["ALL", "BASIC", "Names"]

#: What the tagger of names finds by itself.
BASIC = ("PERSON", "LOCATION", "ORGANIZATION", "STREET_ADDRESS", "NRP")
#: And what only the tagger of identifiers finds; asking for one of these brings it in.
ALL = (*BASIC, "DATE_TIME", "DOCKET_NUMBER", "QUANTITY", "DEMOGRAPHIC", "MISC")
NO_MASK = "NO_MASK"

_BLOCK = 4_000_000  # characters that are tagged at a time


class Names:
    """Finds names in texts.

    Args:
        model: None for the embedded tagger, one that was trained (`model.load`), or "spacy:NAME", "gliner:NAME",
            "transformers:NAME".
        entities: of `ALL` (default: PERSON, LOCATION, ORGANIZATION). With only those of `BASIC`, every name is
            found; with any other, what the annotators of court cases would have left readable (courts, governments,
            precedents) is left too.
        recall: what is added to the score of every name, in units of log odds; None for what training chose. More
            finds more and errs more.

    Raises:
        ValueError: an unknown entity or kind of model, or its library is not installed.
    """

    def __init__(
        self,
        model: str | Embedded | None = None,
        *,
        entities: Collection[str] | None = None,
        recall: float | None = None,
    ) -> None:
        self.entities = frozenset(BASIC[:3] if entities is None else entities)
        if unknown := self.entities - set(ALL):
            raise ValueError(f"no names are called {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
        self._external = None
        if isinstance(model, str):
            from curate.pii.names.external import finder

            self._external = finder(model)
            return
        self._lexicon, self._names, masks = model or load()
        self._masks = masks if self.entities - set(BASIC) else None
        self._bias = {"names": self._names.bias(recall), "masks": masks.bias(recall)}

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """The names in each text, sorted, none overlapping another; offsets are characters."""
        if self._external is not None:
            return [[s for s in spans if s.entity in self.entities] for spans in self._external(texts)]
        return [spans for block in _blocks(texts) for spans in self._find(block)]

    def _find(self, texts: list[str]) -> list[list[Span]]:
        tokens = tokenise(texts, self._lexicon)
        names, sure = self._tags(tokens, self._names, "names")
        demonyms = (tokens.rows[:, KNOWN] & DEMONYM) != 0
        wanted = dict(zip(self._names.entities, self._names.entities)) | {"MISC": "NRP"}
        keep = {kind: called for kind, called in wanted.items() if called in self.entities}
        if self._masks is None:
            return found(tokens, [(self._names, names, sure, keep)], demonyms)
        masks, certain = self._tags(tokens, self._masks, "masks")
        overruled(self._names, names, self._masks, masks, NO_MASK)
        also = {kind: kind for kind in self._masks.entities if kind in self.entities}
        return found(
            tokens, [(self._masks, masks, certain, also), (self._names, names, sure, keep)], demonyms
        )

    def _tags(self, tokens: Tokens, tagger: Tagger, name: str) -> tuple[np.ndarray, np.ndarray]:
        tags, sure = tagger.tags(tokens, self._bias[name])
        person = tagger.entities.index("PERSON")
        doubts(tokens.rows, tokens.texts, person, tags, sure)
        surnames(tokens.rows, tokens.texts, tokens.segments, person, tags, sure)
        if name == "masks":
            kinds = np.array([kind in ECHOED for kind in tagger.entities])
            echoes(tokens.rows, tokens.texts, tokens.segments, kinds, tags, sure)
        return tags, sure


#: Of what the tagger of identifiers finds, what is looked for in the rest of the text as it stands.
ECHOED = ("PERSON", "LOCATION", "ORGANIZATION", "DOCKET_NUMBER")


def _blocks(texts: Sequence[str]) -> Iterator[list[str]]:
    """Runs of texts of about `_BLOCK` characters in all, at least one text each."""
    block: list[str] = []
    size = 0
    for text in texts:
        if block and size + len(text) > _BLOCK:
            yield block
            block, size = [], 0
        block.append(text)
        size += len(text)
    if block:
        yield block
