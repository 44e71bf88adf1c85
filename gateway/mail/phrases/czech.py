from gateway.mail.phrases.language import Phrases

CZECH = Phrases(
    "cs",
    openers="dne|dňa|v|datum",
    wrote="napsal|napsala|napsal(a)|píše|napsali|napsal/a",
    wrote_by="odesílatel|uživatel",
    calendar="pondělí|úterý|středa|čtvrtek|pátek|sobota|neděle|po|út|st|čt|pá|so|ne|ledna|února|března|dubna|května|června"
    "|července|srpna|září|října|listopadu|prosince|led|úno|bře|dub|kvě|čvn|čvc|srp|zář|říj|lis|pro",
    author="od|odesílatel",
    recipient="komu|příjemce|pro",
    copy="kopie|skrytá kopie",
    date="datum|odesláno",
    subject="předmět",
    reply_to="odpovědět|odpověď|důležitost|přílohy",
    original="původní zpráva|původní e-mail|originální zpráva|původní email",
    forward_stem="přepos|předan|přesměr|přeposl",
    forwarded="přeposlaná zpráva|začátek přeposílané zprávy|předaná zpráva|přeposlaný e-mail|začátek přeposlané zprávy|přesměrovaná zpráva",
    forward_prefix="fwd|přep|přeposláno|přeposlané|předáno",
    sent_from="odesláno z|odesláno ze|odesláno pomocí|posláno z|stáhnout outlook|získat outlook|získejte outlook"
    "|neobsahuje viry|bez virů|odesláno prostřednictvím|stáhněte si outlook|získejte aplikaci outlook",
    undelivered="nedoručiteln|doručení … se nezdařilo|nelze doručit|nepodařilo se doručit|nebylo možné doručit|nedoručen",
    vacation="automatická odpověď|mimo kancelář|nepřítomnost|dovolená|jsem mimo|jsem na dovolené|automatická odpoveď|nejsem v kanceláři",
    words="a že se na je to v s z ale jak pro do dobrý den děkuji prosím mi jsem nebo mám už by co ne tak když jsme od",
)
