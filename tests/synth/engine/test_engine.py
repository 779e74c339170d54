"""The engine against a scripted server in another process, with everything that goes wrong on the way."""

from __future__ import annotations

import json
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import loopback
import pytest
from asking import Pair, outcomes, pairs, settings, told, user

from curate.errors import ConfigError, RunError
from synth.engine import pace
from synth.engine.answer import Rejected
from synth.engine.budget import Budget, Limits
from synth.engine.engine import Ask, Engine
from synth.engine.scheduler import drive
from synth.engine.settings import Price, Sampling
from synth.engine.store import Store

#: Shares of requests that meet each fault once, and of those whose answer stays unusable.
PASSING = [
    [0.06, "429", 2],
    [0.05, "500", 1],
    [0.01, "hang", 1],
    [0.03, "drop", 1],
    [0.03, "cut", 1],
    [0.03, "html", 1],
    [0.03, "503", 1],
]
LASTING = [[0.04, "truncate", 0], [0.06, "malformed", 0], [0.06, "wrong", 0], [0.03, "400", 0]]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that a test can wait for."""
    monkeypatch.setattr(pace, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(pace, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(pace, "RAMP", 0.1)


async def one(ask: Ask, text: str = "What is it?", **asked: Any) -> Any:
    return await ask(user(text), **asked)


def log(path: Path) -> list[tuple[str, str]]:
    return [(event, name) for event, name, _ in map(json.loads, path.read_text().splitlines())]


def test_faults_on_the_way_change_nothing_and_nothing_is_paid_for_twice(tmp_path: Path) -> None:
    with loopback.running(plan=LASTING) as url:
        calm = drive(outcomes(settings(url), tmp_path / "calm", pairs(120)))
    # The same requests have the same lasting faults: they come first in both plans.
    with loopback.running(plan=LASTING + PASSING, retry_after="0", log=str(tmp_path / "log")) as url:
        stormy = drive(outcomes(settings(url), tmp_path / "stormy", pairs(120)))
        paid = Counter(name for event, name in log(tmp_path / "log") if event == "answer")
        again = drive(outcomes(settings(url), tmp_path / "stormy", pairs(120)))
        assert Counter(name for event, name in log(tmp_path / "log") if event == "answer") == paid
    assert told(stormy) == told(calm) == told(again)
    assert [o.number for o in stormy] == list(range(120))
    assert set(paid.values()) == {1}
    reasons = Counter(o.failure.reason for o in stormy if o.failure)
    assert set(reasons) == {"truncated", "schema", "refused"}
    assert any(o.result and o.result["repaired"] for o in stormy)
    assert drive(outcomes(settings(url), tmp_path / "stormy", pairs(120), replay=True)) is not None


def test_a_replay_asks_nobody_and_names_what_is_missing(tmp_path: Path) -> None:
    with loopback.running() as url:
        live = drive(outcomes(settings(url), tmp_path / "s", pairs(10)))
    dead = settings(
        url, in_flight=3, timeout=77, api_key_env="NOT_SET_ANYWHERE"
    )  # none of it shapes an answer
    assert told(drive(outcomes(dead, tmp_path / "s", pairs(10), replay=True))) == told(live)
    with pytest.raises(RunError, match=r"no response to request [0-9a-f]{64} \(scripted\)"):
        drive(outcomes(dead, tmp_path / "s", pairs(11), replay=True))
    for changed in ({"revision": "2"}, {"sampling": Sampling(seed=8)}, {"structured": "never"}):
        with pytest.raises(RunError, match="no response to request"):
            drive(outcomes(settings(url, **changed), tmp_path / "s", pairs(10), replay=True))


def test_several_servers_share_the_work_and_a_dead_one_stops_nobody(tmp_path: Path) -> None:
    with (
        loopback.running(latency=0.05, log=str(tmp_path / "a")) as a,
        loopback.running(latency=0.05, log=str(tmp_path / "b")) as b,
    ):
        with loopback.running() as dead:
            pass
        calm = drive(outcomes(settings(a), tmp_path / "calm", pairs(60)))
        (tmp_path / "a").write_text("")
        found = drive(outcomes(settings([a, dead, b]), tmp_path / "s", pairs(60)))
    assert told(found) == told(calm)
    asked = [len([1 for event, _ in log(tmp_path / name) if event == "answer"]) for name in "ab"]
    assert sum(asked) == 120 and min(asked) > 30


def test_requests_in_flight_stay_within_the_number(tmp_path: Path) -> None:
    import urllib.request

    with loopback.running(latency=0.05) as url:
        drive(outcomes(settings(url, in_flight=5), tmp_path / "s", pairs(60)))
        with urllib.request.urlopen(url) as response:
            assert json.load(response)["most_busy"] == 5


def test_a_429_with_a_date_is_waited_for(tmp_path: Path) -> None:
    with loopback.running(plan=[[1.0, "429", 1]], retry_after="date:2") as url:
        began = time.monotonic()
        found = drive(outcomes(settings(url), tmp_path / "s", [one]))
    assert found[0].result.text.startswith("The answer") and time.monotonic() - began >= 1


@pytest.mark.parametrize("action", ["500", "hang", "drop", "429"])
def test_nothing_but_errors_stops_the_run(tmp_path: Path, action: str) -> None:
    with loopback.running(plan=[[1.0, action, 0]], retry_after="", log=str(tmp_path / "log")) as url:
        model = settings(url, timeout=0.1)
        with pytest.raises(RunError, match="scripted answers nothing but errors, the last: http"):
            drive(outcomes(model, tmp_path / "s", pairs(1000)))
    assert len(log(tmp_path / "log")) < 16 * 2 * 16


def test_one_request_that_always_fails_is_one_candidate_that_fails(tmp_path: Path) -> None:
    async def bad(ask: Ask) -> Any:
        return await one(ask, "bad")

    with loopback.running(latency=0.01) as url:
        drive(outcomes(settings(url), tmp_path / "probe", [bad]))
        with Store(tmp_path / "probe", read_only=True) as store:
            request = store.request(next(iter(store)))
    assert request
    body = {"model": "scripted", "messages": request["messages"], "temperature": 0.7, "top_p": 1.0}
    at = int(loopback.digest(body | {"max_tokens": 1024, "seed": 7})[:8], 16) / 2**32
    plan = [[max(at - 1e-6, 0), "answer", 0], [2e-6, "500", 0]]
    with loopback.running(latency=0.01, plan=plan) as url:
        found = drive(outcomes(settings(url), tmp_path / "s", [bad, *pairs(200)]))
    assert [o.number for o in found if o.failure] == [0]
    assert found[0].failure and found[0].failure.reason == "unanswered"
    assert "8 tries, the last: http" in found[0].failure.detail
    with Store(tmp_path / "s", read_only=True) as store:
        assert store.get(found[0].failure.key) is None  # the next run asks again


def test_a_server_that_refuses_everything_stops_the_run_and_is_not_remembered(tmp_path: Path) -> None:
    refuses = "scripted refuses every request, the last: 400 scripted 400"
    with loopback.running(plan=[[1.0, "400", 0]]) as url, pytest.raises(RunError, match=refuses):
        drive(outcomes(settings(url), tmp_path / "s", pairs(100)))
    with Store(tmp_path / "s") as store:
        assert len(store) == 0


@pytest.mark.parametrize("schemas", ["held", "ignored", "unknown"])
def test_schemas_are_tried_once_and_checked_always(tmp_path: Path, schemas: str) -> None:
    with loopback.running(schemas=schemas, log=str(tmp_path / "log")) as url:
        found = drive(outcomes(settings(url, in_flight=1), tmp_path / "s", pairs(10)))
        events = log(tmp_path / "log")
    if schemas == "ignored":  # prose instead of JSON, also after the repair
        assert {o.failure.reason for o in found if o.failure} == {"schema"} and len(events) == 2 * 2 * 10
        assert found[0].failure and found[0].failure.text.startswith("The answer of")
        return
    assert all(o.result["question"].startswith("Which is") for o in found)
    refused = [event for event, _ in events if event == "request"]
    assert len(refused) == (21 if schemas == "unknown" else 20)
    with Store(tmp_path / "s", read_only=True) as store:
        replies = [store.get(key) for key in store]
    asked = {reply.constrained for reply in replies if reply and reply.text.startswith("{")}
    assert asked == {schemas == "held"}


def test_the_key_goes_to_the_server_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OUR_KEY", "hush-hush")
    with loopback.running(key="hush-hush", log=str(tmp_path / "log")) as url:
        model = settings(url, api_key_env="OUR_KEY")
        assert drive(outcomes(model, tmp_path / "s", [one]))[0].result
    with loopback.running(key="other") as url:  # quotes the key in its error, as some do
        with pytest.raises(
            RunError, match=r"401 wrong key: Bearer … \(the key is that of OUR_KEY\)"
        ) as error:
            drive(outcomes(settings(url, api_key_env="OUR_KEY"), tmp_path / "t", [one]))
        with pytest.raises(RunError, match="no api_key_env is set"):
            monkeypatch.setenv("OPENAI_API_KEY", "other")  # the SDK's own variable is not for any server
            drive(outcomes(settings(url), tmp_path / "t", [one]))
    assert "hush" not in str(error.value) + repr(model) + "".join(capfd.readouterr())
    assert not [path for path in tmp_path.iterdir() if b"hush" in path.read_bytes()]
    with pytest.raises(ConfigError, match=r"NOT_SET_ANYWHERE .* is not set"):
        drive(outcomes(settings(url, api_key_env="NOT_SET_ANYWHERE"), tmp_path / "u", [one]))


def test_equal_requests_under_way_are_sent_once(tmp_path: Path) -> None:
    with loopback.running(latency=0.2, log=str(tmp_path / "log")) as url:
        found = drive(outcomes(settings(url), tmp_path / "s", [one] * 9))
    assert len(log(tmp_path / "log")) == 2 and len({o.result.text for o in found}) == 1
    assert sorted(o.result.from_store for o in found) == [False] + 8 * [True]


def test_a_token_budget_stops_in_order_and_a_larger_one_goes_on(tmp_path: Path) -> None:
    with loopback.running(latency=0.02, log=str(tmp_path / "log")) as url:
        budget = Budget(Limits(tokens=4000))
        model = settings(url, price=Price(input=1.0, output=2.0))
        part = drive(outcomes(model, tmp_path / "s", pairs(100), budget=budget))
        meter = budget.meters[0]
        assert 0 < len(part) < 100 and [o.number for o in part] == list(range(len(part)))
        assert 3000 < meter.tokens_in + meter.tokens_out < 5000
        assert meter.cost == pytest.approx((meter.tokens_in + 2 * meter.tokens_out) / 1e6)
        whole = drive(outcomes(model, tmp_path / "s", pairs(100), budget=Budget()))
        paid = Counter(name for event, name in log(tmp_path / "log") if event == "answer")
    assert told(whole).startswith(told(part)[:-2]) and set(paid.values()) == {1}


def test_an_answer_says_where_it_comes_from(tmp_path: Path) -> None:
    async def main() -> None:
        with loopback.running() as url, Store(tmp_path / "s") as store:
            async with Engine(settings(url, revision="r5"), store) as engine:
                first = await engine.ask(user("x"), Pair, sample=1, temperature=0.25)
                assert (first.model, first.revision, first.finish_reason) == ("scripted", "r5", "stop")
                assert isinstance(first.parsed, Pair) and first.tokens_in and first.tokens_out
                assert not first.from_store and not first.repaired
                request = store.request(first.key)
                assert request and request["sampling"]["temperature"] == 0.25 and request["sample"] == 1
                assert (await engine.ask(user("x"), Pair, sample=2, temperature=0.25)).text != first.text
                again = await engine.ask(user("x"), Pair, sample=1, temperature=0.25)
                assert again.from_store and again.text == first.text
                with pytest.raises(ConfigError, match="sampling: temprature"):
                    await engine.ask(user("x"), temprature=1)

    drive(main())


def test_a_truncated_answer_keeps_its_text_and_is_not_repaired(tmp_path: Path) -> None:
    with loopback.running(plan=[[1.0, "truncate", 0]], log=str(tmp_path / "log")) as url:
        found = drive(outcomes(settings(url), tmp_path / "s", [partial(one, schema=Pair)]))
    failure = found[0].failure
    assert isinstance(failure, Rejected) and failure.reason == "truncated" and failure.text.startswith("{")
    assert len(log(tmp_path / "log")) == 2
