"""Given datatrove's tokens, the twin decides as datatrove's filters do."""

import gzip
import json
from itertools import islice

import oracle
import pytest

SETS = (
    "us_federal_appellate_opinions",
    "contracts_edgar",
    "terms_of_service_md",
    "ie_acts_md",
    "cuad_contracts",
)


def english(path, n=30, longest=30_000):
    """The first `n` documents that are not long (so that Python's n-grams stay quick)."""
    with gzip.open(path) as file:
        texts = (json.loads(line)["text"] for line in file)
        yield from islice((text for text in texts if text.strip() and len(text) <= longest), n)


@pytest.mark.slow
def test_given_its_tokens_the_twin_decides_as_datatrove(real):
    texts = [text for name in SETS for text in english(real(f"legal/{name}.jsonl.gz"))]
    pairs = list(oracle.verdicts(texts))

    for preset in oracle.rules():
        theirs = [theirs[preset] for theirs, _ in pairs]
        same = sum(theirs[preset] == ours[preset] for theirs, ours in pairs)
        assert 0.02 < sum(theirs) / len(pairs) < 0.98, f"{preset}: too one-sided to tell anything"
        assert same >= 0.99 * len(pairs), f"{preset}: {same} of {len(pairs)}"


@pytest.mark.parametrize(
    "text",
    [
        "\n",
        "a",
        "- \n- \n-",
        "#" * 100,
        "\n\n".join(["Same."] * 9),
        "one two three four. " * 40,
        "{ a b c.\nlorem ipsum.",
    ],
)
def test_small_texts_that_sit_on_the_edges(text):
    ((theirs, ours),) = oracle.verdicts([text])

    assert ours == theirs
