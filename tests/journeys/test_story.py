"""The main job from end to end, in three languages (U1, O11, O12, C1, C3, Z12)."""

import pytest

from tests.journeys.lending import Lender
from tests.journeys.running import letter, reply_to

STORIES = {
    "en": (
        "support@desk.test",
        "## Please type your reply above this line ##",
        "The printer is on fire.",
        "Use the extinguisher.",
        "Thanks!",
    ),
    "ru": ("help@desk.test", "## Пожалуйста, пишите ответ выше этой строки ##", "Принтер горит.", "Возьмите огнетушитель.", "Спасибо!"),
    "pl": ("pomoc@desk.test", "## Proszę pisać odpowiedź powyżej tej linii ##", "Drukarka się pali.", "Weź gaśnicę.", "Dziękuję!"),
}


@pytest.mark.parametrize("language", STORIES)
async def test_a_clients_mail_is_answered_from_an_agents_mail_program_and_the_thanks_join_the_ticket(language: str, lend: Lender) -> None:
    address, line, question, answer, thanks = STORIES[language]
    async with lend() as gateway:
        first = letter("Anna Petrowa <anna@client.test>", address, "Help", question)
        first.add_attachment(b"smoke", maintype="image", subtype="png", filename="Снимок №1.png")
        await gateway.send(first)

        [registered] = await gateway.letters_to("anna@client.test")
        assert registered.text.startswith(line)
        assert registered.subject == "Help [#1]"
        assert registered.message["Auto-Submitted"] == "auto-replied"
        assert registered.message["X-Deskgate-Ticket"] == "1"
        assert registered.message["References"] == first["Message-ID"]
        assert registered.message["From"].addresses[0].addr_spec == address

        [to_dana] = await gateway.letters_to("dana@staff.test")
        [to_oleg] = await gateway.letters_to("oleg@staff.test")
        assert question in to_dana.text
        assert to_oleg.text.startswith("## Пожалуйста")
        assert to_dana.message["Reply-To"] != to_oleg.message["Reply-To"]
        assert [each.get_filename() for each in to_dana.message.iter_attachments()] == ["Снимок №1.png"]

        await gateway.send(reply_to(to_dana, "Dana Agent <dana@staff.test>", answer))
        _, answered = await gateway.letters_to("anna@client.test", 2)
        assert answered.text.startswith(line)
        assert answer in answered.text
        assert question not in answered.text
        assert answered.message["From"].addresses[0].display_name == "Dana Agent"
        assert answered.message["From"].addresses[0].addr_spec == address
        assert answered.message["Auto-Submitted"] is None
        assert first["Message-ID"] in answered.message["References"]
        token = str(to_dana.message["Reply-To"]).partition("+")[2].partition("@")[0]
        assert len(token) > 26
        assert token.encode() not in answered.content.lower()

        await gateway.send(reply_to(answered, "Anna Petrowa <anna@client.test>", thanks))
        _, told = await gateway.letters_to("dana@staff.test", 2)
        assert thanks in told.text

        ticket = await gateway.ticket(1)
        assert [(each["kind"], each["text"].strip()) for each in ticket["articles"]] == [
            ("client_message", question),
            ("notice", registered.text.strip()),
            ("agent_reply", answer),
            ("client_message", thanks),
        ]
        assert (ticket["status"], ticket["language"], ticket["gateway"]) == ("open", language, address)
        assert [each["filename"] for each in ticket["articles"][0]["attachments"]] == ["Снимок №1.png"]
        assert [each["kind"] for each in ticket["events"]] == ["created", "replied", "status_changed", "client_replied"]
        assert len(await gateway.letters_to("anna@client.test", 2)) == 2
