"""What mail programs and people write round a message, language by language. Adding a language is adding one entry here.

Alternatives are divided by `|`. Matching ignores case and the marks that mail programs put round words (`*From:*`, `----- … -----`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """Every field but `code` may stay empty."""

    code: str
    openers: str = ""
    """Words that may stand before the date in "On 12 March 2025 Anna wrote:"."""
    wrote: str = ""
    """Verbs that end an attribution."""
    wrote_by: str = ""
    """Verbs that the author's name follows ("schrieb Anna:"), or the date ("Anna schrieb am 12.3.:")."""
    starts: str = ""
    """Beginnings of attributions that name the author first ("Wiadomość napisana przez …")."""
    calendar: str = ""
    """Weekdays and months with their abbreviations."""
    author: str = ""
    recipient: str = ""
    copy: str = ""
    date: str = ""
    subject: str = ""
    reply_to: str = ""
    original: str = ""
    """What stands between dashes above a quoted message."""
    forwarded: str = ""
    """What stands between dashes, or alone and ended by a colon, above a forwarded one."""
    forward_stem: str = ""
    """Beginnings of the word between dashes that tells a forwarded message from an answered one."""
    forward_prefix: str = ""
    sent_from: str = ""
    """Beginnings of the line that a mail program signs with; with `…` for what may stand between, the whole of it."""
    vacation: str = ""
    """Beginnings of the subjects of automatic answers."""
    undelivered: str = ""
    """What delivery reports say in their subject or their text; `…` stands for up to 60 characters."""
    words: str = ""
    """Frequent short words, for the guess of the language."""


