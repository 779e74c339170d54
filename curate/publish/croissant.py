"""Croissant 1.0 metadata (MLCommons) of a data set: JSON-LD that search engines and data loaders read."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from curate.display import visible
from curate.publish import licences
from curate.publish.features import croissant_type
from curate.publish.release import Release

#: The context that the specification prescribes, word for word.
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataBiases": "cr:dataBiases",
    "dataCollection": "cr:dataCollection",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "personalSensitiveInformation": "cr:personalSensitiveInformation",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


#: A repository has no SHA-256; this is what the Hub's own metadata puts there, until the format allows to leave it out.
_NO_DIGEST = "https://github.com/mlcommons/croissant/issues/80"


def croissant(release: Release, page: str | None) -> str:
    """The JSON-LD of a release: on the Hub with the repository's `page`, else in a folder. Files are named relative to
    it, each with its SHA-256; every split is a record set over its shards."""
    found, counted = release.manifest, release.statistics
    assert release.schema is not None and counted is not None
    rows = "documents" if found["kind"] == "curate" else "rows"
    described = (
        f"{counted.documents:,} {rows} of the stage {found['stage']} of the pipeline {found['pipeline']}, "
        f"made by curate {found['environment']['curate']}; README.md says how."
    )
    told: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": _name(f"{found['pipeline']}-{found['stage']}"),
        "description": visible(described, lines=False),
        "license": _license(release),
        **({"url": page} if page else {}),
        "version": f"0.0.0+{found['fingerprint'][:8]}",
        "datePublished": found["created"][:10],
        "isLiveDataset": False,
        "distribution": _distribution(release, page),
        "recordSet": [_records(split.name, release.schema) for split in release.splits],
    }
    if languages := [code for code, _ in counted.languages.most_common() if code]:
        told["inLanguage"] = languages
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _name(text: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in text)


def _license(release: Release) -> str | list[str]:
    """The declared licence, or where each document keeps its own, all of them."""
    declared = release.terms.declared
    if declared and not release.terms.mixed:
        return visible(declared, lines=False)
    named = sorted(text for text in release.terms.counts if text)
    return [
        visible(known.name if (known := licences.licence(t)) else t, lines=False) for t in named
    ] or "unknown"


def _distribution(release: Release, page: str | None) -> list[dict[str, Any]]:
    """The files; of a repository they are parts, as in the metadata that the Hub writes itself."""
    out: list[dict[str, Any]] = []
    where = {"containedIn": {"@id": "repo"}} if page else {}
    if page:
        whole = {
            "@type": "cr:FileObject",
            "@id": "repo",
            "name": "repo",
            "description": "The repository on the Hub.",
        }
        out.append(whole | {"contentUrl": page, "encodingFormat": "git+https", "sha256": _NO_DIGEST})
    parquet = {"encodingFormat": "application/x-parquet"}
    for split in release.splits:
        for file in split.files:
            named = {"@type": "cr:FileObject", "@id": file.path, "name": file.path, "contentUrl": file.path}
            out.append(named | where | parquet | {"contentSize": f"{file.size} B", "sha256": file.sha256})
        shards = {"@type": "cr:FileSet", "@id": f"{split.name}-shards", "name": f"{split.name}-shards"}
        out.append(shards | where | parquet | {"includes": f"data/{split.name}-*.parquet"})
    return out


def _records(split: str, schema: pa.Schema) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": split,
        "name": split,
        "key": {"@id": f"{split}/id"},
        "field": [_field(split, f"{split}/{column.name}", column, [column.name]) for column in schema],
    }


def _field(split: str, name: str, column: pa.Field, path: list[str]) -> dict[str, Any]:
    kind, repeated = column.type, False
    while pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        kind, repeated = kind.value_type, True
    source: dict[str, Any] = {"fileSet": {"@id": f"{split}-shards"}, "extract": {"column": path[0]}}
    if path[1:]:
        source["transform"] = [{"jsonPath": part} for part in path[1:]]
    told: dict[str, Any] = {"@type": "cr:Field", "@id": name, "name": name}
    if pa.types.is_struct(kind):
        told["subField"] = [_field(split, f"{name}/{f.name}", f, [*path, f.name]) for f in kind]
    else:
        told |= {"dataType": croissant_type(kind), "source": source}
    return told | ({"repeated": True} if repeated else {})
