"""The settings of each measurer, as they stand in YAML. Nothing heavy is imported: `curate check` reads these."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from train.evaluate.templates import columns_of

Texts = str | list[str]
#: Adversarial rephrasings of harmful prompts (`train.evaluate.attacks`).
Attack = Literal[
    "role_play",
    "prefix_injection",
    "refusal_suppression",
    "hypothetical",
    "research_frame",
    "base64",
    "leet",
    "spaced",
]
ATTACKS: tuple[Attack, ...] = Attack.__args__  # type: ignore[attr-defined]


class Settings(BaseModel):
    """No key that is not known; nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, protected_namespaces=())


class Rows(Settings):
    """Where rows come from, and which of them."""

    path: Texts | None = Field(
        None, description="files: JSONL, JSON, CSV, TSV, Parquet, text, archives of these"
    )
    from_: str | None = Field(
        None, alias="from", description="written `from`: or a stage, or an artefact's folder"
    )
    split: str | None = Field(None, description="rows whose column `split` says this (validation, test)")
    member: str | None = Field(None, description="of an archive: a pattern of members' names")
    names: list[str] | None = Field(None, description="column names of a CSV without a header line")
    lines: bool = Field(False, description="of text files each line is a row, not each file")
    where: dict[str, Any] = Field(default_factory=dict, description="{column: value} of the rows to take")
    limit: int | None = Field(None, ge=1, description="rows, drawn evenly by the hash of their ids")

    @model_validator(mode="after")
    def _one_origin(self) -> Rows:
        if (self.path is None) == (self.from_ is None):
            raise ValueError("exactly one of 'path' and 'from' says where the rows are")
        return self

    @property
    def columns(self) -> list[str]:
        """Columns that rows must have."""
        return [*self.where, *(["split"] if self.split else [])]


Name = Annotated[
    str | None,
    Field(
        None,
        pattern=r"^[A-Za-z0-9][\w.-]*$",
        description="in scores, unique within its group (default: by the file)",
    ),
]


class Bits(Rows):
    """Bits per byte of held-out documents."""

    name: Name = None
    text: str = Field("text", description="the column of texts")
    window: int = Field(
        512, ge=16, description="tokens seen at once; what is scored has at least half of it before it"
    )

    @property
    def columns(self) -> list[str]:
        """Columns that rows must have."""
        return [*super().columns, self.text]


class Choice(Rows):
    """Multiple choice by log-likelihood."""

    name: Name = None
    prompt: str = Field(description="a column, or text with {{columns}} in it")
    choices: Texts = Field(
        description="a column that holds a list; a list of columns; or a list of the answers themselves"
    )
    answer: str = Field(description="the column of the right one: its index from 0, its letter, or its text")
    first: Literal[0, 1] = Field(0, description="what the first choice is called where answers are numbers")
    joint: str = Field(" ", description="between prompt and choice")
    category: str | None = Field(None, description="a column whose values are reported apart")

    @property
    def columns(self) -> list[str]:
        """Columns that rows must have (those of `choices` are told apart when rows are seen)."""
        own = [self.answer, *columns_of(self.prompt), *([self.category] if self.category else [])]
        return [*super().columns, *own, *([self.choices] if isinstance(self.choices, str) else [])]


class Pairs(Rows):
    """Which of two texts is likelier: grammar (BLiMP), schemas (WinoGrande's two contexts)."""

    name: Name = None
    good: str = Field(description="the column, or text with {{columns}}, that should be likelier")
    bad: str
    category: str | None = None

    @property
    def columns(self) -> list[str]:
        """Columns that rows must have."""
        own = [*columns_of(self.good), *columns_of(self.bad), *([self.category] if self.category else [])]
        return [*super().columns, *own]


class LastWord(Rows):
    """Whether the most likely tokens spell the continuation (LAMBADA)."""

    name: Name = None
    context: str = Field("context", description="a column, or text with {{columns}}")
    word: str = Field("continuation", description="the column of what must follow")
    joint: str = " "

    @property
    def columns(self) -> list[str]:
        """Columns that rows must have."""
        return [*super().columns, *columns_of(self.context), *columns_of(self.word)]


class Generate(Rows):
    """Short greedy answers, matched."""

    name: Name = None
    prompt: str = Field(description="a column, or text with {{columns}} in it")
    answer: str = Field(description="the column of the answer, or of a list of good ones")
    match: Literal["exact", "contains", "regex", "number"] = Field(
        "exact", description="exact and contains heed neither case nor punctuation; number takes the last one"
    )
    max_tokens: int = Field(32, ge=1)
    stop: list[str] = Field(default_factory=list, description="what ends an answer, such as a blank line")
    chat: bool | None = Field(None, description="use the chat template (default: if the model has one)")
    category: str | None = None

    @property
    def columns(self) -> list[str]:
        """Columns that rows must have."""
        own = [self.answer, *columns_of(self.prompt), *([self.category] if self.category else [])]
        return [*super().columns, *own]


class Preferences(Rows):
    """Which of two answers is held for the better one: by a reward model's scores, else by log-likelihood per token."""

    name: Name = None
    prompt: str = Field("prompt", description="a column (a text or turns), or text with {{columns}} in it")
    chosen: str = Field("chosen", description="the column of the better answer, a text or turns")
    rejected: str = "rejected"
    chat: bool = Field(False, description="put plain texts into the chat template")
    category: str | None = None

    @property
    def columns(self) -> list[str]:
        """Columns that rows must have."""
        own = [*columns_of(self.prompt), self.chosen, self.rejected]
        return [*super().columns, *own, *([self.category] if self.category else [])]


class LmEval(Settings):
    """Tasks of lm-evaluation-harness, where it is installed."""

    name: Name = None
    tasks: list[str] = Field(min_length=1)
    limit: int | None = Field(None, ge=1, description="documents of each task")
    shots: int | None = Field(None, ge=0, description="examples in the prompt (default: the task's own)")


class Prompts(Rows):
    """Prompts of one kind."""

    prompt: str = Field("prompt", description="a column, or text with {{columns}} in it")
    category: str | None = Field(None, description="a column whose values are reported apart")

    @property
    def columns(self) -> list[str]:
        """Columns that rows must have."""
        own = [self.category] if self.category else []
        return [*super().columns, *columns_of(self.prompt), *own]


class Safety(Settings):
    """Refusing what is harmful, answering what only looks so."""

    harmful: Prompts
    harmless: Prompts
    attacks: list[Attack] = Field(
        list(ATTACKS), description="rephrasings of the harmful prompts that are tried too"
    )
    by: list[Literal["generation", "likelihood"]] = Field(
        ["generation", "likelihood"],
        min_length=1,
        description="what it writes, or which reply it holds likelier",
    )
    max_tokens: int = Field(32, ge=1)
    chat: bool | None = Field(None, description="use the chat template (default: if the model has one)")


class Toxicity(Settings):
    """Listed words in continuations."""

    prompts: Prompts | None = Field(None, description="provoking prompts (default: a few of our own)")
    max_tokens: int = Field(24, ge=1)


class Bias(Rows):
    """Sentence pairs that differ in whom they speak of (CrowS-Pairs)."""

    more: str = Field("sent_more", description="the column of the sentence with the stereotype")
    less: str = Field("sent_less", description="the column of the other")
    category: str | None = None

    @property
    def columns(self) -> list[str]:
        """Columns that rows must have."""
        return [*super().columns, self.more, self.less, *([self.category] if self.category else [])]


class Probes(Settings):
    """Crude probes: see docs/evaluation.md for what they do not tell."""

    toxicity: Toxicity | None = None
    bias: Bias | None = None
