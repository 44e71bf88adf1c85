from gateway.mail.phrases.language import Phrases

CROATIAN = Phrases(
    "hr",
    openers="dana|datum|u|na|dne",
    wrote="je napisao|je napisala|je napisao/la|je napisao(la)|je napisao/napisala|napisao je|napisala je|napisao|napisala|piše",
    wrote_by="korisnik",
    calendar="ponedjeljak|utorak|srijeda|četvrtak|petak|subota|nedjelja|pon|uto|sri|čet|pet|sub|ned|siječnja|veljače|ožujka|travnja"
    "|svibnja|lipnja|srpnja|kolovoza|rujna|listopada|studenoga|prosinca|sij|velj|ožu|tra|svi|lip|srp|kol|ruj|lis|stu|pro",
    author="šalje|od|pošiljatelj",
    recipient="prima|za|primatelj",
    copy="kopija|u kopiji",
    date="datum|poslano",
    subject="naslov|predmet",
    original="izvorna poruka|originalna poruka",
    forward_stem="proslij|prosljeđ",
    forwarded="proslijeđena poruka|početak proslijeđene poruke|započni proslijeđenu poruku",
    forward_prefix="proslijeđeno|prosl",
    sent_from="poslano s|poslano sa|poslano iz|nabavite outlook|preuzmite outlook",
    undelivered="nije moguće isporučiti|nije isporučen|isporuka nije uspjela|neisporučiv",
    vacation="automatski odgovor|izvan ureda|odsutnost|godišnji odmor",
    words="i je da se na u za ne što sam ali kao od su može hvala molim dobar dan imam nije bi ili to",
)
