from gateway.mail.phrases.language import Phrases

DANISH = Phrases(
    "da",
    openers="den|d|dato|på|kl",
    wrote="skrev|skriver|har skrevet",
    wrote_by="skrev",
    calendar="mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag|man|tir|tirs|ons|tor|tors|fre|lør|søn|januar|februar|marts"
    "|april|maj|juni|juli|august|september|oktober|november|december|jan|feb|mar|apr|jun|jul|aug|sep|sept|okt|nov|dec",
    author="fra|afsender",
    recipient="til|modtager",
    copy="kopi|cc|cc til|bcc|skjult kopi",
    date="dato|sendt",
    subject="emne",
    original="oprindelig meddelelse|original meddelelse|oprindelig besked|original besked|oprindelig mail|oprindelig e-mail"
    "|oprindelig aftale",
    forward_stem="videresend",
    forwarded="videresendt meddelelse|videresendt besked|start på videresendt besked|videresendt mail"
    "|start på videresendt e-mail|start på videresendt meddelelse|videresendt e-mail",
    forward_prefix="vs|videresendt",
    sent_from="sendt fra|sendt med|sendt via|hent outlook|få outlook|virusfri|afsendt fra",
    undelivered="kan ikke leveres|levering … mislykkedes|leveringen mislykkedes|kunne ikke leveres|ikke-leverbar|ikke leveret"
    "|kan ikke afleveres",
    vacation="automatisk svar|autosvar|fravær|fraværende|ikke på kontoret|ferie|jeg er på ferie|automatisk besvarelse"
    "|fraværsmeddelelse|fraværsbesked",
    words="og at det er jeg en som ikke på for med har af til den om vi hej tak kan men så mig når var et jer venlig hilsen",
)
