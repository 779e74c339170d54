"""A stage's settings, all of them: what is written, and for the rest the default by objective, size and device."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from train.config import Schedule, TrainConfig, shares
from train.objective import Objective

#: Tokens of a forward pass where micro_batch is not given: small enough for a CPU's caches, large enough for a card.
TOKENS_AT_ONCE = {"cpu": 8_192, "cuda": 32_768}
#: What a schedule ends at where it is not the objective's own: 0.1, but for these.
FLOORS = {"linear": 0.0}


@dataclass(frozen=True)
class Settings:
    """Nothing is left open here."""

    sequence_length: int
    batch_size: int
    micro_batch: int
    accumulate: int
    learning_rate: float
    schedule: Schedule
    weight_decay: float
    tokens: int | None
    epochs: float | None
    shares: list[float] | None
    device: str
    devices: int
    bf16: bool
    compile: bool
    checkpoint_every: int | None
    limit: int | None

    def told(self) -> dict[str, Any]:
        """For manifests, as plain data."""
        return asdict(self) | {"schedule": self.schedule.model_dump()}


def resolve(
    config: TrainConfig, objective: Objective, parameters: int, device: str, limit: int | None = None
) -> Settings:
    """`parameters` are those of the whole model; `limit` is a number of steps at most."""
    light = config.adapter.name != "full"
    rate = objective.rate(parameters) * (objective.adapter_rate if light else 1.0)
    per_device = max(1, config.batch_size // config.devices)
    most = config.micro_batch or max(1, TOKENS_AT_ONCE[device] // config.sequence_length)
    micro = next(n for n in range(min(most, per_device), 0, -1) if per_device % n == 0)
    epochs = config.epochs if config.epochs or config.tokens else objective.epochs or 1.0
    return Settings(
        sequence_length=config.sequence_length,
        batch_size=config.batch_size,
        micro_batch=micro,
        accumulate=per_device // micro,
        learning_rate=config.learning_rate or float(f"{rate:.2g}"),
        schedule=scheduled(config.schedule, objective),
        weight_decay=config.weight_decay
        if config.weight_decay is not None
        else (0.0 if light else objective.decay),
        tokens=config.tokens,
        epochs=epochs,
        shares=shares(config.data),
        device=device,
        devices=config.devices,
        bf16=config.precision == "bf16" or (config.precision == "auto" and device == "cuda"),
        compile=config.compile if config.compile is not None else device == "cuda",
        checkpoint_every=config.checkpoint_every,
        limit=limit,
    )


def scheduled(given: Schedule | None, objective: Objective) -> Schedule:
    """What is given; the rest is the objective's. Of another schedule than the objective's, the floor is its own."""
    written = given.model_dump(exclude_unset=True) if given else {}
    name = written.get("name", objective.schedule)
    floor = objective.floor if name == objective.schedule else FLOORS.get(name, 0.1)
    return Schedule.model_validate({"name": name, "warmup": objective.warmup, "floor": floor} | written)
