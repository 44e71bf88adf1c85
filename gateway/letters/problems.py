"""Why a command was not obeyed or a mail was held, in words for the agent who wrote it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.domain.commands import Problem
from gateway.domain.held import HeldCause
from gateway.domain.organisation import Language
from gateway.letters.lines import as_written

MOST_NAMED: Final = 20
"""Details of one problem that are named; the others are but hinted at."""
LONGEST_NAMED: Final = 100


@dataclass(frozen=True, slots=True)
class Words:
    """`told` names the details: all of them as `{list}`, or one by one as `{0}`. `bare` is for where there are none."""

    told: str
    bare: str = ""


def problem_in_words(problem: Problem, details: tuple[str, ...], language: Language) -> str:
    """What is wrong, and what to do instead. `details` are those of the `Refusal`."""
    words = WORDS[language][problem]
    if not details:
        return words.bare or words.told
    named = [as_written(each, LONGEST_NAMED) for each in details[:MOST_NAMED]]
    return words.told.format(*named, list=", ".join(named) + (", …" if len(details) > MOST_NAMED else ""))


def held_in_words(cause: HeldCause, language: Language) -> str:
    """What is amiss with mail in the agent's name, and what they can do if it was theirs."""
    return HELD[language][cause]


EN: Final[Mapping[Problem, Words]] = {
    Problem.MISSING_VALUE: Words("It needs a value: write it behind the command, with one space between them."),
    Problem.UNWANTED_VALUE: Words("It takes no value: write the command alone on its line."),
    Problem.SPACING: Words("Put exactly one space between the command and its value."),
    Problem.TEXT_BELOW: Words("Other text stands below it, so it stayed in your reply as text. Put commands at the very end."),
    Problem.IN_SIGNATURE: Words(
        "It stands in your signature, where no command is read. Put commands above it; the signature was left out of the reply."
    ),
    Problem.WITHHELD: Words("Not done, because nothing of this mail was."),
    Problem.UNKNOWN_AGENT: Words("No colleague has this name or address. Write the full name or the e-mail address of an agent."),
    Problem.AMBIGUOUS_AGENT: Words(
        "More than one colleague fits: {list}. Write the e-mail address of the one you mean.",
        "More than one colleague fits. Write the e-mail address of the one you mean.",
    ),
    Problem.INACTIVE_AGENT: Words("This colleague does not work here any more. Choose somebody else."),
    Problem.AGENT_ELSEWHERE: Words(
        "{0} does not work in the department “{1}”, which the ticket belongs to. Choose a colleague of that department.",
        "This colleague does not work in the department that the ticket belongs to. Choose one who does.",
    ),
    Problem.BAD_ADDRESS: Words(
        "Not an e-mail address: {list}. Put commas between addresses. Good addresses in the same line were used.",
        "That is not an e-mail address. Put commas between addresses. Good addresses in the same line were used.",
    ),
    Problem.OWN_ADDRESS: Words(
        "Mail to {list} comes back to this desk, so nothing is sent there. Other addresses in the same line were used.",
        "Mail to this address comes back to this desk, so nothing is sent there. Other addresses in the same line were used.",
    ),
    Problem.TOO_MANY: Words(
        "At most {0} are taken at once. Write fewer, and the rest in another mail.", "There are too many. Write fewer."
    ),
    Problem.TOO_LONG: Words("At most {0} characters are taken. Write it shorter.", "It is too long. Write it shorter."),
    Problem.UNKNOWN_PRIORITY: Words("There is no such priority. Choose one of these: {list}.", "There is no such priority."),
    Problem.UNKNOWN_DEPARTMENT: Words("There is no such department. Choose one of these: {list}.", "There is no such department."),
    Problem.UNKNOWN_TEMPLATE: Words(
        "There is no template of this name that you may use here. Choose one of these: {list}.",
        "There is no template that you may use here.",
    ),
    Problem.FROM_NOT_ALLOWED: Words(
        "Replies in this ticket cannot go out from this address. Choose one of these: {list}.",
        "Replies in this ticket cannot go out from this address.",
    ),
    Problem.NOT_A_NUMBER: Words("It takes the number of a ticket, such as 17."),
    Problem.UNKNOWN_TICKET: Words("There is no ticket of this number."),
    Problem.SAME_TICKET: Words("That is this very ticket. Write the number of the other one."),
    Problem.OTHER_CLIENT: Words("The other ticket is another client’s, and tickets of different clients are not merged here."),
    Problem.OTHER_DEPARTMENT: Words(
        "The ticket belongs to the department “{0}”, which is not yours. Ask a colleague of that department.",
        "The ticket belongs to a department that is not yours. Ask a colleague of that department.",
    ),
    Problem.NO_REPLY: Words("It says how a reply is sent, and you wrote no reply with it."),
    Problem.NO_TICKET_YET: Words("It works on a ticket that is there already: write it in an answer to the ticket’s notification."),
    Problem.NOT_STAFF: Words("Commands are for agents alone, so it stayed in the message as text."),
}

