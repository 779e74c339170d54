"""`memorisation:` of an evaluation suite. Nothing heavy is imported: `curate check` reads these."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from train.evaluate.settings import Rows, Settings


class Documents(Rows):
    """Documents by the column that holds their text, or the turns of a conversation."""

    text: str = Field("text", description="the column of texts, or of messages")

    @property
    def columns(self) -> list[str]:
        """Columns that rows must have."""
        return [*super().columns, self.text]


class Extraction(Documents):
    """Verbatim extraction of documents of the training corpus; 50 and 50 tokens as in arXiv:2202.07646."""

    prefix: int = Field(50, ge=1, description="tokens that are given")
    length: int = Field(50, ge=1, description="tokens that must follow")
    sample: int = Field(200, ge=1, description="documents that are tried")


class Pii(Documents):
    """Private data of the training corpus, tried by prefix."""

    sample: int = Field(200, ge=1, description="values that are tried")


class Memorisation(Settings):
    """What a model gives away of what it was trained on."""

    canaries: str | Literal[True] | None = Field(
        None, description="a file that was saved with a model, or true: those of the stage's own `canaries:`"
    )
    references: int = Field(
        2_000, ge=100, description="secrets that were never planted, to rank each canary's among"
    )
    extraction: Extraction | None = None
    pii: Pii | None = None
    heldout: Documents | None = Field(
        None,
        description="documents of the same kind that were not trained on, which tell boilerplate and lucky guesses"
        " from what was memorised (default: those that bits per byte are measured on)",
    )

    @model_validator(mode="after")
    def _something(self) -> Memorisation:
        if self.canaries is None and self.extraction is None and self.pii is None:
            raise ValueError("memorisation needs canaries, extraction or pii")
        return self
