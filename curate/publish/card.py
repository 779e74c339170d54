"""The card of a data set: YAML that the Hub and `datasets` read, and an account for people, from the manifest."""

from __future__ import annotations

import shlex
from typing import Any

import yaml

from curate import kinds, sections
from curate.display import all_visible
from curate.publish import licences
from curate.publish.account import duplicates, funnel, gaps, private_data, statistics_of
from curate.publish.drawn import markdown
from curate.publish.features import features
from curate.publish.markdown import fenced, listed, plain, share, table
from curate.publish.public import local, walk
from curate.publish.release import Release

#: Upper bounds of the Hub's size categories, with their names.
_SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"),
    (10**10, "1B<n<10B"),
    (10**11, "10B<n<100B"),
    (10**12, "100B<n<1T"),
)


def card(release: Release, repo: str) -> str:
    """The README.md of a data set published as `repo`."""
    own = special(release)
    parts = [
        f"---\n{front(release, own)}---",
        f"# {plain(release.title)}",
        _what(release, repo, own),
        overridden(release),
        markdown(own["sections"]),
        "## Sources and licences\n\n" + _sources(release),
        "## How it was made\n\n" + funnel(release),
        "## Private data\n\n" + private_data(release),
        "## Duplicates and contamination\n\n" + duplicates(release),
        "## Known gaps\n\n" + gaps(release, own["gaps"]),
        "## Statistics\n\n" + statistics_of(release),
        "## Making it again\n\n" + _again(release),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def special(release: Release) -> dict[str, Any]:
    """What the kind of stage tells itself, without paths of the user's machine."""
    hook = kinds.hook(release.manifest["kind"], "card")
    told = hook(found=release.manifest, folder=release.folder) if hook else {}
    found: dict[str, Any] = walk(sections.card() | told, release.hide)
    return found


def front(release: Release, own: dict[str, Any]) -> str:
    """The YAML at the head of the card."""
    counted = release.statistics
    assert counted is not None and release.schema is not None
    files = [file for split in release.splits for file in split.files]
    languages = [code for code, _ in counted.languages.most_common() if code]
    told: dict[str, Any] = {
        "pretty_name": release.title,
        **license_of(release),
        **({"language": languages} if languages else {}),
        "size_categories": [next((name for most, name in _SIZES if counted.documents < most), "n>1T")],
        "task_categories": ["text-generation"],
        "tags": list(
            dict.fromkeys(
                ["curate", release.manifest["kind"], *own["tags"], *(s.name for s in release.stage.chain)]
            )
        ),
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": split.name, "path": f"data/{split.name}-*"} for split in release.splits
                ],
            }
        ],
        "dataset_info": {
            "config_name": "default",
            "features": features(release.schema),
            "splits": [
                {"name": split.name, "num_bytes": split.bytes, "num_examples": split.rows}
                for split in release.splits
            ],
            "download_size": sum(file.size for file in files),
            "dataset_size": sum(split.bytes for split in release.splits),
        },
    } | own["front"]
    return yaml.safe_dump(all_visible(told), sort_keys=False, allow_unicode=True, width=110)


def license_of(release: Release) -> dict[str, str]:
    """The licence as the Hub wants it: one of its identifiers, or `other` with a name."""
    declared = release.terms.declared
    if declared is None:
        return {"license": "unknown"}
    if release.terms.mixed:
        return {"license": "other", "license_name": "as-each-document-says"}
    known = licences.licence(declared)
    if known and known.hub:
        return {"license": known.hub}
    return {"license": "other", "license_name": declared.lower().replace(" ", "-")}


#: What a document's columns hold.
_DOCUMENT = (
    "Every document has an `id` (source, file, position in it), a `text`, its `source` and `license`, what its source "
    "said of it (`metadata`, a JSON object), and what steps measured."
)


