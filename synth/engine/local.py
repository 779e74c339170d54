"""A transformers model in this process, behind the same interface as servers: requests are gathered into batches.

Requests of equal sampling run together. Where sampling is random, the seed of a batch is made from its requests'
keys: the same requests in another grouping give other answers, so only greedy decoding repeats without the store.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from curate.errors import ConfigError, CurateError, RunError
from synth.engine.answer import Reply
from synth.engine.client import Refused
from synth.engine.pace import Pace
from synth.engine.request import Request
from synth.engine.settings import Sampling, Transformers

#: Seconds that a batch waits to fill: long against the loop, short against a generation.
_GATHER = 0.02
_HUB = "hf://"


def identity(settings: Transformers) -> tuple[str, str]:
    """Name and revision of the model: the commit on the Hub, or the hash of the folder's files.

    Reads every file once, as loading does. Raises ConfigError where there is no model.
    """
    folder = _folder(settings)
    name = (
        settings.name
        or settings.transformers.removeprefix(_HUB).partition("@")[0].rstrip("/").rpartition("/")[2]
    )
    if settings.transformers.startswith(_HUB):
        return name, folder.name  # a snapshot's folder is its commit
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0")
        with open(file, "rb") as handle:
            digest.update(hashlib.file_digest(handle, "sha256").digest())
    return name, digest.hexdigest()[:16]


def _folder(settings: Transformers) -> Path:
    given = settings.transformers
    if not given.startswith(_HUB):
        if not (Path(given) / "config.json").is_file():
            raise ConfigError(f"{given}: no model lies there (config.json is missing)")
        return Path(given)
    from huggingface_hub import snapshot_download

    repository, _, revision = given.removeprefix(_HUB).partition("@")
    try:
        return Path(snapshot_download(repository, revision=revision or None))
    except Exception as error:  # its families differ by version of the client
        raise ConfigError(f"{given}: {type(error).__name__}: {error}") from None


class Local:
    """The model, loaded at the first request; one batch runs at a time."""

    def __init__(self, settings: Transformers):
        self.settings = settings
        # Twice the batch under way: the next one fills while one runs.
        self.paces = [Pace(2 * settings.in_flight)]
        self._waiting: list[tuple[Request, asyncio.Future[Reply]]] = []
        self._worker: asyncio.Task[None] | None = None
        self._loaded: Any = None

    async def send(self, server: int, request: Request) -> Reply:
        """The answer to `request`, once its batch has run.

        Raises:
            Refused: the prompt is longer than the model's context. RunError: the model cannot be loaded or fails.
        """
        answered: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, answered))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await answered

    async def _work(self) -> None:
        while self._waiting:
            await asyncio.sleep(_GATHER)
            self._waiting = [pair for pair in self._waiting if not pair[1].done()]  # cancelled ones leave
            if not self._waiting:
                return
            sampling = self._waiting[0][0].sampling
            batch = [pair for pair in self._waiting if pair[0].sampling == sampling][
                : self.settings.in_flight
            ]
            self._waiting = [pair for pair in self._waiting if pair not in batch]
            try:
                replies = await asyncio.to_thread(self._generate, [request for request, _ in batch])
            except CurateError as error:
                replies = [error] * len(batch)
            except Exception as error:  # whatever a model's code raises
                told = RunError(f"{self.settings.transformers}: {type(error).__name__}: {error}")
                replies = [told] * len(batch)
            for (_, answered), reply in zip(batch, replies):
                if answered.done():
                    continue
                if isinstance(reply, Reply):
                    answered.set_result(reply)
                else:
                    answered.set_exception(reply)

    def _generate(self, requests: list[Request]) -> list[Reply | Exception]:
        import torch

        tokenizer, model = self._load()
        sampling = requests[0].sampling
        prompts = [
            tokenizer.apply_chat_template(
                [dict(turn) for turn in request.messages],
                tokenize=True,
                add_generation_prompt=True,
                return_dict=True,
            )["input_ids"]
            for request in requests
        ]
        context = getattr(model.config, "max_position_embeddings", None) or float("inf")
        fits = [len(prompt) + sampling.max_tokens <= context for prompt in prompts]
        out: list[Reply | Exception] = [
            Refused(
                f"{len(prompt)} tokens and max_tokens {sampling.max_tokens} exceed the context of {context}"
            )
            for prompt in prompts
        ]
        if not any(fits):
            return out
        keys = "".join(request.key for request, fit in zip(requests, fits) if fit)
        torch.manual_seed(int(hashlib.sha256(keys.encode()).hexdigest()[:15], 16))
        batch = tokenizer.pad(
            {"input_ids": [prompt for prompt, fit in zip(prompts, fits) if fit]}, return_tensors="pt"
        ).to(model.device)
        with torch.inference_mode():
            made = model.generate(**batch, **_options(sampling, tokenizer))
        rows = iter(made[:, batch["input_ids"].shape[1] :].tolist())
        for index, fit in enumerate(fits):
            if fit:
                out[index] = _reply(next(rows), len(prompts[index]), sampling, model, tokenizer)
        return out

    def _load(self) -> Any:
        if self._loaded is None:
            try:
                import torch
                from transformers import AutoModelForCausalLM, AutoTokenizer
            except ImportError:
                raise ConfigError(
                    "a local model needs torch and transformers: pip install 'curate[train]'"
                ) from None
            folder = _folder(self.settings)
            best = (
                "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
            )
            tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
            tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
            model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=self.settings.dtype)
            model.to(torch.device(self.settings.device or best))
            self._loaded = tokenizer, model.eval()
        return self._loaded

    async def close(self) -> None:
        """Let go of the model; a batch that runs is left to its end."""
        if self._worker:
            self._worker.cancel()
        self._loaded = None


def _options(sampling: Sampling, tokenizer: Any) -> dict[str, Any]:
    """`sampling` as `generate` takes it; what else it knows comes by `extra`."""
    options: dict[str, Any] = {"max_new_tokens": sampling.max_tokens, "pad_token_id": tokenizer.pad_token_id}
    if sampling.temperature == 0:
        options["do_sample"] = False
    else:
        options |= {
            "do_sample": True,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": 0,
        }
    if sampling.stop:
        options |= {"stop_strings": sampling.stop, "tokenizer": tokenizer}
    return options | sampling.extra


def _reply(row: list[int], prompt: int, sampling: Sampling, model: Any, tokenizer: Any) -> Reply:
    """One row of a batch up to its end; without an end, `max_tokens` was met."""
    given = model.generation_config.eos_token_id
    ends = {tokenizer.eos_token_id, *(given if isinstance(given, list) else [given])} - {None}
    end = next((index for index, token in enumerate(row) if token in ends), None)
    text = tokenizer.decode(row[:end], skip_special_tokens=True)
    # Rows that ended sooner than others are padded, which only an end of text tells from being cut off.
    stopped = [text.index(stop) for stop in sampling.stop if stop in text]
    return Reply(
        text=text[: min(stopped)] if stopped else text,
        finish_reason="stop" if stopped or end is not None else "length",
        tokens_in=prompt,
        tokens_out=len(row) if end is None else end + 1,
    )
