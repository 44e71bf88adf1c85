from gateway.mail.phrases.language import Phrases

SLOVENIAN = Phrases(
    "sl",
    openers="v|dne|dan|ob",
    wrote="je napisal|je napisala|napisal|napisala|je napisal/-a|piše",
    wrote_by="je oseba|oseba",
    calendar="ponedeljek|torek|sreda|četrtek|petek|sobota|nedelja|pon|tor|sre|čet|pet|sob|ned|januar|februar|marec|april|maj|junij"
    "|julij|avgust|september|oktober|november|december|jan|feb|mar|apr|jun|jul|avg|sep|okt|nov|dec",
    author="od|pošiljatelj",
    recipient="za|prejemnik|komu",
    copy="kp|skp|kopija",
    date="datum|poslano|poslana",
    subject="zadeva|predmet",
    original="izvirno sporočilo|originalno sporočilo",
    forward_stem="posred",
    forwarded="posredovano sporočilo|posredovano e-poštno sporočilo",
    forward_prefix="posr",
    sent_from="poslano z|poslano iz|pošiljam iz",
    undelivered="ni mogoče dostaviti|dostava ni uspela|nedostavljiv",
    vacation="samodejni odgovor|odsoten|odsotna",
)
