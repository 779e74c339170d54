"""Writes the legal sample: `python pipelines/sample/generate.py [--out FOLDER]`.

Every document is invented. The same zlib gives the same bytes; the documents, and what is planted among them,
are the same everywhere. `planted.json` says what stands where, README.md how often.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from maker import extras, statutes  # noqa: E402
from maker.bulk import add_opinions  # noqa: E402
from maker.contracts import KINDS, Template, contract, page, paragraph  # noqa: E402
from maker.filings import drawing, filing  # noqa: E402
from maker.formats import jsonl, warc  # noqa: E402
from maker.opinions import Record  # noqa: E402
from maker.people import Planted  # noqa: E402
from maker.readme import readme  # noqa: E402
from maker.sample import Sample  # noqa: E402
from maker.web import NEWS, article, opinion_page, site, slug  # noqa: E402

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


def add_contracts(sample: Sample) -> None:
    templates = [
        Template(kind, f"{kind}-{i:02d}", f"contract {kind} {i}") for kind in KINDS for i in range(6)
    ]
    templates += [Template("leases", f"leases-mall-{i}", "contract leases 0") for i in range(4)]
    templates += [Template("employment", f"employment-staff-{i}", "contract employment 2") for i in range(2)]
    for number, template in enumerate(templates):
        sample.files[f"contracts/{template.key}"] = contract(template, number, sample.planted).encode()
    for seed, why in (
        ("contract leases 0", "lease of one template"),
        ("contract employment 2", "employment of one template"),
    ):
        group = [("contracts", t.key) for t in templates if t.seed == seed]
        sample.group("near_duplicates", why, *group)
    for key in ("loans/loans-01.html", "licenses/licenses-04.html"):
        copy = "archive/" + key.rpartition("/")[2]
        sample.files[f"contracts/{copy}"] = sample.files[f"contracts/{key}"]
        sample.group("exact_duplicates", "file kept twice", ("contracts", key), ("contracts", copy))
    odd_contracts(sample)
    sample.count("contracts", records=sum(name.startswith("contracts/") for name in sample.files), failed=1)


def odd_contracts(sample: Sample) -> None:
    """A Spanish contract, two poor pages, an old encoding, and a picture that calls itself a page."""
    title, paragraphs = extras.foreign("es", 1)
    main = f"<h1>{title}</h1>" + "".join(paragraph(text) for text in paragraphs)
    sample.files["contracts/archive/arrendamiento.html"] = page(
        title, main, "archive", language="es"
    ).encode()
    sample.note("foreign", source="contracts", key="archive/arrendamiento.html", language="es")
    poor = {
        "numbers": f"<pre>{extras.numbers('price list')}</pre>",
        "boilerplate": "<pre>" + extras.boilerplate("town") + "</pre>",
    }
    for kind, body in poor.items():
        sample.files[f"contracts/archive/{kind}.html"] = page(kind.title(), body, "archive").encode()
        sample.note("low_quality", source="contracts", key=f"archive/{kind}.html", kind=kind)
    old = Template("services", "cp1252", "contract services old")
    text = contract(old, 38, Planted()).replace('charset="utf-8"', 'charset="windows-1252"')
    sample.files["contracts/archive/cp1252.html"] = text.encode("cp1252")
    sample.note(
        "unusual", file="contracts/archive/cp1252.html", what="declared as windows-1252, and it is", records=1
    )
    sample.files["contracts/archive/floor-plan.html"] = PNG
    sample.note(
        "broken", file="contracts/archive/floor-plan.html", what="a PNG picture named .html", failures=1
    )


def add_statutes(sample: Sample) -> None:
    acts = [statutes.statute(number) for number in range(25)]
    for name, text in acts:
        sample.files[f"statutes/{name}"] = text.encode()
    for name, text in (acts[4], acts[17]):
        later = name.replace(".md", "-as-amended.md")
        sample.files[f"statutes/{later}"] = statutes.amended(text).encode()
        sample.group("near_duplicates", "amended act", ("statutes", name), ("statutes", later))
    name = acts[9][0]
    sample.files[f"statutes/{name}"] = b"\xef\xbb\xbf" + acts[9][1].replace("\n", "\r\n").encode()
    sample.note("unusual", file=f"statutes/{name}", what="byte-order mark and CRLF line ends", records=1)
    for language in ("de", "fr"):
        title, paragraphs = extras.foreign(language, 1)
        text = (
            "\n\n".join([f'---\ntitle: "{title}"\nlang: {language}\n---', f"# {title}", *paragraphs]) + "\n"
        )
        sample.files[f"statutes/{language}-{slug(title)}.md"] = text.encode()
        sample.note("foreign", source="statutes", key=f"{language}-{slug(title)}.md", language=language)
    sample.files["statutes/repealed.md"] = b"# Lamp Oil Act\n\nRepealed.\n"
    sample.note("low_quality", source="statutes", key="repealed.md", kind="short")
    sample.count("statutes", records=sum(name.startswith("statutes/") for name in sample.files))


def add_filings(sample: Sample) -> None:
    for number in range(12):
        name, data = filing(number, sample.planted)
        sample.files[f"filings/{name}"] = data
    sample.files["filings/survey-plan.pdf"] = drawing()
    sample.note("broken", file="filings/survey-plan.pdf", what="no text layer", failures=1)
    whole = filing(12, Planted())[1]
    sample.files["filings/cut.pdf"] = whole[: len(whole) // 2]
    sample.note("broken", file="filings/cut.pdf", what="PDF cut in half, no catalogue", failures=1)
    sample.count("filings", records=14, failed=2)


def add_web(sample: Sample, made: list[Record]) -> None:
    found: list[tuple[str, str]] = []
    for number in range(8):
        insert = extras.benchmark_text("qa-01") if number == 5 else ""
        found.append(article(number, sample.planted, insert))
    sample.note("benchmarks", item="qa-01", source="web", key=found[5][0])
    found.append((found[2][0] + "?print=1", found[2][1]))
    sample.group("exact_duplicates", "print version of a page", ("web", found[2][0]), ("web", found[8][0]))
    for record in (made[33], made[87]):
        url, html = opinion_page(record["case_name"], record["docket"], record["text"])
        found.append((url, html))
        sample.group("near_duplicates", "opinion as a web page", ("opinions", record["docket"]), ("web", url))
    for language in extras.LANGUAGES:
        title, paragraphs = extras.foreign(language, 2)
        found.append(
            (f"{NEWS}/{language}/1", site(title, [paragraph(text) for text in paragraphs], language))
        )
        sample.note("foreign", source="web", key=found[-1][0], language=language)
    for kind, text in (("lorem", extras.lorem("web")), ("boilerplate", extras.boilerplate("goods"))):
        found.append((f"{NEWS}/drafts/{kind}", site("Draft", [f"<pre>{text}</pre>"])))
        sample.note("low_quality", source="web", key=found[-1][0], kind=kind)
    responses = [(url, "text/html; charset=utf-8", html.encode()) for url, html in found]
    responses.insert(4, (f"{NEWS}/logo.png", "image/png", PNG))
    sample.note("unusual", file="web/crawl.warc.gz", what="a response of type image/png", records=0)
    sample.files["web/crawl.warc.gz"] = warc("crawl.warc.gz", responses)
    sample.count("web", records=len(found))


def build() -> dict[str, bytes]:
    """Path -> bytes of everything that the sample consists of, but for the scripts."""
    sample = Sample()
    made = add_opinions(sample)
    add_contracts(sample)
    add_statutes(sample)
    add_filings(sample)
    add_web(sample, made)
    for name, items in extras.BENCHMARKS.items():
        sample.files[f"benchmarks/{name}"] = jsonl(items)
    planted = {"sources": sample.counts, **sample.notes, "pii": sample.planted.pii}
    sample.files["planted.json"] = json.dumps(planted, indent=1, ensure_ascii=False).encode() + b"\n"
    sample.files["README.md"] = readme(planted).encode()
    return sample.files


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the legal sample.")
    parser.add_argument(
        "--out", type=Path, default=HERE, help="folder to write to (default: beside this script)"
    )
    out: Path = parser.parse_args().out
    files = build()
    for name, data in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    print(f"{len(files)} files, {sum(map(len, files.values())):,} bytes in {out}")


if __name__ == "__main__":
    main()
