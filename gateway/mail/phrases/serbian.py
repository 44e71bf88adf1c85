from gateway.mail.phrases.language import Phrases

SERBIAN = Phrases(
    "sr",
    forward_prefix="прослеђено|prosleđeno",
    openers="у|дана|dana|датум",
    wrote="је написао/ла|је написао|је написала|написао је|написала је|је написао(ла)|пише|je napisao|je napisala",
    calendar="понедељак|уторак|среда|четвртак|петак|субота|недеља|пон|уто|сре|чет|пет|суб|нед|јануар|фебруар|март|април|мај|јун|јул"
    "|август|септембар|октобар|новембар|децембар|јан|феб|мар|апр|авг|сеп|окт|нов|дец|januar|februar|mart|april|maj|jun|jul|avgust",
    author="од|шаље|šalje|od|pošiljalac",
    recipient="за|прима|prima|za",
    copy="копија|kopija",
    date="датум|послато|datum|poslato",
    subject="наслов|тема|naslov|tema",
    original="оригинална порука|изворна порука|originalna poruka",
    forward_stem="прослеђ|prosleđ",
    forwarded="прослеђена порука|prosleđena poruka|početak prosleđene poruke",
    sent_from="послато са|poslato sa",
    undelivered="није могуће испоручити|nije moguće isporučiti",
    vacation="аутоматски одговор|automatski odgovor|van kancelarije",
)
