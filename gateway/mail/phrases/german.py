from gateway.mail.phrases.language import Phrases

GERMAN = Phrases(
    "de",
    openers="am|den|dem|datum|vom",
    wrote="schrieb|geschrieben|schreibt|hat geschrieben",
    wrote_by="schrieb|schreibt|hat",
    starts="nachricht von|zitat von",
    calendar="montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|mo|di|mi|do|fr|sa|so|mon|don|januar"
    "|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember|jan|feb|mrz|mär|apr|jun|jul|aug|sep"
    "|sept|okt|nov|dez",
    author="von|absender",
    recipient="an|empfänger",
    copy="cc|kopie|kopie an|bcc|blindkopie",
    date="datum|gesendet|gesendet am|verschickt",
    subject="betreff|thema",
    reply_to="antwort an|antwort|antworten an|wichtigkeit|anlagen|priorität",
    original="ursprüngliche nachricht|originalnachricht|original-nachricht|original nachricht|antwort nachricht"
    "|ursprüngliche mail|originale nachricht|ursprünglicher termin",
    forward_stem="weitergeleitet|weiterleit",
    forwarded="weitergeleitete nachricht|weitergeleitete mail|anfang der weitergeleiteten nachricht"
    "|anfang der weitergeleiteten e-mail|weitergeleitete email|beginn der weitergeleiteten nachricht"
    "|weitergeleitet von",
    forward_prefix="wg|weitergeleitet|fw|fwd",
    sent_from="gesendet von|gesendet mit|diese nachricht wurde von meinem|von unterwegs gesendet"
    "|holen sie sich outlook|outlook für … beziehen|gesendet über|gesendet aus|virenfrei"
    "|diese e-mail wurde von meinem|vom handy gesendet|von mein… gesendet|von samsung mobile gesendet|von mobilgerät gesendet"
    "|von einem mobil… gesendet|diese nachricht wurde … gesendet|diese e-mail wurde … gesendet|laden sie outlook|hol dir outlook",
    undelivered="fehler bei der nachrichtenzustellung|konnte nicht übermittelt|konnte nicht zugestellt|nicht zugestellt"
    "|unzustellbar|zustellfehler|zustellung fehlgeschlagen",
    vacation="automatische antwort|abwesenheitsnotiz|abwesenheit|nicht im büro|außer haus|abwesend|automatische rückmeldung"
    "|abwesenheitsassistent|im urlaub|urlaub|autoantwort|automatische abwesenheitsmeldung|abwesenheitsmeldung|ich bin im urlaub"
    "|ich bin nicht im büro",
    words="und nicht ist das die der ich sie wir mit für auf ein eine bitte danke dass den zu von es habe haben wie aber"
    " auch oder noch mir hallo",
)