RU: Final[Mapping[Problem, Words]] = {
    Problem.MISSING_VALUE: Words("Не хватает значения: напишите его после команды, через один пробел."),
    Problem.UNWANTED_VALUE: Words("Эта команда пишется без значения: оставьте её в строке одну."),
    Problem.SPACING: Words("Между командой и значением должен стоять ровно один пробел."),
    Problem.TEXT_BELOW: Words("Ниже стоит другой текст, поэтому строка осталась в ответе как текст. Пишите команды в самом конце."),
    Problem.IN_SIGNATURE: Words("Она стоит в подписи, а там команды не читаются. Пишите их над подписью; подпись в ответ не вошла."),
    Problem.WITHHELD: Words("Не исполнена: из этого письма не исполнено ничего."),
    Problem.UNKNOWN_AGENT: Words("Сотрудника с таким именем или адресом нет. Напишите полное имя или адрес электронной почты."),
    Problem.AMBIGUOUS_AGENT: Words(
        "Подходит несколько сотрудников: {list}. Напишите адрес того, кого вы имели в виду.",
        "Подходит несколько сотрудников. Напишите адрес того, кого вы имели в виду.",
    ),
    Problem.INACTIVE_AGENT: Words("Этот сотрудник здесь больше не работает. Выберите другого."),
    Problem.AGENT_ELSEWHERE: Words(
        "{0} не работает в отделе «{1}», а обращение относится к нему. Выберите сотрудника этого отдела.",
        "Этот сотрудник не работает в отделе, к которому относится обращение. Выберите сотрудника этого отдела.",
    ),
    Problem.BAD_ADDRESS: Words(
        "Это не адрес электронной почты: {list}. Разделяйте адреса запятыми. Правильные адреса из этой строки учтены.",
        "Это не адрес электронной почты. Разделяйте адреса запятыми. Правильные адреса из этой строки учтены.",
    ),
    Problem.OWN_ADDRESS: Words(
        "Письма на {list} приходят обратно сюда, поэтому туда ничего не отправлено. Другие адреса из этой строки учтены.",
        "Письма на этот адрес приходят обратно сюда, поэтому туда ничего не отправлено. Другие адреса из этой строки учтены.",
    ),
    Problem.TOO_MANY: Words(
        "За один раз — не больше {0}. Сократите список, остальное отправьте другим письмом.", "Слишком много сразу. Сократите список."
    ),
    Problem.TOO_LONG: Words("Слишком длинно: можно не больше {0} символов. Напишите короче.", "Слишком длинно. Напишите короче."),
    Problem.UNKNOWN_PRIORITY: Words("Такого приоритета нет. Выберите из этих: {list}.", "Такого приоритета нет."),
    Problem.UNKNOWN_DEPARTMENT: Words("Такого отдела нет. Выберите из этих: {list}.", "Такого отдела нет."),
    Problem.UNKNOWN_TEMPLATE: Words(
        "Шаблона с таким именем для вас здесь нет. Выберите из этих: {list}.",
        "Шаблонов, доступных вам в этом обращении, нет.",
    ),
    Problem.FROM_NOT_ALLOWED: Words(
        "Ответы в этом обращении не могут уходить с этого адреса. Выберите из этих: {list}.",
        "Ответы в этом обращении не могут уходить с этого адреса.",
    ),
    Problem.NOT_A_NUMBER: Words("Нужен номер обращения, например 17."),
    Problem.UNKNOWN_TICKET: Words("Обращения с таким номером нет."),
    Problem.SAME_TICKET: Words("Это номер самого обращения. Напишите номер другого."),
    Problem.OTHER_CLIENT: Words("Другое обращение — от другого клиента, а обращения разных клиентов здесь не объединяют."),
    Problem.OTHER_DEPARTMENT: Words(
        "Обращение относится к отделу «{0}», а вы в нём не работаете. Попросите сотрудника этого отдела.",
        "Обращение относится к отделу, в котором вы не работаете. Попросите сотрудника этого отдела.",
    ),
    Problem.NO_REPLY: Words("Эта команда говорит, как отправить ответ, а ответа в письме нет."),
    Problem.NO_TICKET_YET: Words("Она действует на уже заведённое обращение: напишите её в ответе на уведомление о нём."),
    Problem.NOT_STAFF: Words("Команды пишут только сотрудники, поэтому строка осталась в сообщении как текст."),
}