LANGUAGES: tuple[Phrases, ...] = (
    Phrases(
        "en",
        openers="on|at|date|in message dated|in a message dated",
        wrote="wrote|writes|sent|said|replied",
        starts="message from|quoting",
        calendar="monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|january"
        "|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sep"
        "|sept|oct|nov|dec",
        author="from|sender",
        recipient="to|recipient|recipients",
        copy="cc|bcc|carbon copy",
        date="date|sent|sent at|received|sent on",
        subject="subject",
        reply_to="reply-to|reply to|organization|importance|attachments|return-path|mailed-by|resent-from|priority|message-id|in-reply-to",
        original="original message|reply message|original appointment|original email|original mail|message d'origine"
        "|replied message|previous message|original message follows",
        forward_stem="forward|fwd|resent",
        forwarded="forwarded message|begin forwarded message|forwarded by|forwarded mail|forwarded email|start of forwarded message"
        "|fwd.msg|forward message|inline original message|forwarding messages",
        forward_prefix="fwd|fw|forwarded|forward",
        sent_from="sent from my|sent from mail for|sent from outlook|sent from yahoo|sent from samsung|sent with|sent via"
        "|sent using|sent from the|sent from a|sent from|get outlook for|sent by|this message was sent from my"
        "|sent on the|virus-free",
        vacation="out of office|out of the office|automatic reply|auto reply|autoreply|auto-reply|auto response|autoresponse"
        "|automated reply|automated response|vacation|on vacation|away from the office|i am away|i'm away|i am out of"
        "|auto:|away:|absence|on leave|annual leave|auto responder|autoresponder|auto-response|auto-responder|i'm on vacation"
        "|i am on vacation|i'm out of|i am currently out|i'm currently out|currently out of|away from my|away from my desk"
        "|i am on leave|on holiday|automatic response|automatic out of office",
        words="i a be will just an as at hello hi thanks thank yes no the and you for not with that this have from please your"
        " are but can was is to of in it my we on what when how there",
    ),
    Phrases(
        "ru",
        openers="в|во|вкл|на|от|дата|в письме от|в сообщении от",
        wrote="пишет|написал|написала|написал(а)|написали|писал|писала|писал(а)|пишете|вы писали|сообщает|отправил|отправила|ответил",
        wrote_by="писал|писала|писал(а)|писали|пишет",
        starts="пользователь|цитирование",
        calendar="понедельник|вторник|среда|среду|четверг|пятница|пятницу|суббота|субботу|воскресенье|пн|вт|ср|чт|пт|сб|вс|января"
        "|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря|янв|февр|фев|мар|апр|май|июн|июл|авг"
        "|сент|сен|окт|нояб|ноя|дек",
        author="от|от кого|отправитель",
        recipient="кому|получатель|получатели",
        copy="копия|скрытая копия|скрытая",
        date="дата|отправлено|отправленные|дата отправки|отправлен|время|послано",
        subject="тема",
        reply_to="адрес для ответа|ответить|важность|вложения|reply-to",
        original="исходное сообщение|оригинальное сообщение|первоначальное сообщение|исходное письмо|оригинал сообщения"
        "|оригинальное письмо|сообщение об ответе|конец исходного сообщения",
        forward_stem="пересыла|пересла|перенаправ|переадрес",
        forwarded="пересылаемое сообщение|пересланное сообщение|пересылаемое письмо|пересланное письмо|перенаправленное сообщение"
        "|переадресованное сообщение|начало переадресованного сообщения|начало пересланного сообщения"
        "|начало пересылаемого сообщения|начало переадресованного письма|начало пересылаемого письма",
        forward_prefix="пересылка|пер|перенаправлено|на|пересл|переслано",
        sent_from="отправлено с|отправлено из|отправлено через|отправлено от|послано с|послано из|отправлено iphone"
        "|скачать outlook для|получить outlook для|без вирусов|отправлено почтой|скачайте outlook|загрузить outlook"
        "|простите за краткость|создано в",
        undelivered="недоставлен|не удается доставить|не удаётся доставить|не удалось доставить|сбой доставки|ошибка доставки"
        "|невозможно доставить|не может быть доставлен|не может быть отправлено одному или нескольким|не было доставлено"
        "|не доставлен",
        vacation="автоматический ответ|автоответ|автоответчик|вне офиса|нет на месте|отсутствую|в отпуске|меня нет|я в отпуске|отпуск"
        "|я в отъезде|в командировке|автоматическое уведомление об отсутствии|уведомление об отсутствии",
        words="и не на что как по это но из для мы вы у нас все при да есть был его уже или так если меня мне он спасибо добрый"
        " здравствуйте в с",
    ),
    Phrases(
        "uk",
        openers="в|о|від|у|дата",
        wrote="пише|написав|написала|написав(-ла)|написав(ла)|написали|написав (-ла)|пишуть|надіслав",
        starts="користувач",
        calendar="понеділок|вівторок|середа|середу|четвер|п'ятниця|п’ятниця|субота|неділя|нд|пн|вт|ср|чт|пт|сб|січня|лютого"
        "|березня|квітня|травня|червня|липня|серпня|вересня|жовтня|листопада|грудня|січ|лют|бер|берез|квіт|трав|черв|лип"
        "|серп|вер|верес|жовт|лист|листоп|груд",
        author="від|від кого|відправник",
        recipient="кому|одержувач|до",
        copy="копія|прихована копія",
        date="дата|надіслано|відправлено",
        subject="тема",
        reply_to="відповісти|важливість|вкладення",
        original="оригінальне повідомлення|вихідне повідомлення|початкове повідомлення|вхідне повідомлення|оригінал повідомлення",
        forward_stem="пересла|пересил|перенаправ|переадрес",
        forwarded="переслане повідомлення|перенаправлене повідомлення|пересилане повідомлення|початок листа, що пересилається"
        "|початок переадресованого повідомлення|початок переадресованого листа|переслано повідомлення"
        "|переадресоване повідомлення",
        forward_prefix="пересилання|пересл|переслано|пер",
        sent_from="надіслано з|надіслано через|відправлено з|відправлено через|надіслано від|надіслано із|завантажити outlook для"
        "|отримати outlook для|надіслано за допомогою|завантажте outlook|отримайте outlook|надіслано зі|вибачте за стислість",
        undelivered="недоставлен|не вдалося доставити|не вдається доставити|помилка доставки|неможливо доставити"
        "|не може бути доставлен|не доставлен",
        vacation="автоматична відповідь|автовідповідь|автовідповідач|поза офісом|у відпустці|відсутній|відсутня|я у відпустці"
        "|немає на місці|я у відрядженні",
        words="і та не на що як по це але з для ми ви у нас все при так є був його вже або якщо мене мені він дякую добрий також ще від до",
    ),
    Phrases(
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
    ),
    Phrases(
        "de",
        openers="am|den|dem|datum|vom",
        wrote="schrieb|geschrieben|schreibt|hat geschrieben",
        wrote_by="schrieb|schreibt|hat",
        starts="nachricht von|zitat von",
        calendar="montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|mo|di|mi|do|fr|sa|so|mon|don|januar"
        "|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember|jan|feb|mrz|mär|apr|jun|jul|aug|sep"
        "|sept|okt|nov|dez",
        author="von|absender",
        recipient="an|empfänger",
        copy="cc|kopie|kopie an|bcc|blindkopie",
        date="datum|gesendet|gesendet am|verschickt",
        subject="betreff|thema",
        reply_to="antwort an|antwort|antworten an|wichtigkeit|anlagen|priorität",
        original="ursprüngliche nachricht|originalnachricht|original-nachricht|original nachricht|antwort nachricht"
        "|ursprüngliche mail|originale nachricht|ursprünglicher termin",
        forward_stem="weitergeleitet|weiterleit",
        forwarded="weitergeleitete nachricht|weitergeleitete mail|anfang der weitergeleiteten nachricht"
        "|anfang der weitergeleiteten e-mail|weitergeleitete email|beginn der weitergeleiteten nachricht"
        "|weitergeleitet von",
        forward_prefix="wg|weitergeleitet|fw|fwd",
        sent_from="gesendet von|gesendet mit|diese nachricht wurde von meinem|von unterwegs gesendet"
        "|holen sie sich outlook|outlook für … beziehen|gesendet über|gesendet aus|virenfrei"
        "|diese e-mail wurde von meinem|vom handy gesendet|von mein… gesendet|von samsung mobile gesendet|von mobilgerät gesendet"
        "|von einem mobil… gesendet|diese nachricht wurde … gesendet|diese e-mail wurde … gesendet|laden sie outlook|hol dir outlook",
        undelivered="fehler bei der nachrichtenzustellung|konnte nicht übermittelt|konnte nicht zugestellt|nicht zugestellt"
        "|unzustellbar|zustellfehler|zustellung fehlgeschlagen",
        vacation="automatische antwort|abwesenheitsnotiz|abwesenheit|nicht im büro|außer haus|abwesend|automatische rückmeldung"
        "|abwesenheitsassistent|im urlaub|urlaub|autoantwort|automatische abwesenheitsmeldung|abwesenheitsmeldung|ich bin im urlaub"
        "|ich bin nicht im büro",
        words="und nicht ist das die der ich sie wir mit für auf ein eine bitte danke dass den zu von es habe haben wie aber"
        " auch oder noch mir hallo",
    ),
    Phrases(
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
    ),
    Phrases(
        "es",
        openers="el|en|con fecha|fecha|a la|a las",
        wrote="escribió|escribio|escribe|ha escrito|escribieron",
        starts="mensaje de",
        calendar="lunes|martes|miércoles|jueves|viernes|sábado|domingo|lun|mar|mié|mie|jue|vie|sáb|sab|dom|enero|febrero|marzo"
        "|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|ene|feb|abr|may|jun|jul|ago|sept|sep|oct"
        "|nov|dic",
        author="de|remitente",
        recipient="para|a|destinatario",
        copy="cc|cco|copia",
        date="fecha|enviado|enviado el|enviados",
        subject="asunto",
        reply_to="responder a|respuesta a|importancia|datos adjuntos",
        original="mensaje original|correo original|mensaje de origen|mensaje de respuesta",
        forward_stem="reenvi|reenví",
        forwarded="mensaje reenviado|inicio del mensaje reenviado|mensaje enviado|correo reenviado|reenviado por"
        "|comienzo del mensaje reenviado",
        forward_prefix="rv|reenv|fwd|rm",
        sent_from="enviado desde|enviado de|enviado con|enviado por|enviado via|enviado a través|obtener outlook|descargar outlook"
        "|libre de virus|obtén outlook|obtenga outlook|descargue outlook|consigue outlook|enviado mediante|enviado usando",
        undelivered="no se puede entregar|error de entrega|no se ha podido entregar|no se pudo entregar|no se pudo enviar"
        "|imposible de entregar|no entregado|mensaje devuelto",
        vacation="respuesta automática|fuera de la oficina|fuera de oficina|ausencia|respuesta automatica|autorespuesta"
        "|de vacaciones|contestación automática|ausente|estoy de vacaciones|estoy fuera|mensaje automático|respuesta de ausencia",
        words="el la los las que no de por para con una un es en mi su hola gracias pero como está más se lo me al del buenos",
    ),
    Phrases(
        "it",
        openers="il|il giorno|in data|data|giorno",
        wrote="ha scritto|scrive|scritto|hanno scritto|scriveva",
        starts="messaggio da",
        calendar="lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|lun|mar|mer|gio|ven|sab|dom|gennaio|febbraio|marzo"
        "|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre|gen|feb|apr|mag|giu|lug|ago|set|sett|ott"
        "|nov|dic",
        author="da|mittente",
        recipient="a|per|destinatario",
        copy="cc|ccn|copia",
        date="data|inviato|inviata|inviato il",
        subject="oggetto",
        reply_to="rispondi a|risposta|risposta a|priorità|importanza|allegati",
        original="messaggio originale|messaggio di origine|messaggio di risposta",
        forward_stem="inoltr",
        forwarded="messaggio inoltrato|inizio messaggio inoltrato|messaggio inoltrato da|inizio del messaggio inoltrato"
        "|mail inoltrata|inoltrato da",
        forward_prefix="i|inoltro|fwd",
        sent_from="inviato da|inviato dal|inviato con|inviato tramite|scarica outlook|ottieni outlook|privo di virus|inviata da"
        "|ottenere outlook|scaricare outlook|inviato mediante|inviato usando",
        undelivered="non recapitabile|recapito non riuscito|mancato recapito|mancata consegna|impossibile recapitare"
        "|non è stato recapitato|non può essere recapitato",
        vacation="risposta automatica|fuori sede|fuori ufficio|assenza|in ferie|assente|messaggio automatico|sono in ferie"
        "|sono assente|risponditore automatico",
        words="il la che non di per con una un è in mi sono ho ma come più si lo grazie buongiorno salve della gli del questo anche",
    ),
    Phrases(
        "nl",
        openers="op|datum",
        wrote="geschreven|schreef|schrijft|het volgende geschreven",
        wrote_by="schreef|heeft|schrijft",
        starts="bericht van",
        calendar="maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|ma|di|wo|do|vr|za|zo|januari|februari|maart|april|mei"
        "|juni|juli|augustus|september|oktober|november|december|jan|feb|mrt|apr|jun|jul|aug|sep|sept|okt|nov|dec",
        author="van|afzender",
        recipient="aan|ontvanger",
        copy="cc|kopie|bcc",
        date="datum|verzonden|verstuurd|verzonden op",
        subject="onderwerp",
        reply_to="antwoord aan|antwoord naar|beantwoorden|urgentie|bijlagen",
        original="oorspronkelijk bericht|origineel bericht|originele bericht|oorspronkelijke bericht",
        forward_stem="doorgest|doorgezon|doorstur",
        forwarded="doorgestuurd bericht|begin doorgestuurd bericht|doorgestuurde bericht|begin van doorgestuurd bericht"
        "|doorgezonden bericht",
        forward_prefix="dg|doorst|fwd|dorst|doorgestuurd",
        sent_from="verzonden vanaf|verstuurd vanaf|verzonden vanuit|verstuurd vanuit|verzonden via|verstuurd via|verzonden met"
        "|verstuurd met|outlook voor … downloaden|download outlook|virusvrij|outlook downloaden|haal outlook|verzonden door"
        "|verstuurd door",
        undelivered="onbestelbaar|kan niet bezorgen|kan niet worden bezorgd|kon niet worden bezorgd|kon niet worden afgeleverd"
        "|niet bezorgd|niet afgeleverd",
        vacation="automatisch antwoord|afwezig|niet aanwezig|afwezigheid|automatische reactie|automatisch bericht|afwezigheidsbericht"
        "|afwezigheidsmelding|buiten kantoor|niet op kantoor|automatisch afwezigheidsbericht",
        words="de het een en niet ik je dat is van voor met op te zijn maar ook wij hallo bedankt kan als nog er dit heb ben naar",
    ),
    Phrases(
        "pt",
        openers="em|no dia|a|data|no|às",
        wrote="escreveu|escreve|escreveram",
        starts="mensagem de",
        calendar="segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|segunda|terça|quarta|quinta|sexta|feira|sábado"
        "|domingo|seg|ter|qua|qui|sex|sáb|sab|dom|janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro"
        "|novembro|dezembro|jan|fev|mar|abr|mai|jun|jul|ago|set|out|nov|dez",
        author="de|remetente",
        recipient="para|a|destinatário",
        copy="cc|cco|bcc|cópia",
        date="data|enviado|enviada|enviada em|enviado em|enviada a",
        subject="assunto",
        reply_to="responder a|responder para|importância|prioridade|anexos",
        original="mensagem original|mensagem de resposta|e-mail original",
        forward_stem="encaminh|reencaminh|reenviad",
        forwarded="mensagem encaminhada|mensagem reencaminhada|início da mensagem encaminhada|início da mensagem reencaminhada"
        "|encaminhado por|mensagem enviada|início de mensagem reenviada|mensagem reenviada",
        forward_prefix="enc|res enc|fwd|reenv",
        sent_from="enviado do meu|enviado de|enviado do|enviado a partir|enviado por|enviado via|enviado pelo|enviado com"
        "|obter o outlook para|obtenha o outlook para|baixe o outlook para|livre de vírus|enviada do|obter outlook para"
        "|baixar outlook para|transferir o outlook para|enviado usando|enviado através",
        undelivered="não é possível entregar|falha na entrega|não entregue|não foi entregue|não foi possível entregar"
        "|impossível entregar|não pôde ser entregue",
        vacation="resposta automática|resposta automatica|fora do escritório|ausência|ausente|férias|ausência temporária"
        "|mensagem automática|estou de férias|estou ausente|resposta de ausência",
        words="o a os as que não de para com uma um é em meu por mais mas como olá obrigado se do da no na você está bom dia eu",
    ),
    Phrases(
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
        forwarded="přeposlaná zpráva|začátek přeposílané zprávy|předaná zpráva|přeposlaný e-mail|začátek přeposlané zprávy"
        "|přesměrovaná zpráva",
        forward_prefix="fwd|přep|přeposláno|přeposlané|předáno",
        sent_from="odesláno z|odesláno ze|odesláno pomocí|posláno z|stáhnout outlook|získat outlook|získejte outlook"
        "|neobsahuje viry|bez virů|odesláno prostřednictvím|stáhněte si outlook|získejte aplikaci outlook",
        undelivered="nedoručiteln|doručení … se nezdařilo|nelze doručit|nepodařilo se doručit|nebylo možné doručit|nedoručen",
        vacation="automatická odpověď|mimo kancelář|nepřítomnost|dovolená|jsem mimo|jsem na dovolené|automatická odpoveď"
        "|nejsem v kanceláři",
        words="a že se na je to v s z ale jak pro do dobrý den děkuji prosím mi jsem nebo mám už by co ne tak když jsme od",
    ),
    Phrases(
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
    ),
    Phrases(
        "sv",
        openers="den|på|datum|vid",
        wrote="skrev|skriver|har skrivit",
        wrote_by="skrev",
        starts="meddelande från",
        calendar="måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag|mån|tis|ons|tors|tor|fre|lör|sön|januari|februari|mars|april"
        "|maj|juni|juli|augusti|september|oktober|november|december|jan|feb|mar|apr|jun|jul|aug|sep|sept|okt|nov|dec",
        author="från|avsändare",
        recipient="till|mottagare",
        copy="kopia|cc|hemlig kopia",
        date="datum|skickat|skickades",
        subject="ämne|rubrik",
        original="ursprungligt meddelande|originalmeddelande|ursprungligt mail|originalmail",
        forward_stem="vidarebef|vidaresänd",
        forwarded="vidarebefordrat meddelande|vidarebefordrat brev|vidarebefordrat mail|början på vidarebefordrat meddelande"
        "|vidarebefordrat mejl|vidarebefordrat e-post",
        forward_prefix="vb|vidarebefordrat|vs",
        sent_from="skickat från|skickas från|skickades från|skickat med|skickat via|hämta outlook|skaffa outlook|virusfri|sänt från"
        "|skickat ifrån|sent från",
        undelivered="går inte att leverera|olevererbar|leveransen misslyckades|kunde inte levereras|ej levererat|oleverera",
        vacation="autosvar|frånvaro|frånvarande|automatiskt svar|ej på kontoret|semester|frånvaromeddelande|semestersvar"
        "|jag är på semester|automatsvar",
        words="och att det är jag en som inte på för med har av till den om vi hej tack kan men så mig när ni var ett",
    ),
    Phrases(
        "no",
        openers="den|på|dato|kl|tor",
        wrote="skrev|skrev følgende|skriver",
        wrote_by="skrev",
        starts="melding fra",
        calendar="mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag|man|tir|tirs|ons|tor|tors|fre|lør|søn|januar|februar|mars"
        "|april|mai|juni|juli|august|september|oktober|november|desember|jan|feb|mar|apr|jun|jul|aug|sep|sept|okt|nov|des",
        author="fra|avsender",
        recipient="til|mottaker",
        copy="kopi|cc|blindkopi",
        date="dato|sendt",
        subject="emne",
        original="opprinnelig melding|original melding|opprinnelig e-post|originalmelding",
        forward_stem="videresend|videresendt",
        forwarded="videresendt melding|videresendt e-post|begynnelsen på videresendt melding|begynnelse på videresendt melding"
        "|start på videresendt melding",
        forward_prefix="vs|videresendt",
        sent_from="sendt fra|sendt med|sendt via|sent fra|skaff deg outlook|last ned outlook|få outlook|virusfri",
        undelivered="kan ikke leveres|levering mislyktes|leveringen mislyktes|kunne ikke leveres|ikke levert|uleverbar",
        vacation="automatisk svar|autosvar|fravær|fraværende|ikke på kontoret|ferie|jeg er på ferie|fraværsmelding"
        "|automatisk fraværsmelding",
        words="og at det er jeg en som ikke på for med har av til den om vi hei takk kan men så meg når dere var et",
    ),
    Phrases(
        "da",
        openers="den|d|dato|på|kl",
        wrote="skrev|skriver|har skrevet",
        wrote_by="skrev",
        calendar="mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag|man|tir|tirs|ons|tor|tors|fre|lør|søn|januar|februar|marts"
        "|april|maj|juni|juli|august|september|oktober|november|december|jan|feb|mar|apr|jun|jul|aug|sep|sept|okt|nov|dec",
        author="fra|afsender",
        recipient="til|modtager",
        copy="kopi|cc|cc til|bcc|skjult kopi",
        date="dato|sendt",
        subject="emne",
        original="oprindelig meddelelse|original meddelelse|oprindelig besked|original besked|oprindelig mail|oprindelig e-mail"
        "|oprindelig aftale",
        forward_stem="videresend",
        forwarded="videresendt meddelelse|videresendt besked|start på videresendt besked|videresendt mail"
        "|start på videresendt e-mail|start på videresendt meddelelse|videresendt e-mail",
        forward_prefix="vs|videresendt",
        sent_from="sendt fra|sendt med|sendt via|hent outlook|få outlook|virusfri|afsendt fra",
        undelivered="kan ikke leveres|levering … mislykkedes|leveringen mislykkedes|kunne ikke leveres|ikke-leverbar|ikke leveret"
        "|kan ikke afleveres",
        vacation="automatisk svar|autosvar|fravær|fraværende|ikke på kontoret|ferie|jeg er på ferie|automatisk besvarelse"
        "|fraværsmeddelelse|fraværsbesked",
        words="og at det er jeg en som ikke på for med har af til den om vi hej tak kan men så mig når var et jer venlig hilsen",
    ),
    Phrases(
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
        vacation="automaattinen vastaus|poissa|poissaolo|lomalla|poissaoloilmoitus|automaattivastaus|poissaoloviesti|olen lomalla"
        "|olen poissa",
        words="ja on ei että se en hän mutta tai kun niin kuin olen minun kiitos hei voi mitä jos myös nyt oli ovat tämä sen",
    ),
    Phrases(
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
    ),
    Phrases(
        "ro",
        openers="în|la|pe|data|pe data de|în data de|la data de|pe data|din",
        wrote="a scris|a scris următoarele|scrie",
        calendar="luni|marți|miercuri|joi|vineri|sâmbătă|duminică|lun|mar|mie|vin|sâm|dum|ianuarie|februarie|martie|aprilie|mai"
        "|iunie|iulie|august|septembrie|octombrie|noiembrie|decembrie|ian|feb|apr|iun|iul|aug|sept|sep|oct|nov|noi|dec",
        author="de la|expeditorul|expeditor|din partea",
        recipient="către|destinatarul|destinatar|catre|la",
        copy="cc|copie|copie carbon",
        date="data|dată|trimis|trimis la|expediat",
        subject="subiect|subiectul",
        reply_to="răspuns la|răspunde la",
        original="mesaj original|mesajul original|mesaj inițial",
        forward_stem="redirec|înaint|retransmis|transmis mai",
        forwarded="mesaj redirecționat|începe mesajul redirecționat|mesaj transmis|mesaj trimis mai departe|mesaj înaintat"
        "|mesaj redirectionat",
        forward_prefix="redirecționat|fwd",
        sent_from="trimis de pe|trimis din|trimis cu|trimis prin|trimis de la|obțineți outlook|descărcați outlook|fără viruși"
        "|trimis folosind|trimis utilizând|obține outlook|descarcă outlook",
        undelivered="imposibil de livrat|livrarea nu a reușit|nu a putut fi livrat|nelivrat|nelivrabil|livrare eșuată",
        vacation="răspuns automat|în afara biroului|raspuns automat|concediu|absent|sunt în concediu|mesaj automat|absență"
        "|plecat din birou",
        words="și nu că la de pe cu în să este am un o mai dar pentru bună ziua mulțumesc vă rog care din sunt sau ce se mi",
    ),
    Phrases(
        "tr",
        openers="tarih",
        wrote="şunu yazdı|yazdı|şunları yazdı|tarihinde şunu yazdı|yazmış",
        calendar="pazartesi|salı|çarşamba|perşembe|cuma|cumartesi|pazar|pzt|sal|çar|per|cum|cmt|paz|ocak|şubat|mart|nisan|mayıs"
        "|haziran|temmuz|ağustos|eylül|ekim|kasım|aralık|oca|şub|mar|nis|may|haz|tem|ağu|eyl|eki|kas|ara",
        author="kimden|gönderen",
        recipient="kime|alıcı|kime/alıcı",
        copy="bilgi|cc|gizli",
        date="tarih|gönderildi|gönderilen|gönderilme tarihi|gönderme tarihi",
        subject="konu",
        original="orijinal mesaj|özgün ileti|orjinal mesaj|asıl ileti|orijinal ileti|özgün mesaj",
        forward_stem="iletil|yönlendir",
        forwarded="iletilen ileti|iletilmiş mesaj|iletilen mesaj|yönlendirilmiş ileti|iletilen ileti başlangıcı|iletilmiş ileti"
        "|yönlendirilen mesaj|iletilen e-posta başlangıcı|ileti başlangıcı|iletilen mesaj başlangıcı",
        forward_prefix="ilt|i̇lt|i|fwd|yön|ilet|iletilen",
        sent_from="iphone'umdan gönderildi|iphone’umdan gönderildi|ipad'imden gönderildi|…mdan gönderildi|…mden gönderildi"
        "|windows için … gönderildi|android'de … gönderildi|android için … gönderildi|… outlook'u edinin"
        "|… outlook uygulamasını edinin",
        undelivered="teslim edilem|iletilemedi|teslim edilmedi",
        vacation="otomatik yanıt|ofis dışında|otomatik cevap|izinde|ofis dışındayım|otomatik mesaj|izindeyim|yıllık izin",
        words="ve bir bu için de da ne var ile ben çok ama gibi daha merhaba teşekkürler değil olarak olan nasıl mi mı lütfen"
        " bana şu kadar",
    ),
    Phrases(
        "zh",
        openers="在|於|于|日期",
        wrote_by="於|于",
        wrote="写道|寫道|写到|撰写|撰寫|写入",
        calendar="星期一|星期二|星期三|星期四|星期五|星期六|星期日|周一|周二|周三|周四|周五|周六|周日|週一|週二|週三|週四|週五|週六"
        "|週日|上午|下午|年|月|日",
        author="发件人|寄件者|发送人|寄件人|寄件者名称|发信人",
        recipient="收件人|收件者|发送至|收信人",
        copy="抄送|副本|密送|密件副本|抄送人",
        date="日期|发送时间|寄件日期|发送日期|时间|傳送時間|发件时间|傳送日期|已发送|送出時間|寄信時間|寄信时间|發送時間",
        subject="主题|主旨|主題|标题",
        original="原始邮件|原始郵件|原邮件|原始信件|回复的原邮件|原文|回复邮件|邮件原件|原始訊息|原始信息|原始邮件信息|原郵件",
        forward_stem="转发|轉寄|转寄|轉發",
        forwarded="转发的邮件|转发邮件|轉寄郵件|轉寄的郵件|转发的消息|转发邮件信息|轉寄信件|已转发邮件|开始转发的邮件"
        "|以下是转发的邮件|被转发的邮件|開始轉寄郵件|開始轉寄的郵件|开始转发邮件|下面是轉寄的郵件",
        forward_prefix="转发|轉寄|转|轉|fw|fwd",
        sent_from="发自我的|從我的|从我的|发自|發自我的|寄自|來自我的|来自我的|获取 outlook|获取适用于…outlook|取得 … outlook"
        "|取得 outlook|發送自|发送自|从 … 发送|从…发送|從 … 傳送|從…傳送|從…發送|发自|發自",
        undelivered="未送达|无法送达|無法送達|未能向|无法发送到|無法傳遞|未傳遞|被退回|退信|无法投递|投递失败|没有发送成功",
        vacation="自动回复|自動回覆|自動回复|外出|休假|不在办公室|自动答复|自動答覆|自动应答|自動應答|休假中|不在辦公室",
    ),
    Phrases(
        "ja",
        openers="日時",
        wrote="のメッセージ|さんは書きました|は書きました|さんが書きました|のメール|wrote",
        calendar="月曜日|火曜日|水曜日|木曜日|金曜日|土曜日|日曜日|午前|午後|年|月|日",
        author="差出人|送信者|送信元|発信者|発信元",
        recipient="宛先|送信先|受信者",
        copy="cc|写し|bcc",
        date="日時|送信日時|日付|送信日|送信日付",
        subject="件名|題名",
        original="元のメッセージ|オリジナルメッセージ|元のメール|転送元のメッセージ|返信メッセージ|original message|元メッセージ"
        "|元のメール内容",
        forward_stem="転送",
        forwarded="転送メッセージ|メッセージを転送|転送されたメッセージ"
        "|転送メール|以下は転送メッセージです|転送されたメール|forwarded message|メッセージの転送|転送されたメッセージの先頭",
        forward_prefix="転送|fwd",
        sent_from="… 版 outlook を入手|outlook for … を入手|ウイルス フリー|…から送信|…から送信されました|… を入手",
        undelivered="配信不能|配信できません|配信に失敗|配信失敗|送信できません|届けることができません",
        vacation="自動応答|自動返信|不在|休暇|外出中|不在通知|不在のお知らせ|自動応答メッセージ",
    ),
    Phrases(
        "ko",
        wrote="작성|님이 작성|씀|님이 씀|님의 메시지|님이 작성한 메시지|썼습니다|작성했습니다",
        calendar="월요일|화요일|수요일|목요일|금요일|토요일|일요일|오전|오후|년|월|일",
        author="보낸 사람|보낸사람|발신인|발신",
        recipient="받는 사람|받는사람|수신인|수신",
        copy="참조|숨은 참조",
        date="날짜|보낸 날짜|보낸날짜|보냄|일시|발송일",
        subject="제목",
        original="원본 메시지|원본 메일|원본메시지|원본 이메일",
        forward_stem="전달",
        forwarded="전달된 메시지|전달된 메일|전달된 이메일|전달 메시지|forwarded message|전달된 메시지 시작|전달 메시지 시작",
        forward_prefix="전달",
        sent_from="나의 iphone에서 보냄|iphone에서 보냄|내 iphone에서|…에서 보냄|…에서 보낸 메일입니다|…용 outlook 다운로드",
        undelivered="배달되지 않음|배달하지 못|배달할 수 없|전송되지 못|전송 실패|반송",
        vacation="자동 회신|부재중|자동 응답|자동응답",
    ),
    Phrases(
        "bg",
        openers="на|дата",
        wrote="написа|пише|написаха",
        calendar="понеделник|вторник|сряда|четвъртък|петък|събота|неделя|пн|вт|ср|чт|пт|сб|нд|януари|февруари|март|април|май|юни"
        "|юли|август|септември|октомври|ноември|декември|яну|фев|апр|авг|сеп|окт|ное|дек",
        author="от|подател",
        recipient="до|получател",
        copy="копие|як|ск|як до",
        date="дата|изпратено",
        subject="относно|тема|заглавие",
        original="оригинално съобщение|първоначално съобщение|оригинално писмо",
        forward_stem="препрат|препращ",
        forwarded="препратено съобщение|препратено писмо|начало на препратено съобщение",
        forward_prefix="препр|прп",
        sent_from="изпратено от|изпратено с|изпратено чрез|вземете outlook",
        undelivered="не може да се достави|доставката … неуспешна|недоставен|не може да бъде доставен",
        vacation="автоматичен отговор|извън офиса|отпуск",
        words="и не на че се да за от с по това е но как ли съм ви ми благодаря здравейте моля към има или при беше още",
    ),
    Phrases(
        "el",
        openers="στις|την|ημερομηνία|στις ημέρα",
        wrote="έγραψε|γράφει|έγραψαν",
        calendar="δευτέρα|τρίτη|τετάρτη|πέμπτη|παρασκευή|σάββατο|κυριακή|δευ|τρί|τρι|τετ|πέμ|πεμ|παρ|σάβ|σαβ|κυρ|ιανουαρίου"
        "|φεβρουαρίου|μαρτίου|απριλίου|μαΐου|ιουνίου|ιουλίου|αυγούστου|σεπτεμβρίου|οκτωβρίου|νοεμβρίου|δεκεμβρίου|ιαν|φεβ"
        "|μαρ|απρ|μαΐ|μαϊ|ιουν|ιουλ|αυγ|σεπ|οκτ|νοε|δεκ",
        author="από|αποστολέας",
        recipient="προς|παραλήπτης",
        copy="κοιν|κοινοποίηση|κοινοποιηση|κοιν.",
        date="ημερομηνία|στάλθηκε|εστάλη",
        subject="θέμα",
        original="αρχικό μήνυμα|πρωτότυπο μήνυμα",
        forward_stem="προωθ",
        forwarded="προωθημένο μήνυμα|αρχή προωθημένου μηνύματος|προωθημένο μήνυμα ----------|έναρξη προωθημένου μηνύματος"
        "|έναρξη μηνύματος που προωθήθηκε",
        forward_prefix="πρθ|προωθ",
        sent_from="στάλθηκε από|εστάλη από|αποστολή από|λήψη του outlook|αποκτήστε το outlook",
        undelivered="δεν παραδόθηκε|η παράδοση απέτυχε|δεν ήταν δυνατή η παράδοση|μη παραδοτέο",
        vacation="αυτόματη απάντηση|εκτός γραφείου|απουσία",
        words="και το να είναι δεν για με την της από σε θα που μου στο ευχαριστώ καλημέρα παρακαλώ",
    ),
    Phrases(
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
    ),
    Phrases(
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
    ),
    Phrases(
        "sl",
        openers="v|dne|dan|ob",
        wrote="je napisal|je napisala|napisal|napisala|je napisal/-a|piše",
        wrote_by="je oseba|oseba",
        calendar="ponedeljek|torek|sreda|četrtek|petek|sobota|nedelja|pon|tor|sre|čet|pet|sob|ned|januar|februar|marec|april|maj|junij"
        "|julij|avgust|september|oktober|november|december|jan|feb|mar|apr|jun|jul|avg|sep|okt|nov|dec",
        author="od|pošiljatelj",
        recipient="za|prejemnik|komu",
        copy="kp|skp|kopija",
        date="datum|poslano|poslana",
        subject="zadeva|predmet",
        original="izvirno sporočilo|originalno sporočilo",
        forward_stem="posred",
        forwarded="posredovano sporočilo|posredovano e-poštno sporočilo",
        forward_prefix="posr",
        sent_from="poslano z|poslano iz|pošiljam iz",
        undelivered="ni mogoče dostaviti|dostava ni uspela|nedostavljiv",
        vacation="samodejni odgovor|odsoten|odsotna",
    ),
    Phrases(
        "vi",
        openers="vào|vào lúc|ngày|vào ngày|lúc",
        wrote="đã viết|viết",
        calendar="thứ hai|thứ ba|thứ tư|thứ năm|thứ sáu|thứ bảy|chủ nhật|th|cn|tháng|thg|t",
        author="từ|người gửi",
        recipient="đến|tới|người nhận",
        copy="cc|đồng gửi",
        date="ngày|đã gửi|ngày gửi|ngày giờ",
        subject="chủ đề|tiêu đề",
        original="thư gốc|tin nhắn gốc|thư ban đầu",
        forward_stem="chuyển tiếp",
        forwarded="tin nhắn đã chuyển tiếp|thư đã chuyển tiếp|bắt đầu thư chuyển tiếp|thư được chuyển tiếp|thư chuyển tiếp"
        "|bắt đầu thư được chuyển tiếp",
        sent_from="đã gửi từ|được gửi từ|gửi từ|tải outlook",
        undelivered="không thể gửi|không gửi được",
        vacation="trả lời tự động|vắng mặt",
        words="và là của không có cho được tôi với này một các trong bạn xin chào cảm ơn khi đã",
    ),
    Phrases(
        "lt",
        forward_prefix="persiųsti|persiųsta",
        openers="data|dieną",
        wrote="rašė|parašė|rašo",
        calendar="pirmadienis|antradienis|trečiadienis|ketvirtadienis|penktadienis|šeštadienis|sekmadienis|pr|an|tr|kt|pn|št|sk|saus|vas"
        "|kov|bal|geg|birž|liep|rugp|rugs|spal|lapkr|gruod|sausio|vasario|kovo|balandžio|gegužės|birželio|liepos|rugpjūčio|rugsėjo",
        author="nuo|siuntėjas",
        recipient="kam|gavėjas",
        copy="kopija",
        date="data|išsiųsta",
        subject="tema",
        original="originalus laiškas|pradinis pranešimas|originalus pranešimas",
        forward_stem="persiųst|persiunč",
        forwarded="persiųstas laiškas|persiunčiamas laiškas|persiųstas pranešimas",
        sent_from="išsiųsta iš|siųsta iš",
        undelivered="nepavyko pristatyti|nepristatyt",
        vacation="automatinis atsakymas|ne biure|atostog",
    ),
    Phrases(
        "lv",
        forward_prefix="pārs|pārsūtīts",
        openers="plkst|datums",
        wrote="rakstīja|uzrakstīja",
        calendar="pirmdiena|otrdiena|trešdiena|ceturtdiena|piektdiena|sestdiena|svētdiena|pirmd|otrd|trešd|ceturtd|piektd|sestd|svētd"
        "|gada|janvāris|februāris|marts|aprīlis|maijs|jūnijs|jūlijs|augusts|septembris|oktobris|novembris|decembris",
        author="no|sūtītājs",
        recipient="kam|adresāts",
        copy="kopija",
        date="datums|nosūtīts",
        subject="temats|tēma",
        original="sākotnējais ziņojums|sākotnējā ziņa",
        forward_stem="pārsūt",
        forwarded="pārsūtītais ziņojums|pārsūtīta ziņa",
        sent_from="nosūtīts no",
        undelivered="nevar piegādāt|neizdevās piegādāt",
        vacation="automātiska atbilde|automātiskā atbilde|ārpus biroja",
    ),
    Phrases(
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
    ),
    Phrases(
        "id",
        openers="pada|tanggal|pada tanggal|pada hari",
        wrote="menulis|menulis pesan berikut|telah menulis",
        calendar="senin|selasa|rabu|kamis|jumat|sabtu|minggu|sen|sel|rab|kam|jum|sab|min|januari|februari|maret|april|mei|juni|juli"
        "|agustus|oktober|desember|agt|agu|okt|des",
        author="dari|pengirim",
        recipient="kepada|untuk|ke|penerima",
        copy="cc|tembusan",
        date="tanggal|dikirim|terkirim",
        subject="perihal|subjek|judul",
        original="pesan asli|pesan asal",
        forward_stem="terusan|diteruskan",
        forwarded="pesan terusan|pesan diteruskan|pesan yang diteruskan|awal pesan diteruskan|mulai pesan yang diteruskan"
        "|mulai pesan diteruskan|mulai pesan terusan",
        sent_from="dikirim dari|dikirim menggunakan",
        undelivered="tidak dapat dikirim|tidak terkirim|gagal dikirim",
        vacation="balasan otomatis|di luar kantor",
        words="dan yang di tidak untuk saya ini dengan itu dari ada akan bisa terima kasih mohon pada kami anda sudah",
    ),
    Phrases(
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
    ),
    Phrases(
        "he",
        openers="בתאריך|ב|ביום",
        wrote="כתב|כתבה|כתב/ה",
        wrote_by="מאת",
        calendar="יום|א|ב|ג|ד|ה|ו|ש|ינואר|פברואר|מרץ|אפריל|מאי|יוני|יולי|אוגוסט|ספטמבר|אוקטובר|נובמבר|דצמבר",
        author="מאת|שולח",
        recipient="אל|לכבוד",
        copy="עותק|העתק",
        date="תאריך|נשלח",
        subject="נושא|הנדון",
        original="הודעה מקורית",
        forward_stem="הועבר|שהועבר|מועבר",
        forwarded="הודעה שהועברה|הודעה מועברת|תחילת ההודעה שהועברה|תחילת הודעה שהועברה",
        forward_prefix="הועבר",
        sent_from="נשלח מ",
        undelivered="לא ניתן למסור|המסירה נכשלה",
        vacation="תשובה אוטומטית|מחוץ למשרד",
    ),
    Phrases(
        "ar",
        openers="في|بتاريخ|يوم",
        wrote="كتب|كتبت|كتب/كتبت",
        wrote_by="تمت كتابة ما يلي بواسطة|بواسطة",
        calendar="الأحد|الاثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|السبت|يوم|يناير|فبراير|مارس|أبريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر"
        "|نوفمبر|ديسمبر",
        author="من|المرسل",
        recipient="إلى",
        copy="نسخة",
        date="التاريخ|تاريخ الإرسال|بتاريخ|تم الإرسال|أُرسلت",
        subject="الموضوع",
        original="الرسالة الأصلية|رسالة أصلية",
        forward_stem="محو|مُحو|معاد",
        forwarded="رسالة مُحوَّلة|رسالة محولة|تحويل الرسالة|رسالة معاد توجيهها",
        forward_prefix="إعادة توجيه",
        sent_from="أرسلت من|مرسل من|تم الإرسال من",
        undelivered="تعذر التسليم|فشل التسليم",
        vacation="رد تلقائي",
    ),
)

REPLY_ABOVE = (
    "Please type your reply above this line",
    "Пожалуйста, пишите ответ выше этой строки",
    "Proszę pisać odpowiedź powyżej tej linii",
    "Bitte schreiben Sie Ihre Antwort oberhalb dieser Zeile",
    "Merci de répondre au-dessus de cette ligne",
)
"""Our own line (the first three; the last two are for letters in templates of an operator's own)."""


def fold(text: str) -> str:
    """What two spellings are compared by. A capital dotted I folds to two letters, one of them a combining dot."""
    return text.casefold().replace("\u0307", "")


def alternatives(field: str) -> tuple[str, ...]:
    """All languages' alternatives of one field, folded, without repeats, in order."""
    return tuple(dict.fromkeys(word for phrases in LANGUAGES for word in fold(getattr(phrases, field)).split("|") if word))
