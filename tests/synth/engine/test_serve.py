"""The engine with a real model: behind `transformers serve`, and in this process."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from asking import Pair, outcomes, user
from tiny_model import needs, serving, tiny

from curate.errors import ConfigError
from synth.engine.engine import Ask, Engine
from synth.engine.scheduler import Run, drive
from synth.engine.settings import Sampling, Server, Transformers
from synth.engine.store import Store

GREEDY = Sampling(temperature=0.0, max_tokens=12, seed=3)
RANDOM = Sampling(temperature=1.5, max_tokens=12)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs("torch", "transformers")
    return tiny(tmp_path_factory.mktemp("model") / "tiny")


async def asked(number: int, ask: Ask, **given: Any) -> Any:
    return await ask(user(f"Tell me about clause {number}."), **given)


def texts(found: list[Any]) -> list[str]:
    """What the model wrote, also where it was rejected."""
    return [o.failure.text if o.failure else o.result.text for o in found]


def test_a_real_server_answers_and_its_answers_are_kept(model: Path, tmp_path: Path) -> None:
    needs("fastapi", "uvicorn", "openai")
    with serving(model) as url:
        server = Server(server=url, name=str(model), in_flight=4, timeout=120, sampling=GREEDY)
        greedy = [partial(asked, number) for number in range(6)]
        first = drive(outcomes(server, tmp_path / "a", greedy))
        again = drive(outcomes(server, tmp_path / "b", greedy))
        assert texts(again) == texts(first)  # greedy repeats
        assert any(texts(first))

        random = server.model_copy(update={"sampling": RANDOM})
        found = drive(outcomes(random, tmp_path / "a", (partial(asked, n) for n in range(12))))
        answers = [o.result for o in found if o.result]
        assert answers and all(a.finish_reason == "stop" and a.tokens_out <= 12 for a in answers)
        assert all(a.tokens_in > 10 and not a.from_store for a in answers)

        # It ignores response_format: gibberish is caught here, after one repair.
        strict = drive(outcomes(random, tmp_path / "a", (partial(asked, n, schema=Pair) for n in range(4))))
        assert {o.failure and o.failure.reason for o in strict} <= {"schema", "truncated", "empty"}
    replayed = drive(outcomes(random, tmp_path / "a", (partial(asked, n) for n in range(12)), replay=True))
    assert texts(replayed) == texts(found)


async def local(settings: Transformers, store: Path, candidates: Any) -> list[Any]:
    with Store(store) as kept:
        async with (
            Engine(settings, kept) as engine,
            Run(candidates, engine.asker, slots=engine.capacity) as run,
        ):
            return [outcome async for outcome in run]


def test_a_local_model_answers_in_batches_as_it_does_alone(model: Path, tmp_path: Path) -> None:
    greedy = [partial(asked, number) for number in range(10)]
    settings = Transformers(transformers=str(model), in_flight=4, device="cpu", sampling=GREEDY)
    together = drive(local(settings, tmp_path / "a", greedy))
    alone = drive(local(settings.model_copy(update={"in_flight": 1}), tmp_path / "b", greedy))
    assert texts(together) == texts(alone) and any(texts(together))

    random = settings.model_copy(update={"sampling": RANDOM})
    found = drive(local(random, tmp_path / "a", (partial(asked, n) for n in range(8))))
    answers = [o.result for o in found if o.result]
    assert answers and all(a.finish_reason == "stop" and a.model == "tiny" for a in answers)
    again = drive(local(random, tmp_path / "a", (partial(asked, n) for n in range(8))))
    assert texts(again) == texts(found)
    assert all(o.result.from_store for o in again if o.result)


def test_other_weights_are_another_model(model: Path, tmp_path: Path) -> None:
    import shutil

    from synth.engine.local import identity

    copy = tmp_path / "tiny"
    shutil.copytree(model, copy)
    assert identity(Transformers(transformers=str(copy))) == identity(Transformers(transformers=str(model)))
    with open(copy / "model.safetensors", "r+b") as weights:
        weights.seek(-1, 2)
        weights.write(b"\x01")
    assert identity(Transformers(transformers=str(copy))) != identity(Transformers(transformers=str(model)))
    with pytest.raises(ConfigError, match="no model lies there"):
        identity(Transformers(transformers=str(tmp_path)))


def test_a_prompt_beyond_the_context_is_refused_alone(model: Path, tmp_path: Path) -> None:
    settings = Transformers(transformers=str(model), in_flight=4, device="cpu", sampling=GREEDY)
    long = partial(_long)
    found = drive(local(settings, tmp_path / "a", [partial(asked, 1), long, partial(asked, 2)]))
    assert [o.failure is not None and o.failure.reason == "refused" for o in found] == [False, True, False]
    assert "exceed the context of 2048" in found[1].failure.detail


async def _long(ask: Ask) -> Any:
    return await ask(user("Zanzibar " * 1000))
