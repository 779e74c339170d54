"""Reinforcement learning: answers are sampled, scored by a reward model or by rewards that can be verified."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from curate.errors import ConfigError
from train import rewards as verifiable
from train.objective import Job, objective, sized
from train.objectives.dpo import below
from train.tables import has, said, table

#: Answers per prompt, and weight of the KL divergence from the start: TRL's.
ANSWERS, KL = {"grpo": 8, "rloo": 2}, {"grpo": 0.0, "rloo": 0.05}
#: Columns that may hold what a good answer says, and what it is to cite.
REFERENCES, PASSAGES = ("reference", "answer", "completion", "chosen"), ("passage", "context")


def _known(given: dict[str, Any]) -> dict[str, Any]:
    for name, more in given.items():
        try:
            verifiable.load(name, _parameters(more))
        except ConfigError as error:
            raise ValueError(str(error)) from None
    return given


def _parameters(entry: Any) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != "weight"} if isinstance(entry, dict) else {}


Rewards = Annotated[dict[str, float | dict[str, Any]], AfterValidator(_known)]


# Rate and schedule are those of Tulu 3's RL at 8B, one with the other; linear without a warm-up is TRL's default, too.
@objective(
    forms=("prompt", "prompt_completion", "preference", "unpaired"),
    rate=sized(3e-7),
    schedule="linear",
    warmup=0.0,
    floor=0.0,
    epochs=1,
    decay=0.0,
)
def rl(
    job: Job,
    *,
    method: Literal["grpo", "rloo"] = "grpo",
    reward: str | None = None,
    rewards: Rewards | None = None,
    answers: int | None = None,
    answer_tokens: int = 256,
    temperature: float = 1.0,
    beta: float | None = None,
) -> Any:
    """Answer so as to be rewarded: GRPO (arXiv:2402.03300, with the loss of DAPO, arXiv:2503.14476, as TRL has it), or
    RLOO (arXiv:2402.14740). `batch_size` counts answers; those of a prompt are in one batch.

    Args:
        method: grpo or rloo.
        reward: a reward model: a stage, a folder or hf://; its score has weight 1.
        rewards: verifiable ones by name with their weights, as {cites_evidence: 1, brief: {words: 90, weight: 0.2}}
            (train/rewards.py, or a dotted path); `reference` and `passage` are columns of the data.
        answers: sampled for each prompt (default: 8, rloo 2).
        answer_tokens: of an answer at most; prompts have the rest of `sequence_length`.
        temperature: of sampling.
        beta: weight of the KL divergence from the model at the start (default: 0, rloo 0.05; Tulu 3 has 0.05 or less).
    """
    import trl

    count = answers or ANSWERS[method]
    beta = KL[method] if beta is None else beta
    job.notes["objective"] = {"answers": count, "beta": beta}
    if job.settings.batch_size % count:
        raise ConfigError(
            f"{job.name}: batch_size {job.settings.batch_size} holds no whole number of {count} answers"
        )
    if answer_tokens >= job.settings.sequence_length:
        raise ConfigError(
            f"{job.name}: answer_tokens {answer_tokens} leaves no room in sequence_length for the prompt"
        )
    scores = _scores(job, reward, rewards or {}, answer_tokens)
    rows = _rows(job, answer_tokens, count)
    if len(rows) < job.settings.batch_size // count:
        told = f"{len(rows)} prompts are fewer than one batch takes ({job.settings.batch_size // count})"
        raise ConfigError(f"{job.name}: {told}: lower batch_size, or raise answers")
    trainer, config = (getattr(trl, f"{method.upper()}{end}") for end in ("Trainer", "Config"))
    arguments = job.arguments(
        num_generations=count,
        max_completion_length=answer_tokens,
        temperature=temperature,
        beta=beta,
        reward_weights=[weight for _, weight in scores],
        torch_compile=False,
    )
    with _start_as_reference(job.model, trainer):
        made = trainer(
            model=job.model,
            reward_funcs=[function for function, _ in scores],
            args=config(**arguments),
            train_dataset=rows,
            processing_class=job.tokenizer,
        )
    below(made.model)
    return made


@contextmanager
def _start_as_reference(model: Any, trainer: Any) -> Iterator[None]:
    """Let the reference of a trainer that is made be a copy of the model: TRL takes none from outside, and would load
    one from the model's address, without its revision and the tokens that were added to it."""
    module: Any = importlib.import_module(trainer.__module__)
    loads = module.create_model_from_path
    module.create_model_from_path = lambda *_, **__: copy.deepcopy(model).requires_grad_(False)
    try:
        yield
    finally:
        module.create_model_from_path = loads


def _rows(job: Job, answer_tokens: int, count: int) -> Any:
    """Prompts, with the columns that rewards read."""
    found = {
        role: next((name for name in names if has(job, (name,))), None)
        for role, names in (("reference", REFERENCES), ("passage", PASSAGES))
    }
    extra = {role: name for role, name in found.items() if name}
    rows = table(job, ("prompt", *extra.values()), (("prompt",),), less=answer_tokens, each=count)
    return rows.rename_columns({name: role for role, name in extra.items() if name != role})


Score = Callable[..., list[float]]


def _scores(job: Job, model: str | None, named: dict[str, Any], most: int) -> list[tuple[Score, float]]:
    """Functions as TRL calls them, with their weights."""
    out = [(_by_model(job.address(model), most), 1.0)] if model else []
    for name, entry in named.items():
        if name.endswith("contains_answer") and not any(has(job, (column,)) for column in REFERENCES):
            raise ConfigError(f"{job.name}: contains_answer needs a column {', '.join(REFERENCES)}")
        weight = entry.get("weight", 1.0) if isinstance(entry, dict) else entry
        out.append((_by_rule(name, verifiable.load(name, _parameters(entry))), float(weight)))
    if not out:
        raise ConfigError(
            f"{job.name}: say what is rewarded: reward: a model, or rewards: {{cites_evidence: 1}}"
        )
    return out


def _by_rule(name: str, rule: Callable[[str, dict[str, str]], float]) -> Score:
    def scored(prompts: list[Any], completions: list[Any], **columns: Any) -> list[float]:
        known = {key: columns[key] for key in ("reference", "passage") if key in columns}
        rows = [
            {"prompt": said(prompt)} | {k: said(v[i]) for k, v in known.items()}
            for i, prompt in enumerate(prompts)
        ]
        return [rule(said(answer), row) for answer, row in zip(completions, rows, strict=True)]

    scored.__name__ = name.rpartition(".")[2]
    return scored


def _by_model(address: str, most: int) -> Score:
    """Scores of a reward model, of texts as it was trained on: in its template; plain ones with their end, unless they
    were cut after `most` tokens."""
    from accelerate import PartialState

    from train.evaluate.preferences import rewards
    from train.models import kind_of, load

    if (kind := kind_of(address)) != "reward":
        raise ConfigError(
            f"{address} is no reward model but a {kind} one: train one with the objective reward"
        )
    model, tokenizer = load(address, kind="reward")
    model.requires_grad_(False)

    def scored(
        prompts: list[Any], completions: list[Any], completion_ids: list[Any], **columns: Any
    ) -> list[float]:
        model.to(PartialState().device)
        texts = []
        for prompt, answer, ids in zip(prompts, completions, completion_ids, strict=True):
            if isinstance(prompt, str):
                texts.append((prompt + answer + (tokenizer.eos_token if len(ids) < most else ""), True))
            else:
                texts.append((tokenizer.apply_chat_template(prompt + answer, tokenize=False), False))
        return rewards(model, tokenizer, texts)

    scored.__name__ = "model"
    return scored
