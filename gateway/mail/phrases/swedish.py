from gateway.mail.phrases.language import Phrases

SWEDISH = Phrases(
    "sv",
    openers="den|på|datum|vid",
    wrote="skrev|skriver|har skrivit",
    wrote_by="skrev",
    starts="meddelande från",
    calendar="måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag|mån|tis|ons|tors|tor|fre|lör|sön|januari|februari|mars|april"
    "|maj|juni|juli|augusti|september|oktober|november|december|jan|feb|mar|apr|jun|jul|aug|sep|sept|okt|nov|dec",
    author="från|avsändare",
    recipient="till|mottagare",
    copy="kopia|cc|hemlig kopia",
    date="datum|skickat|skickades",
    subject="ämne|rubrik",
    original="ursprungligt meddelande|originalmeddelande|ursprungligt mail|originalmail",
    forward_stem="vidarebef|vidaresänd",
    forwarded="vidarebefordrat meddelande|vidarebefordrat brev|vidarebefordrat mail|början på vidarebefordrat meddelande"
    "|vidarebefordrat mejl|vidarebefordrat e-post",
    forward_prefix="vb|vidarebefordrat|vs",
    sent_from="skickat från|skickas från|skickades från|skickat med|skickat via|hämta outlook|skaffa outlook|virusfri|sänt från"
    "|skickat ifrån|sent från",
    undelivered="går inte att leverera|olevererbar|leveransen misslyckades|kunde inte levereras|ej levererat|oleverera",
    vacation="autosvar|frånvaro|frånvarande|automatiskt svar|ej på kontoret|semester|frånvaromeddelande|semestersvar"
    "|jag är på semester|automatsvar",
    words="och att det är jag en som inte på för med har av till den om vi hej tack kan men så mig när ni var ett",
)
