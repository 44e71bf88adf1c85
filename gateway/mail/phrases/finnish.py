from gateway.mail.phrases.language import Phrases

FINNISH = Phrases(
    "fi",
    openers="päivämäärä|lähetetty",
    wrote="kirjoitti|kirjoittaa|kirjoitti seuraavaa",
    wrote_by="kirjoitti",
    starts="viesti",
    calendar="maanantai|tiistai|keskiviikko|torstai|perjantai|lauantai|sunnuntai|maanantaina|tiistaina|keskiviikkona|torstaina"
    "|perjantaina|lauantaina|sunnuntaina|ma|ti|ke|to|pe|la|su|tammikuuta|helmikuuta|maaliskuuta|huhtikuuta|toukokuuta"
    "|kesäkuuta|heinäkuuta|elokuuta|syyskuuta|lokakuuta|marraskuuta|joulukuuta|tammik|helmik|maalisk|huhtik|toukok"
    "|kesäk|heinäk|elok|syysk|lokak|marrask|jouluk",
    author="lähettäjä",
    recipient="vastaanottaja|vastaanottajat",
    copy="kopio|piilokopio",
    date="päivämäärä|päiväys|lähetetty|pvm",
    subject="aihe",
    original="alkuperäinen viesti|alkuperäinen sähköposti",
    forward_stem="välite|edelleen",
    forwarded="välitetty viesti|välitetty viesti alkaa|edelleenlähetetty viesti|edelleen lähetetty viesti"
    "|välitetty viesti / fwd.msg|alkuperäinen välitetty viesti",
    forward_prefix="vs|vl|välitetty",
    sent_from="lähetetty iphonesta|lähetetty ipadista|lähetetty minun|lähetetty laitteesta|lähetetty|hanki outlook"
    "|viruksenpaljastaja|hae outlook|lataa outlook for|hanki outlook for",
    undelivered="ei voi toimittaa|toimitus epäonnistui|ei voitu toimittaa|toimittaminen epäonnistui|toimittamat|perille toimittaminen",
    vacation="automaattinen vastaus|poissa|poissaolo|lomalla|poissaoloilmoitus|automaattivastaus|poissaoloviesti|olen lomalla|olen poissa",
    words="ja on ei että se en hän mutta tai kun niin kuin olen minun kiitos hei voi mitä jos myös nyt oli ovat tämä sen",
)
