from gateway.mail.phrases.language import Phrases

NORWEGIAN = Phrases(
    "no",
    openers="den|på|dato|kl|tor",
    wrote="skrev|skrev følgende|skriver",
    wrote_by="skrev",
    starts="melding fra",
    calendar="mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag|man|tir|tirs|ons|tor|tors|fre|lør|søn|januar|februar|mars"
    "|april|mai|juni|juli|august|september|oktober|november|desember|jan|feb|mar|apr|jun|jul|aug|sep|sept|okt|nov|des",
    author="fra|avsender",
    recipient="til|mottaker",
    copy="kopi|cc|blindkopi",
    date="dato|sendt",
    subject="emne",
    original="opprinnelig melding|original melding|opprinnelig e-post|originalmelding",
    forward_stem="videresend|videresendt",
    forwarded="videresendt melding|videresendt e-post|begynnelsen på videresendt melding|begynnelse på videresendt melding"
    "|start på videresendt melding",
    forward_prefix="vs|videresendt",
    sent_from="sendt fra|sendt med|sendt via|sent fra|skaff deg outlook|last ned outlook|få outlook|virusfri",
    undelivered="kan ikke leveres|levering mislyktes|leveringen mislyktes|kunne ikke leveres|ikke levert|uleverbar",
    vacation="automatisk svar|autosvar|fravær|fraværende|ikke på kontoret|ferie|jeg er på ferie|fraværsmelding|automatisk fraværsmelding",
    words="og at det er jeg en som ikke på for med har av til den om vi hei takk kan men så meg når dere var et",
)
