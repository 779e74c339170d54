"""Numbers of persons and accounts that a label announces; checked by their check digits where they have any.

Presidio's own recognisers of several of these take every number whose check digits hold, whatever stands before it.
One nine-digit number in eleven passes for an Australian tax file number; in text full of figures that is no evidence.
"""

from __future__ import annotations

from curate.pii import checksums
from curate.pii.recognisers.labelled import GAP, NUMBER, Rule, after

_DIGITS9 = r"[0-9]{3}[ \-]?[0-9]{3}[ \-]?[0-9]{3}"
_ACCOUNT = r"[0-9](?:[ \-]?[0-9X*]){4,19}"
_PHONE = r"\+?\(?[0-9](?:[\s().\-/]{0,3}[0-9]){6,14}"
_PLATE = r"(?=[A-Z0-9 \-]{0,7}[0-9])[A-Z0-9]{1,4}(?:[ \-]?[A-Z0-9]{1,4}){1,2}"
_TIN = r"tax(?:payer)?\s(?:identification|id|file|reference|registration)"


RULES = (
    # Banks.
    Rule(
        "ABA_ROUTING_NUMBER",
        "routing number",
        after(r"aba|routing|rtn|transit|fedwire", r"[0-9]{4}-?[0-9]{4}-?[0-9]"),
        0.9,
        checksums.aba_routing,
    ),
    Rule(
        "US_BANK_NUMBER",
        "account number",
        after(r"(?:account|acct\.?|a/c|acc\.|konto|clearing\saccount)", _ACCOUNT),
        0.75,
    ),
    Rule("UK_SORT_CODE", "sort code", after("sort[ -]?code", r"[0-9]{2}[ \-]?[0-9]{2}[ \-]?[0-9]{2}"), 0.9),
    Rule(
        "SWIFT_CODE",
        "SWIFT code",
        after(r"swift|bic|s\.w\.i\.f\.t\.", r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?"),
        0.9,
        checksums.bic,
    ),
    # Tax.
    Rule(
        "US_EIN",
        "EIN",
        after(
            r"ein|fein|i\.?r\.?s\.?|employer(?:'s)?\sidentification|employer\sid|" + _TIN,
            r"[0-9]{2}-[0-9]{7}",
        ),
        0.85,
        checksums.us_ein,
    ),
    Rule(
        "US_SSN",
        "social security number",
        after(r"social\ssecurity|ssn|s\.s\.n\.|ss|" + _TIN, r"[0-9X*]{3}[ \-]?[0-9X*]{2}[ \-]?[0-9]{4}"),
        0.85,
    ),
    Rule(
        "UK_UTR",
        "UTR",
        after(r"utr|unique\staxpayer\sreference|tax\sreference", r"[0-9]{5}\s?[0-9]{5}K?"),
        0.9,
        checksums.uk_utr,
    ),
    Rule(
        "UK_NINO",
        "National Insurance",
        after(r"national\sinsurance|nino|ni", r"[A-Z]{2}\s?[0-9]{2}\s?[0-9]{2}\s?[0-9]{2}\s?[A-D]"),
        0.9,
        checksums.uk_nino,
    ),
    Rule(
        "VAT_NUMBER",
        "VAT number",
        after(
            r"vat|v\.a\.t\.|ust-?id(?:nr)?\.?|tva|btw|iva|partita\siva|value[ -]added\stax|cif|moms",
            r"[A-Z]{2}\s?[0-9A-Z](?:[ .\-]?[0-9A-Z]){7,13}",
        ),
        0.9,
        checksums.vat,
    ),
    Rule(
        "DE_TAX_ID",
        "Steuer-ID",
        after(
            r"steuer-?id(?:nr)?\.?|steuerliche\sidentifikationsnummer|idnr\.?|steueridentifikationsnummer",
            r"[0-9]{2}\s?[0-9]{3}\s?[0-9]{3}\s?[0-9]{3}",
        ),
        0.9,
        checksums.de_steuer_id,
    ),
    Rule("AU_TFN", "tax file number", after(r"tfn|tax\sfile", _DIGITS9), 0.9, checksums.au_tfn),
    Rule(
        "AU_ABN",
        "ABN",
        after(r"abn|a\.b\.n\.|australian\sbusiness", r"[0-9]{2}[ ]?[0-9]{3}[ ]?[0-9]{3}[ ]?[0-9]{3}"),
        0.9,
        checksums.au_abn,
    ),
    Rule("AU_ACN", "ACN", after(r"acn|a\.c\.n\.|australian\scompany", _DIGITS9), 0.9, checksums.au_acn),
    Rule(
        "TAX_ID",
        "tax number of any country",
        after(_TIN + r"|tin\b|pan\b|nip\b|codice\sfiscale|partita\siva|steuernummer|nif\b", NUMBER),
        0.7,
    ),
    # National identity.
    Rule(
        "IE_PPS",
        "PPS number",
        after(r"pps[n]?|p\.p\.s\.|personal\spublic\sservice|rsi", r"[0-9]{7}\s?[A-W][A-IW]?"),
        0.9,
        checksums.ie_pps,
    ),
    Rule(
        "CA_SIN",
        "social insurance number",
        after(r"sin|s\.i\.n\.|social\sinsurance", _DIGITS9),
        0.9,
        checksums.ca_sin,
    ),
    Rule(
        "FR_NIR",
        "NIR",
        after(
            r"nir|insee|sécurité\ssociale|securite\ssociale|french\ssocial\ssecurity",
            r"[1-478][ ]?[0-9]{2}[ ]?[0-9]{2}[ ]?[0-9][0-9AB][ ]?[0-9]{3}[ ]?[0-9]{3}[ ]?[0-9]{2}",
        ),
        0.9,
        checksums.fr_nir,
    ),
    Rule("ES_NIF", "NIF", r"(?<![\w\-])(?:[0-9]{8}|[XYZ][0-9]{7})-?[A-Z](?![\w\-])", 0.8, checksums.es_nif),
    Rule(
        "NL_BSN",
        "BSN",
        after(r"bsn|burgerservicenummer|sofinummer|citizen\sservice", r"[0-9]{4}[ .]?[0-9]{2}[ .]?[0-9]{3}"),
        0.9,
        checksums.nl_bsn,
    ),
    Rule("PL_PESEL", "PESEL", after("pesel", r"[0-9]{11}"), 0.9, checksums.pl_pesel),
    Rule(
        "NATIONAL_ID",
        "identity card",
        after(
            r"(?<!usiness\s)(?:national\s)?identity(?:\scard|\sdocument)?|national\sid(?:entification)?|id\scard|"
            r"personalausweis|carte\sd['’]identité|identification\scard|medicare|nric",
            NUMBER,
        ),
        0.7,
    ),
    Rule(
        "US_ALIEN_NUMBER",
        "alien number",
        after(
            r"alien(?:\sregistration)?|a-?number|uscis", r"A?[\s\-]?[0-9]{2,3}[ \-]?[0-9]{3}[ \-]?[0-9]{3}"
        ),
        0.85,
    ),
    Rule(
        "US_ALIEN_NUMBER",
        "alien number by form",
        r"(?<![\w\-])A[0-9]{2,3}[ \-][0-9]{3}[ \-][0-9]{3}(?![\w\-])",
        0.7,
    ),
    Rule(
        "INMATE_NUMBER",
        "inmate number",
        after(r"inmate|prisoner|cdcr|offender|booking", r"[A-Z]{0,2}-?[0-9]{4,8}(?:-[0-9]{3})?"),
        0.75,
    ),
    Rule("INMATE_NUMBER", "federal register number", after(r"reg(?:ister|\.)?", r"[0-9]{5}-[0-9]{3}"), 0.75),
    # Passports, licences, plates, membership of a bar, patients.
    Rule(
        "PASSPORT_NUMBER",
        "passport",
        after(
            r"(?:passports?|reisepass|passeport)(?:\s(?:bearing|book|issued\sby\s[A-Z][a-z]{2,12}))?", NUMBER
        ),
        0.85,
    ),
    Rule(
        "DRIVER_LICENSE",
        "driving licence",
        after(
            r"(?:driver['’]?s?['’]?|driving|operator['’]?s?)\s(?:licen[cs]es?|permit)|d\.?l\.?(?=\s?[#n:])",
            NUMBER,
        ),
        0.85,
    ),
    Rule(
        "LICENSE_PLATE",
        "licence plate",
        after(
            r"licen[cs]e\splates?|registration\s(?:plates?|mark)|number\splates?|"
            r"vehicle\sregistration|license\stag|bearing\s(?:registration|plates?|tag)|"
            r"plate\s(?=n)|tag\s(?=n)",
            _PLATE,
        ),
        0.75,
    ),
    Rule(
        "VEHICLE_ID",
        "vehicle identification number",
        after(r"vin|vehicle\sidentification", r"[A-HJ-NPR-Z0-9]{17}"),
        0.9,
    ),
    Rule(
        "BAR_NUMBER",
        "bar number",
        after(
            r"(?:state\s)?bar|(?:attorney|atty\.?)(?:\sregistration)?(?=\s(?:no|reg|id|#))|bbo|sbn|"
            r"juris|ardc|roll",
            r"[A-Z]{0,2}[0-9]{4,9}",
        ),
        0.75,
    ),
    Rule(
        "MEDICAL_RECORD_NUMBER",
        "patient number",
        after(
            r"mrn|medical\srecord|patient(?:\sid)?|hospital\srecord|chart|health\s(?:insurance|"
            r"plan)(?:\smember)?|nhs|member\sid|beneficiary",
            NUMBER,
        ),
        0.75,
    ),
    Rule(
        "PHONE_NUMBER",
        "labelled telephone",
        rf"\b(?i:telephones?|tel|telecop(?:y|ier)|telefax|telex|phone|fax|facsimile|mobile|cell|"
        rf"cellphone|ph|hotline|pager)\b{GAP}(?P<value>{_PHONE})(?!\w)",
        0.75,
    ),
)
