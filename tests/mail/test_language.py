"""The guess at a text's language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.language import guess_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Здравствуйте! Не работает вход, что делать?", "ru"),
        ("Спасибо!", "ru"),
        ("Не работает", "ru"),
        ("Доброго дня, не працює вхід до кабінету. Дякую!", "uk"),
        ("Здравейте, не мога да вляза. Как да сменя паролата? Благодаря!", "bg"),
        ("Dzień dobry, nie mogę się zalogować. Proszę o pomoc.", "pl"),
        ("Nie działa logowanie", "pl"),
        ("Hello, I cannot log in. Please help me with the password.", "en"),
        ("Guten Tag, ich kann mich nicht anmelden. Können Sie mir bitte helfen?", "de"),
        ("Bonjour, je ne peux pas me connecter. Merci de votre aide.", "fr"),
        ("Hola, no puedo entrar en mi cuenta. Gracias por su ayuda.", "es"),
        ("Buongiorno, non riesco ad accedere al mio conto. Grazie.", "it"),
        ("Hallo, ik kan niet inloggen op mijn account. Kunt u mij helpen? Bedankt voor de hulp.", "nl"),
        ("Olá, não consigo entrar na minha conta. Você pode me ajudar? Obrigado.", "pt"),
        ("Dobrý den, nemůžu se přihlásit. Prosím o pomoc, děkuji.", "cs"),
        ("Hej, jag kan inte logga in på mitt konto. Tack för hjälpen.", "sv"),
        ("Jó napot, nem tudok belépni a fiókomba. Köszönöm a segítséget!", "hu"),
        ("Bună ziua, nu pot să intru în cont. Mulțumesc pentru ajutor.", "ro"),
        ("Merhaba, hesabıma giremiyorum. Lütfen yardım edin, teşekkürler.", "tr"),
        ("こんにちは、ログインできません。", "ja"),
        ("您好，我无法登录。", "zh"),
        ("안녕하세요, 로그인이 안 됩니다.", "ko"),
        ("Καλημέρα, δεν μπορώ να συνδεθώ.", "el"),
        ("שלום, אני לא מצליח להתחבר", "he"),
    ],
)
def test_the_language_of_a_short_mail(text: str, language: str) -> None:
    assert guess_language(text) == language


@pytest.mark.parametrize("text", ["", "ok", "12345", "https://example.com/the/and/for", "anna@example.org", ":-)"])
def test_what_tells_no_language(text: str) -> None:
    assert guess_language(text) is None


@given(st.text(max_size=300))
def test_any_text_is_guessed_or_not(text: str) -> None:
    language = guess_language(text)
    assert language is None or len(language) == 2