def _what(release: Release, repo: str, own: dict[str, Any]) -> str:
    counted = release.statistics
    assert counted is not None
    size = sum(file.size for split in release.splits for file in split.files)
    tokens = f", {counted.tokens:,} tokens (as `signals` counts them)" if counted.tokens is not None else ""
    named = release.manifest
    rows = "rows" if own["about"] else "documents"
    every = "What columns hold stands below." if own["about"] else _DOCUMENT
    told = [
        *([plain(own["about"], 2000)] if own["about"] else []),
        f"{counted.documents:,} {rows}, {counted.characters:,} characters{tokens}; "
        f"{size / 1e6:,.1f} MB of Parquet. It is the stage {plain(named['stage'])} of the pipeline "
        f"{plain(named['pipeline'])}, made by curate {plain(named['environment']['curate'])} on "
        f"{plain(named['created'][:10])}. Release {plain(release.name)}.",
        fenced(
            "from datasets import load_dataset\n\n"
            f'{rows} = load_dataset("{repo}", split="{release.splits[0].name}", streaming=True)',
            "python",
        ),
        f"{every} The full account, with SHA-256 of inputs and data files, is in `curate/manifest.json`.",
    ]
    return "\n\n".join(told)


def overridden(release: Release) -> str:
    """What was published although a gate said no."""
    if not release.overridden:
        return ""
    items = [
        f"**{refusal.name}**: {plain(release.hide(refusal.message), 2000)}. Published all the same, because: "
        f"{plain(refusal.reason, 2000)}"
        for refusal in release.overridden
    ]
    return "## Published against a gate\n\n" + listed(items)


def _sources(release: Release) -> str:
    counted = release.statistics
    assert counted is not None
    accounts = {name: a for stage in release.stage.chain for name, a in stage.manifest["sources"].items()}
    rows = []
    for source, n in counted.by_source.most_common():
        account = accounts.get(source, {})
        named = counted.licences_by_source.get(source, {None: n})
        rows.append(
            [
                source,
                ", ".join(f"{text or 'none named'}" for text in sorted(named, key=str)),
                n,
                share(n, counted.documents),
                counted.characters_by_source[source],
                share(counted.characters_by_source[source], counted.characters),
                account.get("read", "-"),
                account.get("failed", "-"),
            ]
        )
    head = ["source", "licence", "documents", "share", "characters", "share", "read", "could not be read"]
    declared = release.terms.declared
    if release.terms.mixed:
        whole = (
            "Every document is under the licence that its column `license` names; there is no one for all."
        )
    elif declared is None:
        whole = "No licence can be named for the whole."
    else:
        whole = f"The whole is offered under {plain(declared)}."
        if "license" in release.manifest["columns"]:
            whole += " Every document keeps the name of its own in `license`."
    return table(head, rows) + "\n\n" + whole


def _again(release: Release) -> str:
    found = release.manifest
    command = f"curate run pipeline.yaml --stage {found['stage']}"
    defaults = _defaults(found["pipeline_file"])
    for name, value in found.get("variables", {}).items():
        if str(defaults.get(name)) != str(value):
            shown = "FOLDER" if local(str(value)) and str(value) not in found["pipeline_file"] else str(value)
            command += f" --var {shlex.quote(f'{name}={shown}')}"
    libraries = found["parts"].get("libraries", {})
    versions = {
        "curate": found["environment"]["curate"],
        "python": found["environment"]["python"],
        **libraries,
    }
    return "\n\n".join(
        [
            f"Fingerprint `{found['fingerprint']}`: the same inputs, settings, code and versions give the same bytes. "
            "The pipeline file, `curate/pipeline.yaml`:",
            fenced(found["pipeline_file"], "yaml"),
            fenced(command, "sh"),
            "Versions: "
            + plain(", ".join(f"{name} {version}" for name, version in versions.items()), 4000)
            + ".",
        ]
    )


def _defaults(text: str) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError:  # of our own writing it is not
        return {}
    return dict((loaded.get("vars") or {}) if isinstance(loaded, dict) else {})
