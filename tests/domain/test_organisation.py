"""What the configured desk answers to: settings of a department, canned replies and From addresses."""

from dataclasses import replace

import pytest

from gateway.domain.letter import Party
from gateway.domain.organisation import Agent, CannedReply, Department, Desk, FromAddress, Gateway, Organisation

DANA = Agent("Dana Agent", "dana@staff.test", ("support",), aliases=("dana@home.test",))
OLEG = Agent("Олег Агентов", "oleg@staff.test", ("support", "sales"))

ORGANISATION = Organisation(
    desk=Desk(name="Desk", hostname="mx.desk.test", language="en", reply_address="r@desk.test", secrets=(b"a secret of the tests",)),
    departments=(Department("support", "Support"), Department("sales", "Sales")),
    gateways=(
        Gateway("support@desk.test", "Support", "support", default=True),
        Gateway("help@desk.test", "Help", "support"),
        Gateway("sales@desk.test", "Sales", "sales"),
        Gateway("old@desk.test", "Old", "support", enabled=False),
        Gateway("*@any.test", "Anything", "support"),
    ),
    agents=(DANA, OLEG),
    canned_replies=(
        CannedReply("thanks", "everyone's thanks", everyone=True),
        CannedReply("Ещё раз", "everyone's", everyone=True),
        CannedReply("Thanks", "support's thanks", department="support"),
        CannedReply("terms", "sales' terms", department="sales"),
        CannedReply("THANKS", "Dana's thanks", agent="dana@staff.test"),
    ),
)


@pytest.mark.parametrize(
    ("name", "agent", "department", "text"),
    [
        ("thanks", DANA, "support", "Dana's thanks"),
        ("tHaNkS", OLEG, "support", "support's thanks"),
        ("thanks", OLEG, "sales", "everyone's thanks"),
        ("terms", OLEG, "sales", "sales' terms"),
        ("terms", OLEG, "support", None),
        ("terms", DANA, "sales", None),
        ("ЕЩЁ  РАЗ", OLEG, "sales", "everyone's"),
        ("thank", DANA, "support", None),
        ("", DANA, "support", None),
    ],
)
def test_the_nearest_canned_reply_is_taken(name: str, agent: Agent, department: str, text: str | None) -> None:
    found = ORGANISATION.canned_reply(name, agent, department)
    assert (found.text if found else None) == text


@pytest.mark.parametrize(
    ("agent", "department", "names"),
    [
        (DANA, "support", ("THANKS", "Ещё раз")),
        (OLEG, "support", ("Thanks", "Ещё раз")),
        (OLEG, "sales", ("terms", "thanks", "Ещё раз")),
    ],
)
def test_canned_replies_are_listed_once_and_the_nearest_first(agent: Agent, department: str, names: tuple[str, ...]) -> None:
    assert ORGANISATION.canned_replies_for(agent, department) == names
    assert all(ORGANISATION.canned_reply(name, agent, department) for name in names)


SUPPORT = Party("Support", "support@desk.test")
HELP = Party("Help", "help@desk.test")


@pytest.mark.parametrize(
    ("listed", "verified", "choices"),
    [
        ((), (), (SUPPORT, HELP)),
        # Another department's gateway, because it is listed.
        ((FromAddress("sales@desk.test", "Sales for all"),), (), (SUPPORT, HELP, Party("Sales for all", "sales@desk.test"))),
        ((FromAddress("sales@desk.test", "Sales", department="sales"),), (), (SUPPORT, HELP)),
        # A gateway that is listed is called as it is listed, or not offered at all.
        ((FromAddress("help@desk.test", "Helping hand"),), (), (SUPPORT, Party("Helping hand", "help@desk.test"))),
        ((FromAddress("help@desk.test", "Help", enabled=False),), (), (SUPPORT,)),
        ((FromAddress("help@desk.test", "Help", department="sales", enabled=False),), (), (SUPPORT, HELP)),
        # Mail to it comes to us; mail to a disabled gateway does not.
        ((FromAddress("vip@any.test", "Vip"),), (), (SUPPORT, HELP, Party("Vip", "vip@any.test"))),
        ((FromAddress("old@desk.test", "Old"),), (), (SUPPORT, HELP)),
        # Elsewhere, and so to be verified first.
        ((FromAddress("ceo@corp.test", "CEO"),), (), (SUPPORT, HELP)),
        ((FromAddress("ceo@corp.test", "CEO"),), ("ceo@corp.test",), (SUPPORT, HELP, Party("CEO", "ceo@corp.test"))),
        ((FromAddress("ceo@corp.test", "CEO", enabled=False),), ("ceo@corp.test",), (SUPPORT, HELP)),
        ((), ("ceo@corp.test",), (SUPPORT, HELP)),
    ],
)
def test_replies_go_out_from_addresses_that_are_ours(
    listed: tuple[FromAddress, ...], verified: tuple[str, ...], choices: tuple[Party, ...]
) -> None:
    assert replace(ORGANISATION, from_addresses=listed).from_choices("support", frozenset(verified)) == choices


@pytest.mark.parametrize("own", [None, True, False])
@pytest.mark.parametrize("desks", [True, False])
def test_a_departments_own_setting_outranks_the_desks(desks: bool, own: bool | None) -> None:
    organisation = replace(
        ORGANISATION,
        desk=replace(
            ORGANISATION.desk,
            requester_from_forward=desks,
            private_without_client=desks,
            client_identity="reply-to" if desks else "from",
        ),
        departments=(
            Department(
                "support",
                "Support",
                requester_from_forward=own,
                private_without_client=own,
                client_identity=None if own is None else "reply-to" if own else "from",
            ),
        ),
    )
    expected = desks if own is None else own
    assert organisation.requester_from_forward("support") is expected
    assert organisation.private_without_client("support") is expected
    assert (organisation.client_identity("support") == "reply-to") is expected
    # A department that the configuration has no more is as the desk.
    assert organisation.private_without_client("gone") is organisation.requester_from_forward("gone") is desks
