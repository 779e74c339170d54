"""The bulk files of opinions: yearly releases, reprints, and files that are broken."""

from __future__ import annotations

from maker import extras, opinions
from maker.formats import cut_gz, gz, jsonl
from maker.sample import Sample


def add_opinions(sample: Sample) -> list[opinions.Record]:
    made = [opinions.opinion(number, 2021 + number // 50, sample.planted) for number in range(163)]
    made[41]["text"] += "\n\nQuestion certified: " + extras.benchmark_text("qa-02")
    sample.note("benchmarks", item="qa-02", source="opinions", key=made[41]["docket"])
    years = [made[0:50], made[50:100], made[100:150]]
    for year, records in zip((2021, 2022), years):
        sample.files[f"opinions/appeals-{year}.jsonl.gz"] = gz(jsonl(records))
    sample.files["opinions/appeals-2023.jsonl.gz"] = gz(broken_lines(sample, years[2]))
    sample.files["opinions/cut.jsonl.gz"] = cut_gz(jsonl(made[150:158]), jsonl(made[:3]))
    sample.note(
        "broken", file="opinions/cut.jsonl.gz", what="gzip stream cut after eight records", failures=1
    )
    sample.files["opinions/plain.jsonl.gz"] = jsonl(made[158:163])
    sample.note("unusual", file="opinions/plain.jsonl.gz", what="named .gz but not compressed", records=5)
    others = reissues(sample, made) + foreign_opinions(sample) + poor_opinions(sample)
    sample.files["opinions/reprints.jsonl.gz"] = gz(jsonl(others))
    sample.count("opinions", records=len(made) + len(others) + 5 + 1, failed=6)
    return made


def broken_lines(sample: Sample, records: list[opinions.Record]) -> bytes:
    """The records as JSONL with five lines among them that cannot be read."""
    lines = jsonl(records).splitlines(keepends=True)
    whole = records[0]
    bad = {
        7: ("JSON cut within a string", jsonl([{**whole, "docket": "23-9001"}])[:400] + b"\n"),
        15: ("a JSON array, no object", b'["23-9002", "Oakenfell v. Larkspire"]\n'),
        23: (
            "bytes that are never UTF-8",
            b'{"docket": "23-9003", "text": "The judgment is \xff\xfe affirmed."}\n',
        ),
        31: ("no text", jsonl([{k: v for k, v in whole.items() if k != "text"} | {"docket": "23-9004"}])),
        39: ("text is null", jsonl([{**whole, "docket": "23-9005", "text": None}])),
    }
    for line, (what, data) in bad.items():
        lines.insert(line - 1, data)
        sample.note("broken", file="opinions/appeals-2023.jsonl.gz", line=line, what=what, failures=1)
    return b"".join(lines)


def reissues(sample: Sample, made: list[opinions.Record]) -> list[opinions.Record]:
    reprints = [opinions.reprint(made[number]) for number in (3, 19, 52, 77, 104, 131)]
    amended = [opinions.amended(made[number], i) for i, number in enumerate((8, 60, 99, 142))]
    for copy in reprints:
        sample.group(
            "exact_duplicates",
            "reprinted opinion",
            ("opinions", copy["docket"][1:]),
            ("opinions", copy["docket"]),
        )
    for copy in amended:
        sample.group(
            "near_duplicates",
            "amended opinion",
            ("opinions", copy["docket"][:-2]),
            ("opinions", copy["docket"]),
        )
    return reprints + amended


def foreign_opinions(sample: Sample) -> list[opinions.Record]:
    found = []
    for language in extras.LANGUAGES:
        title, paragraphs = extras.foreign(language, 0)
        docket = f"F-{language}"
        found.append(
            {
                "docket": docket,
                "case_name": title,
                "date_filed": "2022-05-04",
                "text": "\n\n".join(paragraphs),
            }
        )
        sample.note("foreign", source="opinions", key=docket, language=language)
    return found


def poor_opinions(sample: Sample) -> list[opinions.Record]:
    texts = {
        "short": ["See attached.", "Sealed.", "Withdrawn from publication."],
        "numbers": [extras.numbers("opinion")],
        "repeated": [extras.repeated("opinion")],
        "lorem": [extras.lorem("opinion")],
    }
    found = []
    for kind, each in texts.items():
        for i, text in enumerate(each):
            docket = f"Q-{kind}-{i}"
            found.append(
                {"docket": docket, "case_name": "In re Sealed Case", "date_filed": "2022-01-10", "text": text}
            )
            sample.note("low_quality", source="opinions", key=docket, kind=kind)
    return found
