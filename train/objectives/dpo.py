"""Learning from preferences: DPO and its kin on pairs, KTO on single answers that are good or bad."""

from __future__ import annotations

import copy
from typing import Any, Literal

from curate.errors import ConfigError
from train.objective import Job, objective, sized
from train.tables import has, table

#: Losses on pairs with their usual beta: DPO (arXiv:2305.18290), length-normalised DPO (Tulu 3), IPO
#: (arXiv:2310.12036), SLiC's hinge (arXiv:2305.10425), APO (arXiv:2408.06266); 0.1 is TRL's for all others.
PAIRED = {"sigmoid": 0.1, "sigmoid_norm": 5.0, "ipo": 0.1, "hinge": 0.1, "apo_zero": 0.1, "apo_down": 0.1}
#: On single answers: KTO (arXiv:2402.01306), APO.
UNPAIRED = {"kto": 0.1, "apo_zero_unpaired": 0.1}
Loss = Literal["sigmoid", "sigmoid_norm", "ipo", "hinge", "apo_zero", "apo_down", "kto", "apo_zero_unpaired"]


@objective(
    forms=("preference", "unpaired"),
    rate=sized(5e-7),
    schedule="linear",
    warmup=0.1,
    floor=0.0,
    epochs=1,
    decay=0.0,
)
def dpo(job: Job, *, beta: float | None = None, loss: Loss | None = None, sft: float = 0.0) -> Any:
    """Prefer one answer to another (columns prompt, chosen, rejected), or good ones to bad (prompt, completion, label).

    The reference is the model as the stage begins; of an adapter, the model below it.

    Args:
        beta: how close to the reference to stay (default: 0.1, and 5 for sigmoid_norm).
        loss: sigmoid (DPO), sigmoid_norm (DPO per token, Tulu 3), ipo, hinge, apo_zero, apo_down on pairs; kto,
            apo_zero_unpaired on single answers, and on pairs taken apart (default: sigmoid, or kto by the columns).
        sft: weight of the plain loss on chosen answers beside it, which keeps them likely (arXiv:2404.19733).
    """
    paired = has(job, ("prompt", "chosen", "rejected"))
    loss = loss or ("sigmoid" if paired else "kto")
    beta = (PAIRED | UNPAIRED)[loss] if beta is None else beta
    job.notes["objective"] = {"beta": beta, "loss": loss}
    if loss in UNPAIRED:
        if sft:
            raise ConfigError(f"{job.name}: sft goes with a loss on pairs, not with {loss}")
        return _unpaired(job, loss, beta, paired)
    if not paired:
        raise ConfigError(
            f"{job.name}: loss {loss} compares pairs (prompt, chosen, rejected): use kto for single answers"
        )
    from trl import DPOConfig, DPOTrainer

    rows = table(job, ("prompt", "chosen", "rejected"), (("prompt", "chosen"), ("prompt", "rejected")))
    arguments = job.arguments(
        beta=beta,
        loss_type=[loss, *(["sft"] if sft else [])],
        loss_weights=[1.0, *([sft] if sft else [])],
        **common(job),
    )
    return _against_start(job, DPOTrainer, DPOConfig(**arguments), rows)


def common(job: Job) -> dict[str, Any]:
    """Arguments of TRL's trainers on tables: rows in their order, whole; no compiling, since lengths differ."""
    return {
        "max_length": job.settings.sequence_length,
        "train_sampling_strategy": "sequential",
        "torch_compile": False,
    }


def _unpaired(job: Job, loss: str, beta: float, paired: bool) -> Any:
    from trl import KTOConfig, KTOTrainer
    from trl.data_utils import unpair_preference_dataset

    if paired:
        rows = table(job, ("prompt", "chosen", "rejected"), (("prompt", "chosen"), ("prompt", "rejected")))
        rows = job.reads(unpair_preference_dataset(rows).shuffle(seed=job.seed % 2**32))
    else:
        rows = table(job, ("prompt", "completion", "label"), (("prompt", "completion"),))
    good = sum(rows["label"])
    desirable, undesirable = balance(good, len(rows) - good)
    job.notes["kto"] = {
        "desirable": good,
        "undesirable": len(rows) - good,
        "weights": [desirable, undesirable],
    }
    arguments = job.arguments(
        beta=beta, loss_type=loss, desirable_weight=desirable, undesirable_weight=undesirable, **common(job)
    )
    return _against_start(job, KTOTrainer, KTOConfig(**_several(job, arguments)), rows)


def balance(good: int, bad: int) -> tuple[float, float]:
    """Weights of good and bad answers, so that the good count 1 to 4/3 times as much (KTO, section 4.2)."""
    if not good or not bad:
        return 1.0, 1.0
    ratio = good / bad
    return (round(1 / ratio, 4), 1.0) if ratio < 1 else (1.0, round(max(1.0, ratio * 3 / 4), 4))


def _several(job: Job, arguments: dict[str, Any]) -> dict[str, Any]:
    """KTO takes the other answers of a forward pass as its estimate of the drift: there must be two."""
    if arguments["per_device_train_batch_size"] > 1:
        return arguments
    each = job.settings.batch_size // job.settings.devices
    if each % 2:
        raise ConfigError(
            f"{job.name}: kto needs two rows in a forward pass: batch_size must be even on each device"
        )
    return arguments | {"per_device_train_batch_size": 2, "gradient_accumulation_steps": each // 2}


def _against_start(job: Job, trainer: Any, arguments: Any, rows: Any) -> Any:
    """A trainer whose reference is the model before any step."""
    light = hasattr(job.model, "peft_config")
    # TRL would load the reference from the model's address, without tokens that were added to it since.
    reference = None if light else copy.deepcopy(job.model).requires_grad_(False)
    made = trainer(
        model=job.model,
        ref_model=reference,
        args=arguments,
        train_dataset=rows,
        processing_class=job.tokenizer,
    )
    below(made.model)
    return made


def below(model: Any) -> None:
    """Let the reference of an adapted model be the plain one: TRL keeps a copy of the untrained adapter for it, which
    is the same for LoRA and takes a second one along, and is not for prefixes, which begin at random."""
    if "ref" in getattr(model, "peft_config", {}):
        model.delete_adapter("ref")
