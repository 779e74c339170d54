"""A source of a pipeline: where its records lie and how they become documents."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

#: The limits of contract 10: a record above, or a parser that runs longer, fails alone.
RECORD_BYTES = 32 * 1024 * 1024
PARSE_SECONDS = 30.0

Format = Literal["auto", "jsonl", "parquet", "csv", "text", "markdown", "html", "xml", "pdf", "warc"]


class Source(BaseModel):
    """One entry of `sources:`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", description="unique in the stage; part of every id"
    )
    path: str | list[str] | None = Field(
        None, description="file, folder, glob, or any fsspec address (s3://, hf://datasets/…)"
    )
    from_: str | None = Field(None, alias="from", description="another stage, whose documents are read")
    format: Format = Field("auto", description="auto looks at the content and the name")
    columns: dict[str, str] = Field(
        default_factory=dict, description="{text: body, id: docket, date: filed}: our column: their field"
    )
    names: list[str] | None = Field(None, description="column names of a CSV/TSV without a header line")
    encoding: str | None = Field(
        None, description="of text that is neither UTF-8 nor says what it is; detected if not given"
    )
    split: Literal["file", "line"] = Field(
        "file", description="text files: one document a file, or one a line"
    )
    license: str | None = Field(None, description="SPDX name or free text, kept beside every document")
    labels: dict[str, Any] = Field(default_factory=dict, description="added to every document's metadata")
    limit: int | None = Field(None, ge=1, description="only the first N records")
    max_failed: float = Field(
        0.01, ge=0, le=1, description="the run fails when a larger share cannot be read"
    )
    record_bytes: int = Field(RECORD_BYTES, ge=1, description="a larger record fails alone")
    parse_seconds: float = Field(PARSE_SECONDS, gt=0, description="a parser that takes longer fails alone")
    storage_options: dict[str, Any] = Field(
        default_factory=dict, description="for fsspec; the place for secrets: ${NAME}"
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Source:
        if (self.path is None) == (self.from_ is None):
            raise ValueError("a source needs exactly one of 'path' and 'from'")
        if self.from_ and (idle := self.model_fields_set - {"name", "from_", "path", "limit"}):
            told = ", ".join(map(repr, sorted(idle)))
            raise ValueError(f"documents of another stage are taken as they are: remove {told}")
        return self

    @property
    def spelled(self) -> frozenset[str]:
        """Names of files as `path` itself gives them."""
        return frozenset(path.rstrip("/").rpartition("/")[2] for path in self.paths)

    @property
    def paths(self) -> list[str]:
        """The given path or paths as a list."""
        return [self.path] if isinstance(self.path, str) else list(self.path or [])
