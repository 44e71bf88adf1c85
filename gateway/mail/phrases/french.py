from gateway.mail.phrases.language import Phrases

FRENCH = Phrases(
    "fr",
    openers="le|à la date du|en date du|date",
    wrote="a écrit|a ecrit|écrit|écrivait|à écrit|avez écrit|écrivit|écrivez",
    starts="message de",
    calendar="lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lun|mar|mer|jeu|ven|sam|dim|janvier|février|mars|avril|mai"
    "|juin|juillet|août|septembre|octobre|novembre|décembre|janv|févr|avr|juil|sept|oct|nov|déc",
    author="de|expéditeur",
    recipient="à|a|pour|destinataire",
    copy="cc|copie à|copie|cci|copie cachée",
    date="date|message du|envoyé|envoyé le|date d'envoi",
    subject="objet|sujet",
    reply_to="répondre à|réponse à|importance|pièces jointes",
    original="message d'origine|message d’origine|message original|message initial|courriel original|mail original",
    forward_stem="transf|transmis|réexp|faire suivre",
    forwarded="message transféré|message transmis|message réexpédié|début du message réexpédié|début du message transféré"
    "|courriel transféré|e-mail transféré|transféré par|mail transféré|message suivi",
    forward_prefix="tr|fwd",
    sent_from="envoyé de mon|envoyé de|envoyé depuis|envoyé à partir|envoyé avec|envoyé par|envoyé via|télécharger outlook"
    "|obtenez outlook|provenance : courrier|sans virus|envoyez par|obtenir outlook|téléchargez outlook|téléchargez outlook pour"
    "|envoyé avec mon|envoyé à l'aide",
    undelivered="échec de la remise|échec de remise|non remis|n'a pu être distribué|n'a pas pu être distribué"
    "|n'a pas pu être remis|non distribuable|remise impossible|impossible de remettre",
    vacation="réponse automatique|absence du bureau|absent du bureau|message automatique|absence|en congé|réponse automatisée"
    "|absent|je suis absent|je suis en congé|message d'absence|absence bureau",
    words="et le la les des vous je ne pas est que pour une un mon avec sur dans bonjour merci nous ce il mais votre mes qui au",
)
