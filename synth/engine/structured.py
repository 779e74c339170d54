"""Answers as JSON of a schema: how they are asked for, how they are checked, how a wrong one is asked for again.

The schema always stands in the messages, whether or not the server can be made to hold it: models answer better when
they know it, and the request, and so its key, is the same at every server.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

T = TypeVar("T", bound=BaseModel)

_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)\n?\s*```", re.DOTALL | re.IGNORECASE)
#: Mistakes that a repair is told of; more are rarely independent.
_TOLD = 5


class Unfit(ValueError):
    """A text that is no JSON of the schema; says what is wrong, place by place."""


@functools.cache
def json_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a pydantic model."""
    return schema.model_json_schema()


@functools.cache
def strict_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """The same as servers hold it: every key required, no others (the rules of OpenAI's strict mode)."""
    from openai import pydantic_function_tool

    parameters = pydantic_function_tool(schema)["function"].get("parameters")
    return dict(parameters or json_schema(schema))


def instructed(
    messages: tuple[Mapping[str, str], ...], schema: type[BaseModel]
) -> tuple[Mapping[str, str], ...]:
    """`messages` with the schema behind the last one."""
    text = orjson.dumps(json_schema(schema), option=orjson.OPT_SORT_KEYS).decode()
    told = f"Answer with one JSON object of this JSON schema, and nothing else:\n{text}"
    last = messages[-1]
    return (*messages[:-1], {**last, "content": f"{last['content']}\n\n{told}"})


def parsed(text: str, schema: type[T]) -> T:
    """`text` as the schema has it; a Markdown fence around it is taken off.

    Raises:
        Unfit: it is not of the schema.
    """
    fenced = _FENCED.search(text)
    try:
        return schema.model_validate_json((fenced[1] if fenced else text).strip())
    except ValidationError as errors:
        found = errors.errors(include_url=False, include_context=False, include_input=False)
        told = [f"{'.'.join(map(str, error['loc'])) or 'the answer'}: {error['msg']}" for error in found]
        more = [f"and {len(told) - _TOLD} more"] if len(told) > _TOLD else []
        raise Unfit("; ".join([*told[:_TOLD], *more])) from None


def repairing(
    messages: tuple[Mapping[str, str], ...], text: str, unfit: Unfit
) -> tuple[Mapping[str, str], ...]:
    """The messages of the second attempt: what the model wrote, and what is wrong with it."""
    told = f"That is not JSON of the schema ({unfit}). Answer again with the JSON object alone, corrected."
    return (*messages, {"role": "assistant", "content": text}, {"role": "user", "content": told})
