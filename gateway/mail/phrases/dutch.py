from gateway.mail.phrases.language import Phrases

DUTCH = Phrases(
    "nl",
    openers="op|datum",
    wrote="geschreven|schreef|schrijft|het volgende geschreven",
    wrote_by="schreef|heeft|schrijft",
    starts="bericht van",
    calendar="maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|ma|di|wo|do|vr|za|zo|januari|februari|maart|april|mei"
    "|juni|juli|augustus|september|oktober|november|december|jan|feb|mrt|apr|jun|jul|aug|sep|sept|okt|nov|dec",
    author="van|afzender",
    recipient="aan|ontvanger",
    copy="cc|kopie|bcc",
    date="datum|verzonden|verstuurd|verzonden op",
    subject="onderwerp",
    reply_to="antwoord aan|antwoord naar|beantwoorden|urgentie|bijlagen",
    original="oorspronkelijk bericht|origineel bericht|originele bericht|oorspronkelijke bericht",
    forward_stem="doorgest|doorgezon|doorstur",
    forwarded="doorgestuurd bericht|begin doorgestuurd bericht|doorgestuurde bericht|begin van doorgestuurd bericht|doorgezonden bericht",
    forward_prefix="dg|doorst|fwd|dorst|doorgestuurd",
    sent_from="verzonden vanaf|verstuurd vanaf|verzonden vanuit|verstuurd vanuit|verzonden via|verstuurd via|verzonden met"
    "|verstuurd met|outlook voor … downloaden|download outlook|virusvrij|outlook downloaden|haal outlook|verzonden door"
    "|verstuurd door",
    undelivered="onbestelbaar|kan niet bezorgen|kan niet worden bezorgd|kon niet worden bezorgd|kon niet worden afgeleverd"
    "|niet bezorgd|niet afgeleverd",
    vacation="automatisch antwoord|afwezig|niet aanwezig|afwezigheid|automatische reactie|automatisch bericht|afwezigheidsbericht"
    "|afwezigheidsmelding|buiten kantoor|niet op kantoor|automatisch afwezigheidsbericht",
    words="de het een en niet ik je dat is van voor met op te zijn maar ook wij hallo bedankt kan als nog er dit heb ben naar",
)
