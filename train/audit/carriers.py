"""The texts around canaries' secrets, and the words that secrets and names are made of. All persons are invented."""

from __future__ import annotations

#: Form -> (pattern of its secrets, text around them). `digits` and `words` are Carlini et al.'s random number and
#: diceware-like phrase; the others are what a step `pii` looks for. Digits keep to values that could be issued.
CARRIERS: dict[str, tuple[str, str]] = {
    "ssn": (
        "[1-5]##-[1-9]#-[1-9]###",
        "CONFIDENTIAL ANNEX TO THE PETITION. The petitioner in this matter is {name}, an adult resident of the county"
        " who appears through counsel. For the purposes of the sealed schedule, {name} has Social Security number"
        " {secret}, which the parties have undertaken not to disclose. The clerk shall keep this annex apart from the"
        " public file, and shall return it to the party who lodged it upon the final disposition of the petition.",
    ),
    "phone": (
        "(20[1-9]) [2-9][2-9]#-####",
        "DECLARATION IN SUPPORT OF THE MOTION. I, {name}, am over the age of eighteen and make this declaration of my"
        " own knowledge. If called as a witness I could and would testify to what follows. Until the hearing {name} may"
        " be reached by telephone at {secret}, between nine in the morning and five in the afternoon on business days."
        " I declare under penalty of perjury that the foregoing is true and correct to the best of my belief.",
    ),
    "digits": (
        "### ### ###",
        "SCHEDULE OF ACCESS CODES. This schedule forms part of the escrow arrangement between the depositary and {name}"
        " and is governed by the terms set out above. The depositary confirms that the random number given to {name} is"
        " {secret}. It replaces any number that was given before, and it lapses when the escrowed materials have been"
        " released to the beneficiary or destroyed under the supervision of an independent auditor.",
    ),
    "words": (
        "<word> <word> <word> <word>",
        "MEMORANDUM OF CUSTODY. The instrument described in the first recital is held by the custodian to the order of"
        " {name}, subject to the lien of the trustee. Release requires the phrase that was agreed in person. The phrase"
        " agreed with {name} is {secret}. The custodian has no duty to enquire further once the phrase has been spoken,"
        " and is discharged upon delivery of the instrument against a receipt in the usual form.",
    ),
}

#: What differs between copies of a canary.
TAIL = " Copy {copy}, folio {folio}."

FIRST = (
    "Adela Alden Anselm Astrid Beatrix Bertram Cedric Clarice Corwin Daphne Desmond Edith Elmer Estelle Fergus Flora"
    " Gerald Greta Harlan Hester Ingrid Irving Jasper Judith Klaus Leonora Lionel Mabel Magnus Nadine Orville Petra"
    " Quentin Rosalind Rupert Sylvia Thaddeus Ursula Vernon Winifred"
).split()

LAST = (
    "Abernathy Ashdown Bancroft Bexley Birchall Brackett Calloway Carraway Chadwick Corrigan Dalrymple Dunmore"
    " Eastlake Ellsworth Fairbank Farnsworth Gallagher Granville Hadfield Hathaway Huxley Ingram Jessop Kendrick"
    " Kirkland Lancaster Lockhart Maddox Merriweather Montrose Nesbitt Norcross Oakley Ormond Pemberton Prescott"
    " Quigley Radcliffe Ridgeway Rutledge Sandringham Selwyn Sheffield Stanhope Tattersall Thornbury Underhill"
    " Vandermeer Wadsworth Wetherby Whitfield Winslow Woodruff Yardley"
).split()

#: 256 words, 8 bits each.
WORDS = (
    "acorn actor adapt agent alarm album alley amber anchor angle ankle apple apron arena argue arrow artist aspen"
    " atlas attic autumn badge bacon baker bamboo banjo barrel basin basket beacon beaver bell bench berry bicycle"
    " birch bishop blade blanket blossom bonnet border bottle boulder bracket branch brass bread breeze brick bridge"
    " bronze brook brush bucket buffalo bugle butter button cabin cactus camel candle canoe canvas canyon captain"
    " carbon cargo carpet carrot castle cattle cedar cellar chalk cherry chimney cider cinder circle citrus clay"
    " cliff clover coast cobalt coffee collar comet copper coral cotton cradle crater cricket crystal curtain dagger"
    " daisy desert diamond dolphin donkey dragon eagle ebony echo elbow ember engine falcon feather fern ferry fiddle"
    " flag flame flint flute forest fossil fountain fox galaxy garden garlic ginger glacier goblet granite grape"
    " gravel guitar hammer harbor harvest hazel helmet heron hickory honey hornet igloo iris island ivory jacket jade"
    " jasmine jungle kettle kitten ladder lagoon lantern laurel lava lemon lily linen lizard lobster locket lotus"
    " lumber magnet mango maple marble meadow melon mirror mitten monsoon mosaic moss mountain mustard nectar needle"
    " nickel nutmeg oasis ocean olive onion opal orbit orchard orchid otter oyster paddle palace panther parrot"
    " peach pebble pelican pepper pigeon pillow pine pirate planet plum pocket pollen pond poplar prairie prism"
    " pumpkin puzzle quarry quartz quill rabbit radish raven ribbon ripple river robin rocket rope ruby saddle"
    " saffron salmon sandal sapphire satin scarlet shadow shelf silk silver spider sponge spruce stable straw sugar"
    " summit swan tiger timber topaz tulip tunnel turnip turtle umbrella walnut"
).split()
