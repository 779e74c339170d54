"""A reward model: one score for a whole text, higher for the answers that were chosen."""

from __future__ import annotations

from typing import Any

from train.objective import Job, objective, sized
from train.objectives.dpo import common
from train.tables import table


# 3e-6 at 8B: the rate of Tulu 3's reward models (RewardBench 2, arXiv:2506.01937, where most of the best have it).
@objective(
    forms=("preference",),
    rate=sized(3e-6),
    schedule="linear",
    warmup=0.03,
    floor=0.0,
    epochs=1,
    decay=0.0,
    kind="reward",
)
def reward(job: Job, *, centre: float = 0.01) -> Any:
    """Score chosen answers above rejected ones (Bradley and Terry; InstructGPT, arXiv:2203.02155).

    Args:
        centre: weight of a term that keeps scores around 0 (arXiv:2312.09244, TRL advises 0.01).
    """
    from trl import RewardConfig, RewardTrainer

    rows = table(job, ("prompt", "chosen", "rejected"), (("prompt", "chosen"), ("prompt", "rejected")))
    arguments = job.arguments(center_rewards_coefficient=centre, **common(job))
    return RewardTrainer(
        model=job.model, args=RewardConfig(**arguments), train_dataset=rows, processing_class=job.tokenizer
    )
