"""Forms of one Polish word share a stem, and words of other meaning do not."""

import pytest

from gateway.search.polish import sounds_polish, stem
from gateway.search.words import folded

WORDS = [
    "faktura faktury fakturze fakturę fakturą faktur fakturami fakturach fakturom",
    "zamówienie zamówienia zamówień zamówieniu zamówieniem zamówieniami zamówieniach",
    "paczka paczki paczce paczkę paczką paczek paczkami",
    "przesyłka przesyłki przesyłce przesyłkę przesyłek przesyłkami",
    "zwrot zwrotu zwroty zwrotów zwrocie zwrotem zwrócić",
    "płatność płatności płatnością płatnościami",
    "klient klienta klientów kliencie klientowi klienci klientami",
    "drukarka drukarki drukarce drukarek drukarkę",
    "konto konta koncie kontem kont kontach",
    "hasło hasła haseł haśle hasłem",
    "reklamacja reklamacji reklamację reklamacje",
    "problem problemu problemy problemem problemów",
    "dostawa dostawy dostawie dostawę dostaw",
    "adres adresu adresie adresem adresy adresów",
    "umowa umowy umowie umowę umów",
    "błąd błędu błędy błędzie błędów",
    "serwer serwera serwerze serwery serwerów",
    "uszkodzony uszkodzona uszkodzonego uszkodzonej uszkodzone uszkodzonych",
    "otrzymałem otrzymałam otrzymać otrzymał",
    "zapłacić zapłaciłem zapłacił zapłaciłam",
    "działa działają działać działał działało",
    "telefon telefonu telefonie telefony",
    "numer numeru numerze numery numerem",
    "bank banku bankiem banki banków",
    "strona strony stronie stronę stron",
    "miesiąc miesiąca miesięcy",
    "rachunek rachunku rachunki rachunków",
    "program programu programie programy",
    "usługa usługi usłudze usług usługę",
    "załącznik załącznika załączniki załączników",
    "odpowiedź odpowiedzi odpowiedzią",
    "Kowalski Kowalskiego Kowalskiemu Kowalskim",
    "Warszawa Warszawy Warszawie Warszawę",
    "produkt produktu produkcie produkty produktów",
]


@pytest.mark.parametrize("forms", WORDS)
def test_forms_of_a_word_share_its_stem_with_and_without_diacritics(forms: str) -> None:
    bare = forms.translate(str.maketrans("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", "acelnoszzACELNOSZZ"))
    assert len({stem(folded(each)) for each in (*forms.split(), *bare.split())}) == 1


def test_words_of_other_meaning_have_other_stems() -> None:
    stems = [stem(folded(each.split()[0])) for each in WORDS]
    assert len(set(stems)) == len(stems)


@pytest.mark.parametrize("word", ["ma", "pan", "sn", "2024", "a1b2c3"])
def test_short_words_and_those_with_digits_stay_as_they_are(word: str) -> None:
    assert stem(word) == word


@pytest.mark.parametrize(
    ("text", "polish"),
    [
        ("Proszę o fakturę", True),
        ("prosze o fakture, dzien dobry", True),
        ("Please send the invoice", False),
        ("Schöne Grüße", False),
        ("Пришлите счёт", False),
        ("", False),
    ],
)
def test_polish_is_known_by_its_letters_or_its_commonest_words(text: str, polish: bool) -> None:
    assert sounds_polish(text) is polish
