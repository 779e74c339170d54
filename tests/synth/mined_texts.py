"""Small texts of each genre, and what a kind finds in one."""

from __future__ import annotations

from synth.mine import mine
from synth.samples import Sample

AGREEMENT = """\
CREDIT AGREEMENT

This Credit Agreement is made as of June 7, 1996 by and between Alder Holdings, Inc., a Delaware
corporation (the "Borrower"), and Birch Bank, N.A., a national banking association (the "Lender").

1. Definitions. "Business Day" means any day on which banks in New York are open for business.
"Affiliate" has the meaning given in Section 9.

2. Insurance. The Borrower shall take out insurance against loss by fire. The policy shall be kept
in force at all times. The Lender may inspect the policy.

3. Inspection. Subject to Section 7, the Lender may enter the Property at any reasonable time. If
the Borrower fails to repair the Property, the Lender may repair it at the cost of the Borrower.

4. Transfer. The Borrower shall not sell the Property unless the Lender consents to the sale in
writing. The Borrower may lease parts of the Property, provided that each lease is approved by the
Lender.

5. Termination. Either party may terminate this Agreement upon thirty (30) days' prior written
notice. The Borrower shall repay the Loan within ninety (90) days after the date of termination.

6. Governing Law. This Agreement shall be governed by and construed in accordance with the laws of
the State of New York.

7. Fees. The Borrower agrees to pay to the Lender a closing fee of $25,000.00 on demand. No other
fee is due from the Borrower.
"""

OPINION = """\
UNITED STATES COURT OF APPEALS
FOR THE FIRST CIRCUIT

JOHN ALDER,

Plaintiff, Appellant,

v.

BIRCH COMPANY, INC.,

Defendant, Appellee.

On June 7, 1996, the company dismissed the plaintiff from his post as a foreman. On May 2, 1997, the
plaintiff filed a complaint in the district court. On January 9, 1998, the district court entered
judgment for the company.

A party must raise a claim below in order to press it on appeal. See Oak v. Elm, 123 F.3d 456, 460
(1st Cir. 1997). The company had argued that we hold otherwise.

We hold that the claim was not raised in the district court and is lost.

We held in an earlier case that such a claim may be saved.

For these reasons, the judgment of the district court is affirmed.
"""

ACT = """\
---
title: "Marketing of Oats Act, 1931"
rank: "act"
---
# Marketing of Oats Act, 1931

##### 1 Interpretation

In this Act—

“the Minister” means the Minister for Agriculture and Food;

“oats” means any oats grown in the State, whether or not milled;

“inspector” has the meaning assigned to it by section 5;

##### 2 Can a licence be revoked?

The Minister may revoke a licence where the holder has been convicted of an offence under this Act.

##### 3 Register of growers

The Minister shall keep a register of growers of oats. Every grower in the register shall be
entitled to a copy of it.
"""

ARGUMENT = """\
ANN ASH: Counsel, would you tell us whether the statute has ever been applied to a private road?
BEN OAK: It has been applied to private roads in three States, and in each the owner had opened the road to all.
ANN ASH: I see.
BEN OAK: And so the rule that we ask for is settled law in these States, as we show in the brief.
ANN ASH: Was that -- was it argued below that the owner had ever opened it?
BEN OAK: No, it was not argued there, since nobody had raised the point before the appeal was taken by them.
"""


def found(kind: str, text: str, title: str | None = None, seed: int = 0) -> list[Sample]:
    samples = list(mine("doc", text, source="s", title=title, kinds=[kind], seed=seed))
    for sample in samples:
        assert all(text[span.start : span.end] == span.text for span in sample.evidence)
        assert sample.evidence and sample.prompt
    return samples


def asked(sample: Sample) -> str:
    return str(sample.meta["question"])


def answers(kind: str, text: str, title: str | None = None) -> str:
    return "\n".join(sample.completion or "" for sample in found(kind, text, title))
