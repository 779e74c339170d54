"""Models merged by their weights: nothing is learnt. The chat vector gives a model its manners back."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from curate.errors import ConfigError
from train.objective import Job, objective

Method = Literal["task_arithmetic", "linear", "ties", "dare_ties", "slerp"]
#: Methods that add differences from a common base; the share of each difference that they keep by default
#: (TIES: 0.2; DARE: 0.1 to 0.5 lose little).
ON_BASE = {"task_arithmetic": 1.0, "ties": 0.2, "dare_ties": 0.5}
#: Ends of the names of tensors with a row for each token.
BY_TOKEN = tuple(
    f"{end}.weight" for end in "embed_tokens lm_head wte word_embeddings embed_in embed_out".split()
)
#: Below this angle (as its sine) a spherical mean is the straight one.
STRAIGHT = 1e-4


@objective(merges=True)
def merge(
    job: Job,
    *,
    method: Method,
    base: str | None = None,
    weights: list[float] | None = None,
    density: float | None = None,
) -> Any:
    """Make one model of those that `model:` lists, tensor by tensor.

    Args:
        method: task_arithmetic adds the models' differences from `base` to it (arXiv:2212.04089): of [domain, chat] on
            the base of both it is the chat vector, domain + chat - base (arXiv:2310.04799). linear is the weighted mean
            (arXiv:2203.05482), slerp that of two on a sphere. ties keeps each difference's largest parts and of these
            the mean of those that agree in sign (arXiv:2306.01708); dare_ties keeps random parts, scaled up
            (arXiv:2311.03099).
        base: what the models began from, a stage, a folder or hf://; for task_arithmetic, ties, dare_ties.
        weights: of the models (default: 1 each; linear and slerp scale them to a sum of 1).
        density: share of each difference that ties (0.2) and dare_ties (0.5) keep.
    """
    names = job.config.model if isinstance(job.config.model, list) else [job.config.model]
    _check(job.name, method, base, weights, density, len(names))
    given = [Weights(job.address(name), name) for name in names]
    under = Weights(job.address(base), base) if base else None
    everyone = [*given, *([under] if under else [])]
    for other in everyone[1:]:
        same_tokens(given[0], other)
        same_tensors(given[0], other)
    shares = weights or [1.0] * len(names)
    if method in ("linear", "slerp"):
        shares = [share / sum(shares) for share in shares]
    kept = ON_BASE.get(method, 1.0) if density is None else density
    trims = method in ("ties", "dare_ties")
    job.notes["objective"] = {"weights": shares, "density": kept if trims else None}
    return filled(given[0], under, given, len(job.tokenizer), lambda name, start, tensors: _METHODS[method](
        tensors, shares, start, kept, job.seed ^ zlib.crc32(name.encode())
    ))  # fmt: skip


def _check(
    name: str, method: str, base: str | None, weights: list[float] | None, density: float | None, n: int
) -> None:
    if method in ON_BASE and base is None:
        raise ConfigError(f"{name}: {method} adds differences from a base: name it as base:")
    if method not in ON_BASE and base is not None:
        raise ConfigError(f"{name}: {method} knows no base: leave it out, or use task_arithmetic")
    if weights is not None and len(weights) != n:
        raise ConfigError(f"{name}: {len(weights)} weights for {n} models")
    if method in ("linear", "slerp") and weights is not None and not sum(weights) > 0:
        raise ConfigError(f"{name}: the weights of {method} must add up to more than 0")
    if method == "slerp" and n != 2:
        raise ConfigError(f"{name}: slerp lies between two models, and these are {n}")
    if density is not None and (method not in ("ties", "dare_ties") or not 0 < density <= 1):
        raise ConfigError(
            f"{name}: density is a share above 0 that ties and dare_ties keep, not for {method}"
        )


class Weights:
    """The safetensors of a model, read one tensor at a time."""

    def __init__(self, address: str, name: str):
        from train.models import path_of

        self.address, self.name = address, name
        place, revision = path_of(address)
        if not Path(place).is_dir():
            from huggingface_hub import snapshot_download

            place = snapshot_download(place, revision=revision, allow_patterns=["*.safetensors", "*.json"])
        if (Path(place) / "adapter_config.json").exists() or (Path(place) / "prefix").exists():
            raise ConfigError(f"{name} holds an adapter that no weights express: merge plain models")
        self.files: dict[str, Any] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        for file in sorted(Path(place).glob("*.safetensors")):
            opened = _open(file)
            for key in opened.keys():  # noqa: SIM118  (no mapping)
                self.files[key] = opened
                self.shapes[key] = tuple(opened.get_slice(key).get_shape())
        if not self.files:
            raise ConfigError(f"{name}: no safetensors are in {place}: save the model in that format")

    def __getitem__(self, key: str) -> Any:
        """A tensor in fp32, the precision in which differences are taken."""
        return self.files[key].get_tensor(key).float()


def _open(file: Path) -> Any:
    from safetensors import safe_open

    return safe_open(str(file), framework="pt")


def same_tokens(one: Weights, other: Weights) -> None:
    """Raises ConfigError where a token has one id here and another there: their rows would be mixed up."""
    from train.models import load_tokenizer

    left, right = (load_tokenizer(side.address).get_vocab() for side in (one, other))
    if odd := sorted(token for token in left.keys() | right.keys() if left.get(token) != right.get(token)):
        ids = f"{left.get(odd[0])} and {right.get(odd[0])}"
        told = f"{len(odd)} tokens differ, such as {odd[0]!r} ({ids})"
        raise ConfigError(
            f"{one.name} and {other.name} have different tokenizers, {told}: train both with one"
        )


def same_tensors(one: Weights, other: Weights) -> None:
    """Raises ConfigError naming a tensor that is on one side alone, or has another shape there; rows of embeddings may
    differ in number (padding of the vocabulary)."""
    if odd := sorted(one.shapes.keys() ^ other.shapes.keys()):
        side, lacks = (one, other) if odd[0] in one.shapes else (other, one)
        raise ConfigError(
            f"{lacks.name} has no tensor '{odd[0]}', which {side.name} has ({len(odd)} such): they cannot be merged"
        )
    for key, shape in one.shapes.items():
        there = other.shapes[key]
        if shape != there and not (_by_token(key) and shape[1:] == there[1:]):
            raise ConfigError(
                f"tensor '{key}' is {list(shape)} in {one.name} and {list(there)} in {other.name}"
            )


def _by_token(key: str) -> bool:
    return key.endswith(BY_TOKEN)


Combine = Callable[[str, Any, list[Any]], Any]


def filled(
    first: Weights, base: Weights | None, models: list[Weights], vocabulary: int, combine: Combine
) -> Any:
    """The first model with each tensor as `combine` (its name, the base's, all models') makes it. Rows of padding that
    not all have stay as they are in the first.

    Tensors are those of the files. Where the model holds them in another shape (experts of a mixture, which
    transformers puts into one tensor), it is made anew from all of them.
    """
    import torch

    from train.models import load

    model, _ = load(first.address)
    state, tensors = model.state_dict(), {}
    with torch.no_grad():
        for key, shape in first.shapes.items():
            sides = [m[key] for m in models]
            tensors[key] = state[key] if key in state else sides[0].clone()
            under = base[key] if base else None
            rows = min(len(t) for t in [*sides, *([under] if under is not None else [])]) if shape else None
            if rows is not None and rows < max(len(t) for t in sides) and rows < vocabulary:
                raise ConfigError(
                    f"tensor '{key}' has {rows} rows in one model, fewer than the {vocabulary} tokens"
                )
            if not sides[0].is_floating_point():
                continue
            made = combine(
                key,
                under if rows is None or under is None else under[:rows],
                [t if rows is None else t[:rows] for t in sides],
            )
            target = tensors[key] if rows is None else tensors[key][:rows]
            target.copy_(made.to(target))
    if tensors.keys() <= state.keys():
        return model
    return type(model).from_pretrained(None, config=model.config, state_dict=tensors, dtype=torch.float32)


def _arithmetic(tensors: list[Any], shares: list[float], base: Any, density: float, seed: int) -> Any:
    return base + sum(share * (tensor - base) for tensor, share in zip(tensors, shares, strict=True))


def _linear(tensors: list[Any], shares: list[float], base: Any, density: float, seed: int) -> Any:
    return sum(share * tensor for tensor, share in zip(tensors, shares, strict=True))


def _slerp(tensors: list[Any], shares: list[float], base: Any, density: float, seed: int) -> Any:
    """Between the directions of two tensors (Shoemake 1985); straight where they are nearly one line."""
    one, two = (tensor.flatten() for tensor in tensors)
    cosine = float((one @ two) / (one.norm() * two.norm()).clamp_min(1e-12))
    angle = math.acos(max(-1.0, min(1.0, cosine)))
    if math.sin(angle) < STRAIGHT:
        return _linear(tensors, shares, base, density, seed)
    parts = [math.sin(share * angle) / math.sin(angle) for share in shares]
    return parts[0] * tensors[0] + parts[1] * tensors[1]


def _ties(tensors: list[Any], shares: list[float], base: Any, density: float, seed: int) -> Any:
    return base + _agreed([_largest(tensor - base, density) for tensor in tensors], shares)


def _dare_ties(tensors: list[Any], shares: list[float], base: Any, density: float, seed: int) -> Any:
    import torch

    draw = torch.Generator().manual_seed(seed % 2**63)
    kept = [(t - base) * (torch.rand(t.shape, generator=draw) < density) / density for t in tensors]
    return base + _agreed(kept, shares)


def _largest(delta: Any, density: float) -> Any:
    """Its parts of largest size, the share `density` of them; the rest 0."""
    count = max(1, round(density * delta.numel()))
    if count >= delta.numel():
        return delta
    kept = delta.abs().flatten().topk(count).indices
    out = delta.new_zeros(delta.numel())
    out[kept] = delta.flatten()[kept]
    return out.view_as(delta)


def _agreed(deltas: list[Any], shares: list[float]) -> Any:
    """The weighted mean of those that have the sign of the sum, where they are not 0."""
    import torch

    weighed = torch.stack([delta * share for delta, share in zip(deltas, shares, strict=True)])
    sign = weighed.sum(0).sign()
    agree = (weighed.sign() == sign) & (weighed != 0)
    by = torch.tensor(shares).view(-1, *[1] * deltas[0].dim()).abs()
    return (weighed * agree).sum(0) / (by * agree).sum(0).clamp_min(1e-12)


_METHODS: dict[str, Callable[..., Any]] = {
    "task_arithmetic": _arithmetic,
    "linear": _linear,
    "slerp": _slerp,
    "ties": _ties,
    "dare_ties": _dare_ties,
}
