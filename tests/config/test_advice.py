"""Warnings: what works, but hardly as meant."""

import pytest

from tests.config.reading import SECRET, SMALLEST, read
from tests.dnscheck.checking import ED25519, RSA

TOLD = f'{SMALLEST}[[agent]]\naddress = "anna@staff.example.org"\n[desk]\nsecret = "{SECRET}"\n'
BESIDE = TOLD.replace(SMALLEST, f"{SMALLEST}default = true\n")
WEB = "[web]\nbase_url = 'https://desk.example.com'"
OUTSIDE = 'listen = ["127.0.0.1:2525", "0.0.0.0:2526"]'

ROWS = [
    (TOLD, []),
    (f"{TOLD}[trust]\nagent_authentication = 'token'", []),
    (f"department = []\n{TOLD}", []),
    (f"{TOLD}[trust]\nagent_authentication = 'token'\n[server]\nlisten = ['[::1]:25', 'localhost:26', '127.0.0.9:0']", []),
    (
        f"{TOLD}[trust]\nagent_authentication = 'token'\n[server]\n{OUTSIDE}\nhostname = 'desk.example.com'\n{WEB}",
        [
            (
                'trust.agent_authentication = "token": server.listen takes mail from other machines, '
                'and who gets hold of a notification can write as its agent; set "required"'
            )
        ],
    ),
    (
        f"{TOLD}[server]\n{OUTSIDE}\n{WEB}",
        [
            (
                "server.hostname: other servers are greeted with this name, and many refuse mail from one without a domain; "
                "set the name that the MX record has"
            )
        ],
    ),
    (
        f"{TOLD}[server]\nproxies = ['10.0.0.0/8', '0.0.0.0/0']",
        [
            (
                'server.proxies[1] = "0.0.0.0/0": whoever connects from there says for themselves what their address is; '
                "name the balancers' addresses alone"
            )
        ],
    ),
    (
        f"{TOLD}reply_address = 'r@desk.example.net'",
        [
            (
                'desk.reply_address = "r@desk.example.net": no gateway is at desk.example.net; '
                "make sure that mail for this address reaches this server"
            )
        ],
    ),
    (
        f"{TOLD}[[gateway]]\naddress = 'sales@example.com'\ndefault = true\nenabled = false",
        ["gateway[1].enabled = false: this is the default gateway: letters go out from it, and answers to them make no tickets"],
    ),
    (
        SMALLEST,
        ['gateway[0].department: department "support" has no active agent with notify; nobody learns of its new tickets'],
    ),
    (
        f"{TOLD}[outbound]\nrelay = 'smtp.example.com:25'",
        ['outbound.security: letters and their reply tokens go to smtp.example.com:25 in the clear; set "starttls" or "tls"'],
    ),
    (
        f"{TOLD}[outbound]\nrelay = 'smtp.example.com:587'\nsecurity = 'tls'",
        ['outbound.security = "tls": port 587 is as a rule "starttls"; "tls" is port 465'],
    ),
    (
        f"{TOLD}[outbound]\nrelay = 'smtp.example.com:465'\nsecurity = 'starttls'",
        ['outbound.security = "starttls": port 465 is as a rule "tls"'],
    ),
    (f"{TOLD}[outbound]\nrelay = 'smtp.example.com:465'\nsecurity = 'tls'", []),
    (f"{TOLD}[outbound]\nrelay = 'directory:out'", []),
    (
        f"{TOLD}[outbound]\nrelay = 'mx'\nmx_port = 2525",
        [
            (
                "server.hostname: mail servers of the world are greeted with this name, and many refuse mail from one without a domain; "
                "set the name that the address they see us come from has"
            ),
            "outbound.mx_port = 2525: the world's mail servers listen on 25 alone",
        ],
    ),
    (f"{TOLD}[server]\nhostname = 'mx.example.com'\n[outbound]\nrelay = 'mx'", []),
    (f"{TOLD}[[from_address]]\naddress = 'support@example.com'", []),
    (
        f"{TOLD}[[from_address]]\naddress = 'sales@example.com'\nsmtp = {{host = 'smtp.example.com'}}",
        [('from_address[0].address = "sales@example.com": no gateway has it, so answers go to the ticket\'s gateway, by Reply-To')],
    ),
    (
        f"{TOLD}[[from_address]]\naddress = 'sales@example.com'",
        [
            (
                'from_address[0].address = "sales@example.com": no gateway has it, so answers go to the ticket\'s gateway, by Reply-To; '
                "it is used once its code is confirmed (`deskgate senders list`), "
                "and stands in From once its domain vouches for our letters (`deskgate check --dns`)"
            )
        ],
    ),
    (f"{TOLD}[[from_address]]\naddress = 'sales@example.com'\nenabled = false", []),
    (f"{BESIDE}[[gateway]]\naddress = 'info@почта.example'", []),
    (f"{BESIDE}[[gateway]]\naddress = 'помощь@example.com'\nenabled = false", []),
    (
        f"{BESIDE}[[gateway]]\naddress = 'помощь@example.com'",
        [
            (
                'gateway[1].address = "помощь@example.com": letters from it pass only servers with SMTPUTF8 (RFC 6531), '
                "your relay and each client's; one in ASCII reaches everybody"
            )
        ],
    ),
    (
        f"{TOLD}[[dkim]]\ndomain = 'example.com'\nselector = 'one'\nkey = '''{RSA}'''",
        ['dkim[0].key = "********": it has 1024 bits; `deskgate dkim new example.com` makes a better one'],
    ),
    (f"{TOLD}[[dkim]]\ndomain = 'example.com'\nselector = 'one'\nkey = '''{ED25519}'''", []),
    (
        TOLD.replace(SECRET, SECRET[:16]),
        ['desk.secret = "********": it has fewer than 32 characters; `openssl rand -base64 32` makes a better one'],
    ),
]


@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_a_warning_is_told(text: str, expected: list[str]) -> None:
    found = read(text)
    assert found.faults == ()
    assert [str(each) for each in found.warnings] == expected
