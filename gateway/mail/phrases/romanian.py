from gateway.mail.phrases.language import Phrases

ROMANIAN = Phrases(
    "ro",
    openers="în|la|pe|data|pe data de|în data de|la data de|pe data|din",
    wrote="a scris|a scris următoarele|scrie",
    calendar="luni|marți|miercuri|joi|vineri|sâmbătă|duminică|lun|mar|mie|vin|sâm|dum|ianuarie|februarie|martie|aprilie|mai"
    "|iunie|iulie|august|septembrie|octombrie|noiembrie|decembrie|ian|feb|apr|iun|iul|aug|sept|sep|oct|nov|noi|dec",
    author="de la|expeditorul|expeditor|din partea",
    recipient="către|destinatarul|destinatar|catre|la",
    copy="cc|copie|copie carbon",
    date="data|dată|trimis|trimis la|expediat",
    subject="subiect|subiectul",
    reply_to="răspuns la|răspunde la",
    original="mesaj original|mesajul original|mesaj inițial",
    forward_stem="redirec|înaint|retransmis|transmis mai",
    forwarded="mesaj redirecționat|începe mesajul redirecționat|mesaj transmis|mesaj trimis mai departe|mesaj înaintat|mesaj redirectionat",
    forward_prefix="redirecționat|fwd",
    sent_from="trimis de pe|trimis din|trimis cu|trimis prin|trimis de la|obțineți outlook|descărcați outlook|fără viruși"
    "|trimis folosind|trimis utilizând|obține outlook|descarcă outlook",
    undelivered="imposibil de livrat|livrarea nu a reușit|nu a putut fi livrat|nelivrat|nelivrabil|livrare eșuată",
    vacation="răspuns automat|în afara biroului|raspuns automat|concediu|absent|sunt în concediu|mesaj automat|absență|plecat din birou",
    words="și nu că la de pe cu în să este am un o mai dar pentru bună ziua mulțumesc vă rog care din sunt sau ce se mi",
)
