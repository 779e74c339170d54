"""Commands that explain: one document's way, and what changed between two runs. No logic here either."""

from __future__ import annotations

import shutil
from typing import Any

import click

from curate.cli_artefacts import AS_JSON, STAGE


def _width() -> int:
    return min(shutil.get_terminal_size((100, 24)).columns, 120)


def _json(value: dict[str, Any]) -> None:
    """One JSON object in one line, of ASCII alone: a terminal shows what a document holds, and obeys none of it."""
    import json

    import orjson

    plain = json.loads(orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS))  # NaN is null there
    click.echo(json.dumps(plain))


@click.command()
@click.argument("run_folder", metavar="RUN")
@click.argument("document", metavar="DOCUMENT_ID")
@STAGE
@click.option("--full", is_flag=True, help="All values, all places that were changed, whole texts.")
@click.option(
    "--reveal", is_flag=True, help="Show what is hidden: names of files, keys, private data (needs the key)."
)
@AS_JSON
def why(run_folder: str, document: str, stage: str | None, full: bool, reveal: bool, as_json: bool) -> None:
    """Tell one document's way through RUN: where it was read, what each step made of it, where it is now.

    DOCUMENT_ID is the id of any record that was read, kept, dropped or failed (source/file#position); a file or a
    key serves where one record alone has it.
    """
    from curate.explain.text import lines
    from curate.explain.why import why as explain

    answer = explain(run_folder, document, stage=stage, full=full, reveal=reveal)
    for line in lines(answer, _width(), full):
        click.echo(line, err=as_json)
    if as_json:
        _json(answer)
