"""What of a model is trained: all, an adapter, or less by freezing; its mean with the start; adapters combined."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from curate.errors import ConfigError

#: The folder of prefixes in that of their model.
PREFIX = "prefix"
#: How LoRA adapters are combined, with PEFT's names. cat and svd work on whole differences (B A): cat is their exact
#: sum, svd the nearest one of the largest rank among them. The others work on A and B apart, so that their product
#: has mixed terms (linear of two is not the sum of two), and on equal ranks: lower ones are filled up with zeros.
COMBINATIONS = {"cat": "cat", "linear": "linear", "svd": "svd", "ties": "ties", "dare": "dare_linear"}


class Adapter(BaseModel):
    """`adapter:` of a stage: full, or {lora: {rank: 16}}, {dora: …}, {prefix: {tokens: 16}}."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["full", "lora", "dora", "prefix"] = "full"
    rank: int = Field(
        16, ge=1, description="of lora and dora (Biderman et al., arXiv:2405.09673: 256 comes near full)"
    )
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
    if hasattr(model, "peft_config"):
        raise ConfigError(
            "the start has prefixes, and training cannot go on from them: start from the model below"
        )
    if adapter.name == "full":
        return model
    from peft import LoraConfig, PrefixTuningConfig, TaskType, get_peft_model

    task = {"causal": TaskType.CAUSAL_LM, "reward": TaskType.SEQ_CLS, "masked": None}[kind]
    if adapter.name == "prefix":
        if kind != "causal":
            raise ConfigError(
                "adapter prefix is for models that continue text, not for this objective: use lora"
            )
        return get_peft_model(model, PrefixTuningConfig(task_type=task, num_virtual_tokens=adapter.tokens))
    config = LoraConfig(
        task_type=task,
        r=adapter.rank,
        lora_alpha=adapter.alpha or 2 * adapter.rank,  # type: ignore[arg-type]  # a fraction will do
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
    """The plain model that an adapted one stands for; of prefixes, which no weights express, the one below them."""
    if not hasattr(model, "peft_config"):
        return model
    return model.get_base_model() if prefixed(model) else model.merge_and_unload()


def prefixed(model: Any) -> bool:
    """Whether the model has prefixes before what it reads."""
    from peft import PeftType

    configs = getattr(model, "peft_config", {}).values()
    return any(config.peft_type == PeftType.PREFIX_TUNING for config in configs)


def save_beside(model: Any, folder: Path) -> None:
    """Beside a saved plain model, the prefixes that belong to it; nothing for other models."""
    if prefixed(model):
        model.save_pretrained(folder / PREFIX)


def load_beside(model: Any, folder: str) -> Any:
    """A loaded plain model with the prefixes that were saved beside it, if there are any."""
    if not (Path(folder) / PREFIX / "adapter_config.json").is_file():
        return model
    from peft import PeftModel

    return PeftModel.from_pretrained(model, str(Path(folder) / PREFIX))


def averaged(model: Any, start: dict[str, Any], weight: float) -> None:
    """The mean of the trained weights (`weight`) and those it started from, in place (WiSE-FT, arXiv:2109.01903)."""
    import torch

    if not start.keys() & {name for name, _ in model.named_parameters()}:
        raise ConfigError("average: the trained model has none of the parameters that it started with")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in start:
                parameter.mul_(weight).add_(start[name].to(parameter), alpha=1 - weight)


def adapter_of(address: str) -> Path:
    """The folder of a stage's adapter, or the folder itself.

    Raises:
        ConfigError: there is none.
    """
    for folder in (Path(address) / "adapter", Path(address)):
        if (folder / "adapter_config.json").is_file():
            return folder
    raise ConfigError(
        f"{address}: no adapter is there (adapter_config.json): train one with `adapter: {{lora: …}}`"
    )


def together(model: Any, folders: Mapping[str, str]) -> Any:
    """`model` with several LoRA adapters on it by their names; the first one is active.

    Raises:
        ConfigError: one is no LoRA adapter, or does not fit the model.
    """
    from peft import PeftConfig, PeftModel, PeftType

    made = None
    for name, address in folders.items():
        folder = str(adapter_of(address))
        if PeftConfig.from_pretrained(folder).peft_type != PeftType.LORA:
            raise ConfigError(f"{address}: only LoRA and DoRA adapters stand in company")
        try:
            if made is None:
                made = PeftModel.from_pretrained(model, folder, adapter_name=name)
            else:
                made.load_adapter(folder, adapter_name=name)
        except (RuntimeError, ValueError) as error:
            told = str(error).strip().splitlines()[0]
            raise ConfigError(f"{address}: the adapter does not fit the base: {told}") from None
    return made.eval() if made is not None else model


def combined(
    model: Any,
    names: Sequence[str],
    method: str,
    weights: Sequence[float] | None = None,
    *,
    density: float = 0.5,
    seed: int = 0,
) -> str:
    """Add to `model` the adapter that `method` (see COMBINATIONS) makes of those called `names`; its name.

    Raises:
        ConfigError: one is a DoRA adapter, whose magnitudes no such method knows.
    """
    import torch

    for name in names:
        if model.peft_config[name].use_dora:
            told = "the objective merge with task_arithmetic adds its whole difference from the base"
            raise ConfigError(f"{name} is a DoRA adapter, and {method} would lose its magnitudes: {told}")
    if method not in ("cat", "svd"):
        most = max(model.peft_config[name].r for name in names)
        for name in names:
            padded(model, name, most)
    new = f"{method}({'+'.join(names)})".replace(".", "_")
    more = {"density": density} if method in ("ties", "dare") else {}
    torch.manual_seed(seed)
    shares = list(weights or [1.0] * len(names))
    model.add_weighted_adapter(list(names), shares, new, combination_type=COMBINATIONS[method], **more)
    return new


def padded(model: Any, name: str, rank: int) -> None:
    """Give the LoRA adapter `name` a rank of `rank` by rows and columns of zeros, in place: the same difference to the
    bit, since its scaling stays what it is."""
    import torch
    from peft.tuners.lora import LoraLayer

    config = model.peft_config[name]
    if config.rank_pattern or config.alpha_pattern:
        raise ConfigError(f"{name} has layers of different ranks: combine it by cat or svd")
    if config.r == rank:
        return
    for layer in model.modules():
        if not isinstance(layer, LoraLayer) or name not in layer.lora_A:
            continue
        a, b = layer.lora_A[name], layer.lora_B[name]
        down: torch.Tensor = a.weight.data  # type: ignore[assignment]
        up: torch.Tensor = b.weight.data  # type: ignore[assignment]
        more = rank - layer.r[name]
        a.weight = torch.nn.Parameter(torch.cat([down, down.new_zeros(more, down.shape[1])]))
        b.weight = torch.nn.Parameter(torch.cat([up, up.new_zeros(up.shape[0], more)], 1))
        layer.r[name] = rank
    config.lora_alpha, config.r = config.lora_alpha * rank / config.r, rank
