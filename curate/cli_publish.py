"""The command that publishes. No logic here."""

from __future__ import annotations

import json

import click

from curate.cli_artefacts import AS_JSON, STAGE


@click.command()
@click.argument("run_folder", metavar="RUN")
@click.argument("repo_id", metavar="REPO_ID")
@STAGE
@click.option("--dry-run", is_flag=True, help="List files, sizes and the card; change nothing.")
@click.option("--private", is_flag=True, help="Make a new repository private; refuse a public one.")
@click.option("--revision", default="main", show_default=True, metavar="BRANCH", help="Which branch.")
@click.option(
    "--license", metavar="L", help="The licence of the whole (default: one that serves all sources)."
)
@click.option(
    "--override",
    "overrides",
    multiple=True,
    metavar="NAME=WHY",
    help="Publish against a gate; the card says why.",
)
@click.option("--tag/--no-tag", default=True, show_default=True, help="Tag the release with its fingerprint.")
@AS_JSON
def publish(
    run_folder: str,
    repo_id: str,
    stage: str | None,
    dry_run: bool,
    private: bool,
    revision: str,
    license: str | None,
    overrides: tuple[str, ...],
    tag: bool,
    as_json: bool,
) -> None:
    """Publish the artefact RUN, a data set or a model, with its card, to REPO_ID on the Hub.

    REPO_ID may also be a folder (/… or ./…) or an address such as s3://bucket/name. Exit code 3: a gate said no.
    """
    from curate.publish.publish import dry_run_text
    from curate.publish.publish import publish as send

    if wrong := [text for text in overrides if "=" not in text]:
        raise click.BadParameter(f"'{wrong[0]}' is not name=why", param_hint="--override")
    told = send(
        run_folder,
        repo_id,
        stage=stage,
        dry_run=dry_run,
        private=private,
        revision=revision,
        license=license,
        overrides=dict(text.split("=", 1) for text in overrides),
        tag=tag,
        say=lambda text: click.echo(text, err=True),
    )
    if dry_run:
        click.echo(dry_run_text(told), err=as_json)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