PL: Final[Mapping[Problem, Words]] = {
    Problem.MISSING_VALUE: Words("Brakuje wartości: napisz ją po poleceniu, po jednej spacji."),
    Problem.UNWANTED_VALUE: Words("To polecenie nie ma wartości: niech stoi w wierszu samo."),
    Problem.SPACING: Words("Między poleceniem a wartością musi być dokładnie jedna spacja."),
    Problem.TEXT_BELOW: Words("Poniżej stoi inny tekst, więc wiersz został w odpowiedzi jako tekst. Pisz polecenia na samym końcu."),
    Problem.IN_SIGNATURE: Words("Stoi w podpisie, a tam polecenia nie są czytane. Pisz je nad podpisem; podpis nie wszedł do odpowiedzi."),
    Problem.WITHHELD: Words("Nie wykonano: z tej wiadomości nie wykonano niczego."),
    Problem.UNKNOWN_AGENT: Words("Nie ma pracownika o takim nazwisku ani adresie. Napisz imię i nazwisko albo adres e-mail."),
    Problem.AMBIGUOUS_AGENT: Words(
        "Pasuje kilka osób: {list}. Napisz adres e-mail tej, o którą chodzi.",
        "Pasuje kilka osób. Napisz adres e-mail tej, o którą chodzi.",
    ),
    Problem.INACTIVE_AGENT: Words("Ta osoba już tu nie pracuje. Wybierz inną."),
    Problem.AGENT_ELSEWHERE: Words(
        "{0} nie pracuje w dziale „{1}”, do którego należy zgłoszenie. Wybierz osobę z tego działu.",
        "Ta osoba nie pracuje w dziale, do którego należy zgłoszenie. Wybierz osobę z tego działu.",
    ),
    Problem.BAD_ADDRESS: Words(
        "To nie jest adres e-mail: {list}. Oddzielaj adresy przecinkami. Poprawne adresy z tego wiersza zostały użyte.",
        "To nie jest adres e-mail. Oddzielaj adresy przecinkami. Poprawne adresy z tego wiersza zostały użyte.",
    ),
    Problem.OWN_ADDRESS: Words(
        "Poczta na {list} wraca tutaj, więc nic tam nie wysłano. Inne adresy z tego wiersza zostały użyte.",
        "Poczta na ten adres wraca tutaj, więc nic tam nie wysłano. Inne adresy z tego wiersza zostały użyte.",
    ),
    Problem.TOO_MANY: Words("Naraz można podać najwyżej {0}. Skróć listę, a resztę wyślij osobno.", "Za dużo naraz. Skróć listę."),
    Problem.TOO_LONG: Words("Za długie: można użyć najwyżej {0} znaków. Napisz krócej.", "Za długie. Napisz krócej."),
    Problem.UNKNOWN_PRIORITY: Words("Nie ma takiego priorytetu. Wybierz jeden z tych: {list}.", "Nie ma takiego priorytetu."),
    Problem.UNKNOWN_DEPARTMENT: Words("Nie ma takiego działu. Wybierz jeden z tych: {list}.", "Nie ma takiego działu."),
    Problem.UNKNOWN_TEMPLATE: Words(
        "Nie ma szablonu o tej nazwie, którego możesz tu użyć. Wybierz jeden z tych: {list}.",
        "Nie ma szablonu, którego możesz tu użyć.",
    ),
    Problem.FROM_NOT_ALLOWED: Words(
        "Odpowiedzi w tym zgłoszeniu nie mogą wychodzić z tego adresu. Wybierz jeden z tych: {list}.",
        "Odpowiedzi w tym zgłoszeniu nie mogą wychodzić z tego adresu.",
    ),
    Problem.NOT_A_NUMBER: Words("Potrzebny jest numer zgłoszenia, na przykład 17."),
    Problem.UNKNOWN_TICKET: Words("Nie ma zgłoszenia o tym numerze."),
    Problem.SAME_TICKET: Words("To numer tego samego zgłoszenia. Napisz numer drugiego."),
    Problem.OTHER_CLIENT: Words("Drugie zgłoszenie jest od innego klienta, a zgłoszeń różnych klientów tu się nie scala."),
    Problem.OTHER_DEPARTMENT: Words(
        "Zgłoszenie należy do działu „{0}”, który nie jest Twój. Poproś osobę z tego działu.",
        "Zgłoszenie należy do działu, który nie jest Twój. Poproś osobę z tego działu.",
    ),
    Problem.NO_REPLY: Words("To polecenie mówi, jak wysłać odpowiedź, a odpowiedzi w wiadomości nie ma."),
    Problem.NO_TICKET_YET: Words("Działa na zgłoszeniu, które już jest: napisz je w odpowiedzi na powiadomienie o nim."),
    Problem.NOT_STAFF: Words("Polecenia są tylko dla pracowników, więc wiersz został w wiadomości jako tekst."),
}

