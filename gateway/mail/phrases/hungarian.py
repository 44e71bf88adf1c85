from gateway.mail.phrases.language import Phrases

HUNGARIAN = Phrases(
    "hu",
    openers="dátum|ekkor",
    wrote="írta|ezt írta|írta a következőt|a következőt írta|írta ekkor",
    wrote_by="ezt írta",
    calendar="hétfő|kedd|szerda|csütörtök|péntek|szombat|vasárnap|h|k|sze|cs|p|szo|v|január|február|március|április|május"
    "|június|július|augusztus|szeptember|október|november|december|jan|febr|márc|ápr|máj|jún|júl|aug|szept|okt|nov"
    "|dec",
    author="feladó|küldő",
    recipient="címzett|címzettek",
    copy="másolat|másolatot kap|titkos másolat",
    date="dátum|elküldve|küldve|időpont|küldés ideje",
    subject="tárgy",
    original="eredeti üzenet|eredeti levél|eredeti e-mail",
    forward_stem="továbbít",
    forwarded="továbbított üzenet|továbbított levél|továbbított levél kezdete|továbbított üzenet kezdete|továbbított e-mail|továbbítva",
    forward_prefix="tov|továbbítás|fwd",
    sent_from="iphone-ról küldve|küldve a|elküldve a|elküldve az|az iphone-omról küldve|iphone-omról küldve"
    "|ipademről küldve|vírusmentes|töltse le|az outlook … letöltése|… küldve|elküldve …ből|elküldve …ból|elküldve …ről"
    "|elküldve …ról|szerezze be",
    undelivered="kézbesíthetetlen|kézbesítés … nem sikerült|nem sikerült kézbesíteni|nem kézbesíthető|sikertelen kézbesítés",
    vacation="automatikus válasz|házon kívül|irodán kívül|távollét|szabadságon|távol vagyok|szabadságon vagyok|automata válasz"
    "|automatikus üzenet",
    words="és a az hogy nem is egy de ez van már meg volt csak mint vagy ha kell köszönöm jó napot kérem nekem még el én",
)
