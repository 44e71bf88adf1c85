from gateway.mail.phrases.language import Phrases

LITHUANIAN = Phrases(
    "lt",
    forward_prefix="persiųsti|persiųsta",
    openers="data|dieną",
    wrote="rašė|parašė|rašo",
    calendar="pirmadienis|antradienis|trečiadienis|ketvirtadienis|penktadienis|šeštadienis|sekmadienis|pr|an|tr|kt|pn|št|sk|saus|vas"
    "|kov|bal|geg|birž|liep|rugp|rugs|spal|lapkr|gruod|sausio|vasario|kovo|balandžio|gegužės|birželio|liepos|rugpjūčio|rugsėjo",
    author="nuo|siuntėjas",
    recipient="kam|gavėjas",
    copy="kopija",
    date="data|išsiųsta",
    subject="tema",
    original="originalus laiškas|pradinis pranešimas|originalus pranešimas",
    forward_stem="persiųst|persiunč",
    forwarded="persiųstas laiškas|persiunčiamas laiškas|persiųstas pranešimas",
    sent_from="išsiųsta iš|siųsta iš",
    undelivered="nepavyko pristatyti|nepristatyt",
    vacation="automatinis atsakymas|ne biure|atostog",
)
