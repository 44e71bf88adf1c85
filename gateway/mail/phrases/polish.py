from gateway.mail.phrases.language import Phrases

POLISH = Phrases(
    "pl",
    openers="w dniu|dnia|w|data|dn|dniu|o godz",
    wrote="napisał(a)|napisał|napisała|pisze|napisał/a|napisali|napisał(-a)|pisał(a)|pisał",
    wrote_by="użytkownik",
    starts="wiadomość napisana przez|użytkownik",
    calendar="poniedziałek|wtorek|środa|środę|czwartek|piątek|sobota|sobotę|niedziela|niedzielę|pon|pn|wt|śr|czw|pt|sob|so|ndz"
    "|niedz|nd|nie|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia"
    "|sty|lut|mar|kwi|maj|cze|lip|sie|wrz|paź|lis|gru",
    author="od|nadawca",
    recipient="do|adresat|odbiorca",
    copy="dw|udw|kopia|do wiadomości|ukryta kopia",
    date="data|wysłano|wysłane|data wysłania|wysłany",
    subject="temat",
    reply_to="odpowiedz do|odpowiedź do|odpowiedź|ważność|załączniki|zwrotny",
    original="wiadomość oryginalna|oryginalna wiadomość|pierwotna wiadomość|wiadomość pierwotna|treść oryginalnej wiadomości"
    "|original message|treść wiadomości",
    forward_stem="przekaz|przesłan|przesyłan",
    forwarded="wiadomość przekazana dalej|wiadomość przekazana|przekazana wiadomość|przesłana wiadomość"
    "|początek przekazywanej wiadomości|początek przekazanej wiadomości|treść przekazanej wiadomości"
    "|wiadomość przesłana dalej|początek przesyłanej dalej wiadomości",
    forward_prefix="pd|przek|odp pd|fwd|podaj dalej|przekazano|przekazane",
    sent_from="wysłane z|wysłano z|wysłane przez|wysłano za pomocą|wysłane za pomocą|wysłano przy użyciu"
    "|pobierz program outlook dla|pobierz aplikację outlook|wysyłane z|uzyskaj program outlook|wysłano przez"
    "|wolny od wirusów|pobierz outlook dla|wysłane ze|wysłano ze|uzyskaj aplikację outlook|pobierz aplikacje outlook"
    "|wysłane przy użyciu|przepraszam za zwięzłość",
    undelivered="niedostarczaln|nie można dostarczyć|nie powiodło się dostarczenie|nie udało się dostarczyć"
    "|nie została dostarczona|nie mogła zostać dostarczona|nie doręczono|nie została doręczona|niedoręczon"
    "|opóźnienie w dostarczeniu|opóźnienie w doręczeniu"
    # As servers write it that keep to ASCII.
    "|nie mozna dostarczyc|nie udalo sie dostarczyc|nie zostala dostarczona|nie mogla zostac dostarczona|nie doreczono"
    "|nie zostala doreczona",
    vacation="automatyczna odpowiedź|autoodpowiedź|odpowiedź automatyczna|poza biurem|nieobecność|nieobecny|nieobecna|urlop"
    "|jestem na urlopie|autoresponder|jestem poza biurem|zwrotka automatyczna|automatyczna odp|przebywam na urlopie",
    words="i nie na że jak to ale z dla mnie się jest do w o co proszę dziękuję dzień dobry czy po pozdrawiam mam być przez"
    " tak już od jestem",
)
