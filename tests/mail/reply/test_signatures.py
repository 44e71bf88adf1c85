"""The lines that mail programs sign with, language by language, and the people who only write of their telephones."""

import pytest

from gateway.domain.ours import Ours
from gateway.mail.reply import Cut, cut_reply

# `|` divides lines.
SIGNED = {
    "en": "Sent from my iPad|Sent from Samsung Mobile|Sent from Outlook for Android|Sent from Mail for Windows"
    "|Sent from Proton Mail for iOS|Sent from my Android device with K-9 Mail. Please excuse my brevity.|Sent via Superhuman",
    "ru": "Отправлено с моего iPhone|Отправлено из мобильной Почты Mail.ru|--Отправлено из Mail.ru для Android"
    "|Отправлено из мобильной Яндекс.Почты: http://m.ya.ru/ymail|Скачайте Outlook для iOS|Простите за краткость, создано в K-9 Mail.",
    "uk": "Надіслано з мого iPhone|Надіслано з пристрою Galaxy|Отримати Outlook для iOS|Надіслано з мобільного додатку ukr.net",
    "pl": "Wysłane z mojego iPhone'a|Wysłano z urządzenia Samsung|Uzyskaj aplikację Outlook dla systemu Android"
    "|Wysłane z aplikacji Poczta dla Windows|Wysłane z aplikacji mobilnej Onet Poczta",
    "de": "Von meinem iPad gesendet|Von Samsung Mobile gesendet|Gesendet mit der WEB.DE Mail App|Outlook für iOS beziehen"
    "|Diese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.|Gesendet von Outlook für Android",
    "fr": "Envoyé depuis mon iPhone|Obtenir Outlook pour iOS|Provenance : Courrier pour Windows 10|Envoyé depuis l'application Mail Orange",
    "es": "Enviado desde mi smartphone Samsung Galaxy.|Obtenga Outlook para Android|Enviado desde Correo para Windows",
    "it": "Inviato dal mio cellulare|Ottieni Outlook per iOS|Inviato da Libero Mail per Android",
    "nl": "Verzonden vanaf mijn telefoon|Outlook voor iOS downloaden|Verzonden vanuit Mail voor Windows",
    "pt": "Enviado do meu telemóvel|Obter o Outlook para iOS|Enviado do Yahoo Mail no Android",
    "cs": "Odesláno z mého telefonu Galaxy|Získat Outlook pro iOS|Odesláno z aplikace Pošta pro Windows",
    "sk": "Odoslané z môjho iPhonu|Získajte Outlook pre iOS|Odoslané z mobilu",
    "sv": "Skickat från min Galaxy|Hämta Outlook för iOS|Skickat från E-post för Windows",
    "no": "Sendt fra min Samsung Galaxy-smarttelefon.|Skaff deg Outlook for iOS",
    "da": "Sendt fra Mail til Windows|Hent Outlook til Android",
    "fi": "Lähetetty puhelimesta|Hanki Outlook for iOS|Lähetetty Windowsin Sähköpostista",
    "hu": "Az iPhone-omról küldve|Az Outlook iOS letöltése|Elküldve Galaxy készülékemről|Küldve a Samsung Galaxy okostelefonomról.",
    "ro": "Trimis de pe iPhone-ul meu|Descărcați Outlook pentru iOS|Trimis de pe telefonul meu",
    "tr": "Galaxy cihazımdan gönderildi|iOS için Outlook'u edinin|Windows için Posta ile gönderildi|Android'de Yahoo Postadan Gönderildi",
    "zh": "从我的 iPhone 发送|发自我的小米|获取适用于 iOS 的 Outlook|從我的 iPhone 傳送|发自 网易邮箱大师",
    "ja": "私のiPhoneから送信|iOS 版 Outlook を入手|Outlook for iOS を入手|Galaxyスマートフォンから送信|Windows 版のメールから送信",
    "ko": "나의 iPhone에서 보냄|내 Galaxy에서 보냄",
}


def cut(text: str, html: str | None = None) -> Cut:
    return cut_reply(text, html, Ours())


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAnna\n+48 22 000 00 00",
        "--\nAnna",
        "-- \nОтправлено из мобильного приложения Яндекс Почты",
        "Sent from my iPhone",
        "Отправлено с iPhone",
        "Отправлено с моего Galaxy",
        "Надіслано з iPhone",
        "Wysłane z iPhone’a",
        "Wysłano z telefonu Samsung Galaxy",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Verstuurd vanaf mijn iPhone",
        "Enviado do meu iPhone",
        "Odesláno z iPhonu",
        "Skickat från min iPhone",
        "Sendt fra min iPhone",
        "Lähetetty iPhonesta",
        "iPhone'umdan gönderildi",
        "iPhoneから送信",
        "发自我的iPhone",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Получить Outlook для Android<https://aka.ms/AAb9ysg>",
        "Pobierz program Outlook dla systemu iOS<https://aka.ms/o0ukef>",
        "Sent with [Proton Mail](https://proton.me/mail/home) secure email.",
        "-Anna Kowalska",
        "_______________\nlist mailing list\nhttps://lists.example.org/",
    ],
)
def test_a_signature_is_told_apart_above_a_quotation_and_at_the_end(signature: str) -> None:
    quotation = "On 12/03/2025 14:05, Support Desk wrote:\n> Which version?"
    for text in (f"It works now.\nThanks!\n\n{signature}", f"It works now.\nThanks!\n\n{signature}\n\n{quotation}"):
        result = cut(text)
        assert (result.new_text, result.signature) == ("It works now.\nThanks!", signature.strip())


@pytest.mark.parametrize("language", SIGNED)
def test_every_languages_devices_sign(language: str) -> None:
    quotation = "On 12/03/2025 14:05, Support Desk wrote:\n> Which version?"
    for line in SIGNED[language].split("|"):
        for text in (f"It works now.\n\n{line}", f"It works now.\n\n{line}\n\n{quotation}"):
            assert (cut(text).new_text, cut(text).signature) == ("It works now.", line), line


@pytest.mark.parametrize(
    "sentence",
    [
        "Von meinem iPhone geht es nicht.",
        "Von Amazon wurde ein falsches Handy gesendet.",
        "Outlook für iOS funktioniert nicht.",
        "Android için uygulama çalışmıyor.",
        "私のiPhoneで動きません。",
        "iPhoneから見えません。",
        "Az Outlook nem működik.",
        "Küldve lett a telefon tegnap.",
        "获取手机验证码失败",
        "Outlook voor Android werkt niet.",
        "Lataa outlook ei toimi.",
        "Obter o Outlook falhou no telefone.",
        "Sent to my iPhone yesterday, no answer.",
        "Получить почту не могу.",
    ],
)
def test_a_sentence_about_a_device_is_no_signature(sentence: str) -> None:
    assert cut(f"Hello,\n\nit is broken.\n\n{sentence}").signature == ""
