"""What of a model is trained: all of it, a low-rank or prefix adapter, or less by freezing; and its mean with the start."""

from __future__ import annotations

import fnmatch
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from curate.errors import ConfigError


class Adapter(BaseModel):
    """`adapter:` of a stage: full, or {lora: {rank: 16}}, {dora: …}, {prefix: {tokens: 16}}."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["full", "lora", "dora", "prefix"] = "full"
    rank: int = Field(16, ge=1, description="of lora and dora (Biderman et al., arXiv:2405.09673: 256 comes near full)")
    alpha: float | None = Field(None, gt=0, description="of lora and dora (default: twice the rank)")
    dropout: float = Field(0.0, ge=0, lt=1)
    modules: list[str] | Literal["all-linear"] = "all-linear"
    tokens: int = Field(16, ge=1, description="of prefix: virtual tokens before the text")


def _adapter(value: Any) -> Any:
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, dict) and len(value) == 1 and "name" not in value:
        ((name, more),) = value.items()
        return {"name": name, **(more or {})}
    return value


AdapterKey = Annotated[Adapter, BeforeValidator(_adapter)]


def adapted(model: Any, adapter: Adapter, kind: str = "causal") -> Any:
    """`model` with the adapter around it, alone trained; as it is for `full`. `kind` as `train.models.load` has it."""
    if adapter.name == "full":
        return model
    from peft import LoraConfig, PrefixTuningConfig, TaskType, get_peft_model

    task = {"causal": TaskType.CAUSAL_LM, "reward": TaskType.SEQ_CLS, "masked": None}[kind]
    if adapter.name == "prefix":
        if kind != "causal":
            raise ConfigError("adapter prefix is for models that continue text, not for this objective: use lora")
        return get_peft_model(model, PrefixTuningConfig(task_type=task, num_virtual_tokens=adapter.tokens))
    config = LoraConfig(
        task_type=task,
        r=adapter.rank,
        lora_alpha=adapter.alpha or 2 * adapter.rank,
        lora_dropout=adapter.dropout,
        target_modules=adapter.modules,
        use_dora=adapter.name == "dora",
    )
    return get_peft_model(model, config)


def frozen(model: Any, patterns: list[str]) -> None:
    """Leave parameters whose names match a pattern (`model.embed_tokens.*`) as they are.

    Raises:
        ConfigError: a pattern matches none, or nothing is left to train.
    """
    for pattern in patterns:
        found = [p for name, p in model.named_parameters() if fnmatch.fnmatch(name, pattern)]
        if not found:
            some = ", ".join(name for name, _ in list(model.named_parameters())[:4])
            raise ConfigError(f"freeze: no parameter is called like '{pattern}' (there are {some}, …)")
        for parameter in found:
            parameter.requires_grad_(False)
    if not any(p.requires_grad for p in model.parameters()):
        raise ConfigError("freeze: nothing is left to train")


def merged(model: Any) -> Any:
    """The plain model that an adapted one stands for; prefixes stay beside theirs, since no weights express them."""
    return model.merge_and_unload() if hasattr(model, "merge_and_unload") and _mergeable(model) else model


def _mergeable(model: Any) -> bool:
    from peft import PeftType

    return all(config.peft_type == PeftType.LORA for config in model.peft_config.values())


def averaged(model: Any, start: dict[str, Any], weight: float) -> None:
    """The mean of the trained weights (`weight`) and those it started from, in place (WiSE-FT, arXiv:2109.01903)."""
    import torch

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in start:
                parameter.mul_(weight).add_(start[name].to(parameter), alpha=1 - weight)
