"""A stage of kind train as written: what it starts from, what it sees, how it learns, what it is measured by."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from train.adapters import Adapter, AdapterKey
from train.audit.canaries import CanarySettings
from train.gate import Limits

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "g": 10**9, "t": 10**12}


def _amount(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*([\d._]{1,20})\s*([kKmMbBgGtT]?)\s*", value)
    if not found:
        raise ValueError("an amount of tokens is a number or like '500k', '2M', '1.5B'")
    return int(float(found[1].replace("_", "")) * _UNITS[found[2].lower()])


#: A number of tokens: 2000000 or "2M".
Tokens = Annotated[int, BeforeValidator(_amount), Field(gt=0)]


class Strict(BaseModel):
    """No key that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, protected_namespaces=())


class Preset(Strict):
    """A model made from scratch."""

    preset: Literal["tiny", "small", "125m", "1b"] = Field(
        description="about 1.4M, 22M, 125M, 1.1B parameters"
    )
    vocabulary: int | None = Field(
        None, ge=300, description="tokens of the tokenizer that is trained on the stage's data (by preset)"
    )
    tokenizer: str | None = Field(None, description="a tokenizer instead: a stage, a folder or hf://")
    context: int | None = Field(
        None, ge=16, description="longest sequence (default: sequence_length, 2048 at least)"
    )


class Data(Strict):
    """One source of a mixture."""

    from_: str = Field(
        alias="from", description="a stage, an artefact's folder, Parquet, JSONL or text files"
    )
    name: str | None = Field(
        None, description="what it is called in logs and reports (default: what `from` names)"
    )
    share: float | None = Field(
        None, gt=0, le=1, description="of all tokens (default: what the others leave)"
    )
    split: str | None = Field(None, description="only rows whose column `split` says this")
    max_epochs: float = Field(
        4.0, gt=0, description="times that it may be read (arXiv:2305.16264: 4 cost little)"
    )
    license: str | None = Field(None, description="of rows that name none (SPDX), for the model's card")
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="our names (text, messages, prompt, …) and the files' own where they differ",
    )


class Anneal(Strict):
    """The last part of training on other data, while the learning rate falls (arXiv:2403.08763, OLMo 2)."""

    share: float = Field(0.2, gt=0, lt=1, description="of all tokens")
    data: list[Data] = Field(min_length=1)


class Schedule(Strict):
    """The learning rate over the steps, as parts of the highest. What a stage leaves out comes from its objective
    (`train.settings`)."""

    name: Literal["cosine", "linear", "wsd", "infinite", "constant"] = "cosine"
    warmup: float = Field(0.01, ge=0, lt=1, description="share of the steps in which it rises from 0")
    floor: float = Field(0.1, ge=0, le=1, description="what it ends at")
    decay: float = Field(
        0.2, gt=0, le=1, description="of wsd and infinite: share of the steps in which it falls"
    )


def _schedule(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class TrainConfig(Strict):
    """A stage of kind train as written."""

    kind: Literal["train"] = "train"
    objective: Any = Field(description="a name, or {name: parameters}: see `curate steps`")
    model: str | Preset | list[str] = Field(
        description="what it starts from: a stage, a folder, hf://owner/name@revision or {preset: tiny}"
    )
    data: list[Data] = Field(default_factory=list)
    anneal: Anneal | None = None
    tokens: Tokens | None = Field(None, description="tokens to train on, in all")
    epochs: float | None = Field(None, gt=0, description="or passes over the first source")
    sequence_length: int = Field(512, ge=8, description="tokens of a row, at most")
    batch_size: int = Field(32, ge=1, description="rows per step of the optimiser, over all devices")
    micro_batch: int | None = Field(
        None, ge=1, description="rows per forward pass and device (default: by device)"
    )
    learning_rate: float | None = Field(
        None, gt=0, description="the highest (default: by objective and size)"
    )
    schedule: Annotated[Schedule, BeforeValidator(_schedule)] | None = None
    weight_decay: float | None = Field(None, ge=0)
    adapter: AdapterKey = Adapter()  # type: ignore[call-arg]
    freeze: list[str] = Field(
        default_factory=list, description="patterns of parameters that stay as they are"
    )
    average: float | None = Field(
        None, gt=0, lt=1, description="weight of the trained model in its mean with the starting one"
    )
    canaries: CanarySettings | None = None
    evaluate: Any = Field(description="general and domain measures, or {skip: why}")
    gate: Limits = Limits()  # type: ignore[call-arg]
    control: str | None = Field(None, description="a stage trained on as many other tokens, to compare with")
    devices: int = Field(1, ge=1, description="processes: one per GPU, or on the CPU")
    sharded: bool = Field(False, description="FSDP instead of DDP where there are several devices")
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    compile: bool | None = Field(None, description="torch.compile (default: on a GPU)")
    checkpoint_every: int | None = Field(None, ge=1, description="steps (default: a twentieth of them)")

    @property
    def sources(self) -> list[Any]:
        """None of its own in the engine's sense: it reads other stages' rows."""
        return []

    @model_validator(mode="after")
    def _amounts(self) -> TrainConfig:
        if self.tokens and self.epochs:
            raise ValueError("tokens and epochs both say how long: leave one out")
        anneal = self.anneal.data if self.anneal else []
        for data in (self.data, anneal):
            _shares(data)
        _names([*self.data, *anneal], bool(self.canaries))
        return self


def _names(data: list[Data], canaries: bool) -> None:
    """One name stands for one source, read in one way."""
    seen: dict[str, dict[str, Any]] = {"canaries": {}} if canaries else {}
    for entry in data:
        name = entry.name or entry.from_
        how = entry.model_dump(by_alias=True, exclude={"name", "share"})
        first = seen.setdefault(name, how)
        if other := [key for key in how if first.get(key) != how[key]]:
            told = "the planted canaries and a source of data" if not first else "two sources of data"
            more = f", and differ in {', '.join(other)}" if first else ""
            raise ValueError(f"{told} are called '{name}'{more}: give one a name of its own, name: …")


def _shares(data: list[Data]) -> None:
    given = [entry.share for entry in data if entry.share is not None]
    if len(given) == len(data) and data and abs(sum(given) - 1) > 1e-6:
        raise ValueError(
            f"the shares of data add up to {sum(given):g}, not 1: leave one out, which takes the rest"
        )
    if len(data) - len(given) > 1 and given:
        raise ValueError("at most one source takes the rest: give the others a share")
    if len(given) < len(data) and sum(given) >= 1:
        raise ValueError("the shares leave nothing for the source that has none")


def shares(data: list[Data]) -> list[float] | None:
    """Each source's share; None where none is given (then each is read as often as the others)."""
    given = [entry.share for entry in data if entry.share is not None]
    if not given:
        return [1.0] if len(data) == 1 else None
    rest = round(1 - sum(given), 12)
    return [rest if entry.share is None else entry.share for entry in data]
