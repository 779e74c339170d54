"""The model of a stage as YAML has it: `embedded`, a server (or equal servers), or a local transformers model."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

from curate.validation import validate
from curate.yamlfile import Path as Place
from curate.yamlfile import YamlFile, nearest


class Sampling(BaseModel):
    """How a model is sampled. All of it is part of a request's key, defaults included."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    temperature: float = Field(default=0.7, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_tokens: int = Field(
        default=1024, ge=1, description="always sent: the defaults of servers differ widely"
    )
    seed: int | None = Field(default=None, ge=0, description="the sample's number is added to it")
    stop: list[str] = Field(default_factory=list)
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    extra: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="keys of this server's own (top_k, chat_template_kwargs), sent as they are",
    )

    @cached_property
    def whole(self) -> dict[str, Any]:
        """Every parameter, set or not: what a key is made from."""
        return self.model_dump()

    @cached_property
    def sent(self) -> dict[str, Any]:
        """Parameters as a server takes them; what is not set is not sent."""
        given = {name: value for name, value in self.whole.items() if value is not None and value != []}
        return {**{name: value for name, value in given.items() if name != "extra"}, **self.extra}

    @field_validator("extra")
    @classmethod
    def _names(cls, value: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if taken := sorted(value.keys() & {"messages", "model", "n", "response_format", "stream"}):
            raise ValueError(f"'{taken[0]}' is set by the engine")
        if taken := sorted(value.keys() & (Sampling.model_fields.keys() - {"extra"})):
            raise ValueError(f"'{taken[0]}' has a key of its own beside 'extra'")
        return value


class Price(BaseModel):
    """Money per million tokens, in whatever currency the budget is in."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    input: float = Field(ge=0)
    output: float = Field(ge=0)

    def of(self, tokens_in: int, tokens_out: int) -> float:
        """What these tokens cost."""
        return (tokens_in * self.input + tokens_out * self.output) / 1e6


class Server(BaseModel):
    """An OpenAI-compatible server, or several equal ones that share the work."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    server: str | list[str] = Field(description="URL, or URLs of equal servers; /v1 is added to a bare host")
    name: str = Field(min_length=1, description="the model, as the server calls it")
    revision: str | None = Field(
        default=None, description="part of every key: change it when other weights stand behind the name"
    )
    api_key_env: str | None = Field(
        default=None, pattern=r"^[A-Za-z_]\w*$", description="the environment variable that holds the key"
    )
    in_flight: int = Field(default=64, ge=1, le=65536, description="requests under way at once, per server")
    timeout: float = Field(
        default=120.0, gt=0, description="seconds for one request, from sending to the last byte"
    )
    structured: Literal["auto", "never"] = Field(
        default="auto",
        description="whether the server is asked to hold a schema; answers are always checked here too",
    )
    price: Price | None = None
    sampling: Sampling = Field(default_factory=Sampling)

    @field_validator("server")
    @classmethod
    def _addresses(cls, value: str | list[str]) -> str | list[str]:
        addresses = [value] if isinstance(value, str) else value
        if not addresses:
            raise ValueError("needs at least one URL")
        if len({_base(address) for address in addresses}) < len(addresses):
            raise ValueError("names one server twice")
        return value

    @property
    def addresses(self) -> list[str]:
        """Base URLs, each with its path."""
        return [
            _base(address) for address in ([self.server] if isinstance(self.server, str) else self.server)
        ]


class Transformers(BaseModel):
    """A model run in this process."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    transformers: str = Field(min_length=1, description="a folder, or hf://owner/name[@revision]")
    name: str | None = Field(
        default=None, description="what provenance calls it; the folder's or repository's name"
    )
    in_flight: int = Field(default=16, ge=1, le=4096, description="the largest batch")
    device: str | None = Field(default=None, description="cpu, cuda, mps; the best there is if not given")
    dtype: str = Field(default="auto", description="auto, float32, bfloat16, float16")
    price: Price | None = None
    sampling: Sampling = Field(default_factory=Sampling)


#: Said without the address: faults are shown and logged.
_SECRETIVE = (
    "an address holds no user, password or query: name the environment variable with the key, api_key_env"
)


def _secretive(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.username or parts.password or parts.query)


def _base(address: str) -> str:
    """`address` without a slash behind, with /v1 where it has no path.

    Raises:
        ValueError: it is no web address, or it carries a secret.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"'{address}' is no address of a server: http://host:port/v1")
    if parts.username or parts.password or parts.query:
        raise ValueError(
            "an address holds no secrets: name the environment variable with the key, api_key_env"
        )
    return address.rstrip("/") + ("/v1" if parts.path in ("", "/") else "")


Model = Literal["embedded"] | Server | Transformers


def model_settings(yml: YamlFile, place: Place, raw: Any, *, live: bool = True) -> Model | None:
    """The value of `model:` checked; None with a fault for each thing wrong. Without `live` (replay) keys are not
    looked for."""
    if isinstance(raw, str):
        if raw == "embedded":
            return "embedded"
        hint = nearest(raw, ["embedded"]) if len(raw) < 16 else ""
        yml.fault(
            place, f"unknown model '{raw}'", hint or "'embedded', {server: URL, name: …} or {transformers: …}"
        )
        return None
    if not isinstance(raw, dict):
        yml.fault(place, "a model is 'embedded', {server: URL, name: …} or {transformers: FOLDER}")
        return None
    kinds = {"server", "transformers"} & raw.keys()
    if len(kinds) != 1:
        told = "both 'server' and 'transformers'" if kinds else "neither 'server' nor 'transformers'"
        hints = [
            hint for key in raw if (hint := nearest(str(key), ["server", "transformers"])).startswith("did")
        ]
        yml.fault(
            place, f"a model needs one of the two; this has {told}", "" if kinds else "".join(hints[:1])
        )
        return None
    given = raw.get("server")
    if any(
        isinstance(one, str) and _secretive(one) for one in (given if isinstance(given, list) else [given])
    ):
        yml.fault((*place, "server"), _SECRETIVE)
        raw = {**raw, "server": "http://hidden"}  # so that nothing below quotes it
    found: Model | None = validate(yml, place, Server if "server" in kinds else Transformers, raw)
    if live and isinstance(found, Server) and found.api_key_env and not os.environ.get(found.api_key_env):
        yml.fault(
            (*place, "api_key_env"),
            f"environment variable {found.api_key_env} is not set",
            f"export {found.api_key_env}=…",
        )
    return found
