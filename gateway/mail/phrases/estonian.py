from gateway.mail.phrases.language import Phrases

ESTONIAN = Phrases(
    "et",
    forward_prefix="edasi",
    openers="kuupäev|kell",
    wrote="kirjutas|kirjutas järgmist",
    wrote_by="kirjutas",
    calendar="esmaspäev|teisipäev|kolmapäev|neljapäev|reede|laupäev|pühapäev|e|t|k|n|r|l|p|jaanuar|veebruar|märts|aprill|mai|juuni"
    "|juuli|august|september|oktoober|november|detsember",
    author="saatja|kellelt",
    recipient="saaja|kellele|adressaat",
    copy="koopia",
    date="kuupäev|saadetud|saatmisaeg",
    subject="teema",
    original="algne kiri|algteade",
    forward_stem="edasta",
    forwarded="edastatud kiri|edastatud sõnum|edastatud meil",
    sent_from="saadetud minu",
    undelivered="kättetoimetamine nurjus|ei saa kohale toimetada",
    vacation="automaatvastus|kontorist väljas|automaatne vastus",
)
