from gateway.mail.phrases.language import Phrases

CATALAN = Phrases(
    "ca",
    openers="el|dia|el dia|les|a les",
    wrote="va escriure|ha escrit|escriví",
    starts="missatge de",
    calendar="dilluns|dimarts|dimecres|dijous|divendres|dissabte|diumenge|dl|dt|dc|dj|dv|ds|dg|gener|febrer|març|maig|juny|juliol"
    "|agost|setembre|octubre|novembre|desembre|gen|febr|jul|ag|set",
    author="de",
    recipient="per a",
    date="data|enviat el",
    subject="assumpte",
    original="missatge original",
    forward_stem="reenvi",
    forwarded="missatge reenviat|missatge remès|inici del missatge reenviat|comença el missatge reenviat",
    sent_from="enviat des del meu|enviat des",
    undelivered="no s'ha pogut lliurar",
    vacation="resposta automàtica",
)