WORDS: Final[Mapping[Language, Mapping[Problem, Words]]] = {"en": EN, "ru": RU, "pl": PL}

HELD_EN: Final[Mapping[HeldCause, str]] = {
    HeldCause.NO_TOKEN: "It does not answer a notification of yours, and nothing else proves that you wrote it. "
    "Reply to the notification of the ticket that was sent to you.",
    HeldCause.OTHERS_TOKEN: "It answers a notification that was sent to a colleague. "
    "Reply to your own; if you have none, have the ticket assigned to you.",
    HeldCause.FORGED_TOKEN: "The address that it was sent to is none of those that we made for you: it was altered on the way. "
    "Reply to the notification again, and leave the address as it is.",
    HeldCause.EXPIRED_TOKEN: "The ticket was closed too long ago to be answered by mail. Ask your administrator to open it again.",
    HeldCause.INACTIVE: "You are no longer active as an agent here. If that is wrong, tell your administrator.",
    HeldCause.INCOMPLETE: "It could not be read as a whole: it is damaged, or too large. Write it again, with fewer or smaller files.",
    HeldCause.AMBIGUOUS_AUTHOR: "Its From field does not name exactly one address. Send it from your own address alone.",
    HeldCause.UNPROVEN: "Nothing proves that it was sent by the mail server of your domain (neither SPF nor DKIM passed). "
    "Send it by the server that you usually send your work mail with.",
    HeldCause.DISOWNED: "The owner of your domain asks that mail like this be distrusted (it fails DMARC). "
    "Send it by the server that you usually send your work mail with.",
    HeldCause.DNS_AWAY: "For an hour it could not be found out who had sent it, for DNS did not answer. Send it once more.",
    HeldCause.OTHER_DEPARTMENT: "The ticket belongs to a department that is not yours. Ask a colleague of that department to answer it.",
    HeldCause.MIXED_WITH_QUOTE: "Your words could not be told from the notification quoted with them. "
    "Write your reply above everything that your mail program quotes.",
    HeldCause.TICKET_GONE: "The ticket does not exist any more.",
}

