from gateway.mail.phrases.language import Phrases

ITALIAN = Phrases(
    "it",
    openers="il|il giorno|in data|data|giorno",
    wrote="ha scritto|scrive|scritto|hanno scritto|scriveva",
    starts="messaggio da",
    calendar="lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|lun|mar|mer|gio|ven|sab|dom|gennaio|febbraio|marzo"
    "|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre|gen|feb|apr|mag|giu|lug|ago|set|sett|ott"
    "|nov|dic",
    author="da|mittente",
    recipient="a|per|destinatario",
    copy="cc|ccn|copia",
    date="data|inviato|inviata|inviato il",
    subject="oggetto",
    reply_to="rispondi a|risposta|risposta a|priorità|importanza|allegati",
    original="messaggio originale|messaggio di origine|messaggio di risposta",
    forward_stem="inoltr",
    forwarded="messaggio inoltrato|inizio messaggio inoltrato|messaggio inoltrato da|inizio del messaggio inoltrato"
    "|mail inoltrata|inoltrato da",
    forward_prefix="i|inoltro|fwd",
    sent_from="inviato da|inviato dal|inviato con|inviato tramite|scarica outlook|ottieni outlook|privo di virus|inviata da"
    "|ottenere outlook|scaricare outlook|inviato mediante|inviato usando",
    undelivered="non recapitabile|recapito non riuscito|mancato recapito|mancata consegna|impossibile recapitare"
    "|non è stato recapitato|non può essere recapitato",
    vacation="risposta automatica|fuori sede|fuori ufficio|assenza|in ferie|assente|messaggio automatico|sono in ferie"
    "|sono assente|risponditore automatico",
    words="il la che non di per con una un è in mi sono ho ma come più si lo grazie buongiorno salve della gli del questo anche",
)
