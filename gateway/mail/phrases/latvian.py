from gateway.mail.phrases.language import Phrases

LATVIAN = Phrases(
    "lv",
    forward_prefix="pārs|pārsūtīts",
    openers="plkst|datums",
    wrote="rakstīja|uzrakstīja",
    calendar="pirmdiena|otrdiena|trešdiena|ceturtdiena|piektdiena|sestdiena|svētdiena|pirmd|otrd|trešd|ceturtd|piektd|sestd|svētd"
    "|gada|janvāris|februāris|marts|aprīlis|maijs|jūnijs|jūlijs|augusts|septembris|oktobris|novembris|decembris",
    author="no|sūtītājs",
    recipient="kam|adresāts",
    copy="kopija",
    date="datums|nosūtīts",
    subject="temats|tēma",
    original="sākotnējais ziņojums|sākotnējā ziņa",
    forward_stem="pārsūt",
    forwarded="pārsūtītais ziņojums|pārsūtīta ziņa",
    sent_from="nosūtīts no",
    undelivered="nevar piegādāt|neizdevās piegādāt",
    vacation="automātiska atbilde|automātiskā atbilde|ārpus biroja",
)