HELD_RU: Final[Mapping[HeldCause, str]] = {
    HeldCause.NO_TOKEN: "Оно не отвечает на уведомление, отправленное вам, и ничто другое не доказывает, что написали его вы. "
    "Ответьте на своё уведомление об этом обращении.",
    HeldCause.OTHERS_TOKEN: "Оно отвечает на уведомление, отправленное другому сотруднику. "
    "Ответьте на своё; если у вас его нет, попросите назначить обращение вам.",
    HeldCause.FORGED_TOKEN: "Адрес, на который оно отправлено, мы вам не давали: по дороге он изменился. "
    "Ответьте на уведомление ещё раз и не меняйте адрес.",
    HeldCause.EXPIRED_TOKEN: "Обращение закрыто слишком давно, чтобы отвечать по почте. Попросите администратора открыть его снова.",
    HeldCause.INACTIVE: "Вы здесь больше не числитесь действующим сотрудником. Если это ошибка, скажите администратору.",
    HeldCause.INCOMPLETE: "Его не удалось прочитать целиком: оно повреждено или слишком велико. "
    "Напишите его ещё раз, с меньшим числом файлов.",
    HeldCause.AMBIGUOUS_AUTHOR: "В поле «От кого» указан не один адрес. Отправьте его только со своего адреса.",
    HeldCause.UNPROVEN: "Ничто не доказывает, что его отправил почтовый сервер вашего домена (ни SPF, ни DKIM не прошли проверку). "
    "Отправьте его через сервер, которым обычно пользуетесь для рабочей почты.",
    HeldCause.DISOWNED: "Владелец вашего домена просит не доверять таким письмам (проверка DMARC не пройдена). "
    "Отправьте его через сервер, которым обычно пользуетесь для рабочей почты.",
    HeldCause.DNS_AWAY: "Целый час не удавалось узнать, кто его отправил: DNS не отвечал. Отправьте его ещё раз.",
    HeldCause.OTHER_DEPARTMENT: "Обращение относится к отделу, в котором вы не работаете. Попросите ответить сотрудника этого отдела.",
    HeldCause.MIXED_WITH_QUOTE: "Ваши слова не удалось отличить от процитированного уведомления. "
    "Пишите ответ выше всего, что цитирует почтовая программа.",
    HeldCause.TICKET_GONE: "Этого обращения больше нет.",
}

HELD_PL: Final[Mapping[HeldCause, str]] = {
    HeldCause.NO_TOKEN: "Nie odpowiada na powiadomienie wysłane do Ciebie i nic innego nie dowodzi, że jest od Ciebie. "
    "Odpowiedz na swoje powiadomienie o tym zgłoszeniu.",
    HeldCause.OTHERS_TOKEN: "Odpowiada na powiadomienie wysłane do innej osoby. "
    "Odpowiedz na swoje, a jeśli go nie masz, poproś o przypisanie zgłoszenia do Ciebie.",
    HeldCause.FORGED_TOKEN: "Adres, na który ją wysłano, nie jest żadnym z tych, które od nas masz: zmienił się po drodze. "
    "Odpowiedz na powiadomienie jeszcze raz i nie zmieniaj adresu.",
    HeldCause.EXPIRED_TOKEN: "Zgłoszenie zamknięto zbyt dawno, aby odpowiadać na nie pocztą. Poproś administratora o ponowne otwarcie.",
    HeldCause.INACTIVE: "Nie jesteś tu już czynnym pracownikiem. Jeśli to pomyłka, powiedz administratorowi.",
    HeldCause.INCOMPLETE: "Nie udało się jej odczytać w całości: jest uszkodzona albo za duża. "
    "Napisz ją jeszcze raz, z mniejszą liczbą plików.",
    HeldCause.AMBIGUOUS_AUTHOR: "Pole „Od” nie zawiera dokładnie jednego adresu. Wyślij ją tylko ze swojego adresu.",
    HeldCause.UNPROVEN: "Nic nie dowodzi, że wysłał ją serwer poczty Twojej domeny (ani SPF, ani DKIM nie potwierdza tego). "
    "Wyślij ją przez serwer, którego zwykle używasz do poczty służbowej.",
    HeldCause.DISOWNED: "Właściciel Twojej domeny prosi, aby nie ufać takiej poczcie (nie przechodzi DMARC). "
    "Wyślij ją przez serwer, którego zwykle używasz do poczty służbowej.",
    HeldCause.DNS_AWAY: "Przez godzinę nie dało się ustalić, kto ją wysłał, bo DNS nie odpowiadał. Wyślij ją jeszcze raz.",
    HeldCause.OTHER_DEPARTMENT: "Zgłoszenie należy do działu, który nie jest Twój. Poproś o odpowiedź osobę z tego działu.",
    HeldCause.MIXED_WITH_QUOTE: "Twoich słów nie dało się odróżnić od cytowanego powiadomienia. "
    "Pisz odpowiedź powyżej wszystkiego, co cytuje program pocztowy.",
    HeldCause.TICKET_GONE: "Tego zgłoszenia już nie ma.",
}

HELD: Final[Mapping[Language, Mapping[HeldCause, str]]] = {"en": HELD_EN, "ru": HELD_RU, "pl": HELD_PL}
