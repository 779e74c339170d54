"""`model:` in YAML: every fault at once, each with its line and the nearest valid name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from curate.yamlfile import load
from synth.engine.settings import Server, Transformers, model_settings


def checked(tmp_path: Path, text: str, **options: Any) -> tuple[Any, list[str]]:
    file = tmp_path / "p.yaml"
    file.write_text(text, encoding="utf-8")
    yml = load(str(file))
    found = model_settings(yml, ("model",), yml.value["model"], **options)
    return found, [str(fault).removeprefix(f"{file}:") for fault in yml.faults]


def test_a_server_with_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_KEY", "secret")
    text = """
model:
  server: [http://one:8000, "https://two/openai/v2/"]
  name: qwen
  api_key_env: OUR_KEY
  price: {input: 0.5, output: 1}
  sampling: {temperature: 1, extra: {top_k: 5}}
"""
    found, faults = checked(tmp_path, text)
    assert faults == [] and isinstance(found, Server)
    assert found.addresses == ["http://one:8000/v1", "https://two/openai/v2"]
    assert (found.in_flight, found.sampling.temperature, found.sampling.sent["top_k"]) == (64, 1.0, 5)
    assert "secret" not in repr(found) + found.model_dump_json()


def test_the_other_models(tmp_path: Path) -> None:
    assert checked(tmp_path, "model: embedded") == ("embedded", [])
    found, faults = checked(tmp_path, "model: {transformers: some/folder, in_flight: 4}")
    assert isinstance(found, Transformers) and not faults


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("model: embeded", "1 model: unknown model 'embeded' (did you mean 'embedded'?)"),
        ("model: 3", "1 model: a model is 'embedded', {server: URL, name: …} or {transformers: FOLDER}"),
        (
            "model: {sever: 'http://x', name: m}",
            "1 model: a model needs one of the two; this has neither 'server' nor 'transformers' "
            "(did you mean 'server'?)",
        ),
        ("model: {server: 'http://x'}", "1 model: needs the key 'name'"),
        (
            "model:\n  server: http://x\n  name: m\n  temprature: 1",
            "4 model.temprature: unknown key 'temprature'",
        ),
        (
            "model:\n  server: http://x\n  name: m\n  sampling:\n    temprature: 1",
            "5 model.sampling.temprature: unknown key 'temprature' (did you mean 'temperature'?)",
        ),
        (
            "model:\n  server: http://x\n  name: m\n  price: {input: 1, output: 2, inptu: 1}",
            "4 model.price.inptu: unknown key 'inptu' (did you mean 'input'?)",
        ),
        (
            "model:\n  server: http://x\n  name: m\n  api_key_env: NOT_SET_ANYWHERE",
            "4 model.api_key_env: environment variable NOT_SET_ANYWHERE is not set (export NOT_SET_ANYWHERE=…)",
        ),
        (
            "model:\n  server: localhost:8000\n  name: m",
            "2 model.server: 'localhost:8000' is no address of a server: http://host:port/v1",
        ),
        ("model:\n  server: [http://x, http://x/v1]\n  name: m", "2 model.server: names one server twice"),
        (
            "model:\n  server: http://x\n  name: m\n  sampling: {extra: {n: 4}}",
            "4 model.sampling.extra: 'n' is set by the engine",
        ),
        (
            "model:\n  server: http://x\n  name: m\n  sampling: {extra: {top_p: 4}}",
            "4 model.sampling.extra: 'top_p' has a key of its own beside 'extra'",
        ),
    ],
)
def test_faults_have_places_and_hints(tmp_path: Path, text: str, fault: str) -> None:
    _, faults = checked(tmp_path, text)
    assert len(faults) == 1 and faults[0].startswith(fault)


def test_an_address_with_a_secret_is_refused_and_not_repeated(tmp_path: Path) -> None:
    _, faults = checked(tmp_path, "model: {server: 'http://me:hush@x', name: m}")
    assert len(faults) == 1 and "holds no user, password" in faults[0] and "hush" not in faults[0]


def test_a_replay_needs_no_key(tmp_path: Path) -> None:
    text = "model: {server: 'http://x', name: m, api_key_env: NOT_SET_ANYWHERE}"
    assert checked(tmp_path, text, live=False)[1] == []
