from gateway.mail.phrases.language import Phrases

SLOVAK = Phrases(
    "sk",
    forward_prefix="preposlané",
    openers="dňa|v|dátum",
    wrote="napísal(a)|napísal|napísala|píše|napísali|napísal/a",
    wrote_by="používateľ",
    calendar="pondelok|utorok|streda|štvrtok|piatok|sobota|nedeľa|po|ut|st|št|pi|so|ne|januára|februára|marca|apríla|mája|júna"
    "|júla|augusta|septembra|októbra|novembra|decembra|jan|feb|mar|apr|máj|jún|júl|aug|sep|okt|nov|dec",
    author="od|odosielateľ",
    recipient="komu|pre|príjemca",
    copy="kópia|skrytá kópia|kópia (cc)",
    date="dátum|odoslané|odoslaná",
    subject="predmet",
    original="pôvodná správa|pôvodný e-mail|originálna správa",
    forward_stem="prepos|odovzdan|posunut|presmer",
    forwarded="preposlaná správa|začiatok preposlanej správy|odovzdaná správa|posunutá správa|presmerovaná správa",
    sent_from="odoslané z|odoslané zo|odoslané pomocou|poslané z|získať outlook|získajte outlook|stiahnuť outlook|bez vírusov"
    "|odoslané prostredníctvom|stiahnite si outlook|získajte aplikáciu outlook",
    undelivered="nedoručiteľn|doručenie … zlyhalo|nedá sa doručiť|nepodarilo sa doručiť|nebolo možné doručiť|nedoručen",
    vacation="automatická odpoveď|mimo kancelárie|neprítomnosť|dovolenka",
    words="a že sa na je to v s z ale ako pre do dobrý deň ďakujem prosím mi som alebo mám už by čo nie tak keď sme od",
)
