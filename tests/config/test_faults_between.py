"""What stands on the screen when sections of the configuration do not fit together: the path, the value, and what was expected."""

import pytest

from tests.config.reading import SECRET, SMALLEST, read

AGENT = '[[agent]]\naddress = "anna@staff.example.com"\n'
BOX = 'forwarded_from = ["box@example.net"]\n'
CANNED = "[[canned_reply]]\nname = 'hello'\ntext = 'Good morning.'\n"
SENDER = "[[from_address]]\naddress = 'sales@example.com'\n"
TWO = f'{SMALLEST}default = true\n[[gateway]]\naddress = "sales@example.com"\n'

BETWEEN_SECTIONS = [
    (
        f'{SMALLEST}default = true\n{BOX}[[gateway]]\naddress = "b@example.com"\n{BOX}',
        'gateway[1].forwarded_from[0] = "box@example.net": expected a mailbox of its own: gateway[0] has this one',
    ),
    (
        f'{SMALLEST}forwarded_from = ["anna@staff.example.com"]\n{AGENT}',
        (
            'gateway[0].forwarded_from[0] = "anna@staff.example.com": '
            "expected no agent's address: what an agent writes is not taken for a client's whose name a forward hides"
        ),
    ),
    (
        f'{SMALLEST}default = true\n[[gateway]]\naddress = "*@example.net"\nverify_hours = 24',
        "gateway[1].verify_hours = 24: expected forwarded_from beside it: a catch-all is no address that a probe could go to",
    ),
    ("", 'gateway: missing: expected at least one [[gateway]] with an address, such as address = "support@example.com"'),
    (
        f"{SMALLEST}[[gateway]]\naddress = 'sales@example.com'",
        "gateway = [{…}]: expected one of the 2 gateways to have default = true; none has",
    ),
    (
        f"{TWO}default = true",
        "gateway[1].default = true: expected one default gateway: gateway[0] is it already; leave one of them",
    ),
    (
        "[[gateway]]\naddress = '*@example.com'",
        (
            'gateway[0].address = "*@example.com": '
            "expected a full address, for letters go out from the default gateway; a catch-all cannot be it: add another gateway"
        ),
    ),
    (
        f"{TWO}[[gateway]]\naddress = 'SALES@Example.com'",
        'gateway[2].address = "SALES@Example.com": expected an address of its own: gateway[1] has this one',
    ),
    (
        f"{SMALLEST}department = 'sales'\n[[department]]\nkey = 'help'\n[[department]]\nkey = 'it'",
        'gateway[0].department = "sales": expected the key of a [[department]]: "help" or "it"',
    ),
    (
        f"{SMALLEST}department = 'it'\n[[department]]\nkey = 'help'\n[[department]]\nkey = 'it'\navailable = false",
        'gateway[0].department = "it": expected an available department: "it" serves no clients; set its available = true, or feed another',
    ),
    (
        f"{SMALLEST}[[department]]\nkey = 'help'\navailable = false",
        'gateway[0].department: expected an available department: "help" serves no clients; set its available = true, or feed another',
    ),
    (
        f"{SMALLEST}[[department]]\nkey = 'help'\n[[department]]\nkey = 'help'",
        'department[1].key = "help": expected a key of its own: department[0] has this one',
    ),
    (
        f"{SMALLEST}{AGENT}departments = ['support', 'sales']",
        'agent[0].departments[1] = "sales": expected the key of a [[department]]: "support"',
    ),
    (
        f"{SMALLEST}[[agent]]\naddress = 'Support@example.com'",
        'agent[0].address = "Support@example.com": expected an address of the agent\'s own: this one belongs to gateway[0]',
    ),
    (
        f"{SMALLEST}default = true\n[[gateway]]\naddress = '*@staff.example.com'\n{AGENT}",
        (
            'agent[0].address = "anna@staff.example.com": expected an address of the agent\'s own: '
            "gateway[1] takes in every address of this domain; give the agent one of another domain, "
            "or each gateway of this domain a table of its own"
        ),
    ),
    (
        f"{SMALLEST}{AGENT}aliases = ['support+anna@example.com']",
        'agent[0].aliases[0] = "support+anna@example.com": expected an address of the agent\'s own: this one belongs to gateway[0]',
    ),
    (
        f"{SMALLEST}{AGENT}[[agent]]\naddress = 'ivan@staff.example.com'\naliases = ['ANNA@staff.example.com']",
        'agent[1].aliases[0] = "ANNA@staff.example.com": expected an address that is listed once: it stands in agent[0].address already',
    ),
    (
        f"{SMALLEST}{CANNED}",
        "canned_reply[0] = {…}: expected exactly one of everyone = true, department and agent; there is none",
    ),
    (
        f"{SMALLEST}{CANNED}everyone = false\n",
        "canned_reply[0] = {…}: expected exactly one of everyone = true, department and agent; there is none",
    ),
    (
        f"{SMALLEST}{AGENT}{CANNED}everyone = true\nagent = 'anna@staff.example.com'",
        (
            'canned_reply[0].agent = "anna@staff.example.com": '
            "expected exactly one of everyone = true, department and agent; everyone and agent are given"
        ),
    ),
    (
        f"{SMALLEST}{CANNED}department = 'sales'",
        'canned_reply[0].department = "sales": expected the key of a [[department]]: "support"',
    ),
    (
        f"{SMALLEST}{AGENT}{CANNED}agent = 'ivan@staff.example.com'",
        'canned_reply[0].agent = "ivan@staff.example.com": expected the address of an [[agent]]',
    ),
    (
        f"{SMALLEST}{CANNED}everyone = true\n{CANNED}department = 'support'\n{CANNED.replace('hello', 'HELLO')}everyone = true",
        'canned_reply[2].name = "HELLO": expected a name of its own: canned_reply[0] has this one for the same people',
    ),
    (
        f"{SMALLEST}{AGENT}aliases = ['anna@example.net']\n{CANNED}agent = 'anna@staff.example.com'\n{CANNED}agent = 'Anna@Example.net'",
        'canned_reply[1].name = "hello": expected a name of its own: canned_reply[0] has this one for the same people',
    ),
    (
        f"{SMALLEST}{SENDER}{SENDER.replace('sales', 'SALES')}",
        'from_address[1].address = "SALES@example.com": expected an address of its own: from_address[0] has this one',
    ),
    (
        f"{SMALLEST}{SENDER}department = 'sales'",
        'from_address[0].department = "sales": expected the key of a [[department]]: "support"',
    ),
    (
        f"{SMALLEST}{SENDER.replace('sales', 'r')}",
        (
            'from_address[0].address = "r@example.com": '
            "expected another address: this one is where agents' answers go, and clients must not write there"
        ),
    ),
    (
        f"{SMALLEST}{SENDER}default = true\n{SENDER.replace('sales', 'office')}default = true",
        (
            "from_address[1].default = true: "
            "expected one default of a department, and one of all: from_address[0] is it already; leave one of them"
        ),
    ),
    (
        f"{SMALLEST}{SENDER}smtp = {{host = 'smtp.example.com', user = 'desk'}}",
        "from_address[0].smtp.password: missing: expected the password that belongs to from_address[0].smtp.user",
    ),
    (
        f"{SMALLEST}{SENDER}smtp = {{host = 'smtp.example.com', password = 'hunter2'}}",
        "from_address[0].smtp.user: missing: expected the user that belongs to from_address[0].smtp.password",
    ),
    (
        f"{SMALLEST}{SENDER}smtp = {{host = 'smtp.example.com', user = 'desk', password = 'hunter2', security = 'none'}}",
        'from_address[0].smtp.security = "none": expected "starttls" or "tls": the password would cross the network in the clear',
    ),
    (
        f"{SMALLEST}[desk]\nreply_address = 'support+r@example.com'",
        'desk.reply_address = "support+r@example.com": expected an address that is no gateway\'s: it belongs to gateway[0]',
    ),
    (
        "[[gateway]]\naddress = 'r@example.com'",
        'desk.reply_address: the default is "r@example.com"; set it: expected an address that is no gateway\'s: it belongs to gateway[0]',
    ),
    (
        f"{SMALLEST}{AGENT}[desk]\nreply_address = 'anna@staff.example.com'",
        'desk.reply_address = "anna@staff.example.com": expected an address that is no agent\'s',
    ),
    (
        f"{SMALLEST}[desk]\nreply_address = 'ответ@example.com'",
        (
            'desk.reply_address = "ответ@example.com": '
            "expected a local part of plain letters, digits, dots and hyphens, for the token is joined to it"
        ),
    ),
    (
        f"{SMALLEST}[desk]\nreply_address = 'a-reply-address-of-24-oc@example.com'",
        (
            'desk.reply_address = "a-reply-address-of-24-oc@example.com": '
            "expected a local part of 23 octets at most, for the token to fit behind it"
        ),
    ),
    (
        f"{SMALLEST}[desk]\nreply_address = 'b@example.com'\n[outbound]\nbounce_domain = 'example.com'",
        (
            'outbound.bounce_domain = "example.com": '
            'expected a domain where "b@example.com" is free, for bounces come back to b+TOKEN there: it is desk.reply_address'
        ),
    ),
    (
        f"{SMALLEST}[database]\nurl = 'postgresql://db.example.com/desk'",
        "desk.secret: missing: expected a secret, the same on every node of this database; `openssl rand -base64 32` makes one",
    ),
    (
        f"{SMALLEST}[desk]\nsecret = 'hunter2'",
        'desk.secret = "********": expected 16 characters or more, hard to guess; `openssl rand -base64 32` makes them',
    ),
    (
        f"{SMALLEST}[desk]\nold_secrets = ['{SECRET}', 'hunter2']",
        'desk.old_secrets[1] = "********": expected 16 characters or more, hard to guess; `openssl rand -base64 32` makes them',
    ),
    (f"{SMALLEST}[tls]\ncertificate = 'c.pem'", "tls.key: missing: expected the private key of tls.certificate"),
    (f"{SMALLEST}[tls]\nkey = 'k.pem'", "tls.certificate: missing: expected the certificate of tls.key"),
    (
        f"{SMALLEST}[tls]\nrequired = true",
        "tls.required = true: expected false, as long as tls.certificate and tls.key are not set",
    ),
    (
        f"{SMALLEST}[server]\nlisten_tls = ['127.0.0.1:465']",
        'server.listen_tls = ["127.0.0.1:465"]: expected tls.certificate and tls.key beside it',
    ),
    (
        f"{SMALLEST}[server]\nlisten = ['127.0.0.1:2525', '127.0.0.1:2525']",
        'server.listen[1] = "127.0.0.1:2525": expected an address and port of its own: server.listen[0] listens there already',
    ),
    (
        f"{SMALLEST}[web]\nlisten = '127.0.0.1:2525'",
        'web.listen = "127.0.0.1:2525": expected an address and port of its own: server.listen[0] listens there already',
    ),
    (
        f"{SMALLEST}[outbound]\nrelay = '127.0.0.1:2525'",
        (
            'outbound.relay = "127.0.0.1:2525": '
            "expected another server: 127.0.0.1:2525 is answered by server.listen[0], and letters would come back to us"
        ),
    ),
    (
        f"{SMALLEST}[outbound]\nrelay = 'LocalHost:2525'",
        (
            'outbound.relay = "LocalHost:2525": '
            "expected another server: localhost:2525 is answered by server.listen[0], and letters would come back to us"
        ),
    ),
    (
        f"{SMALLEST}[server]\nlisten = ['[::]:25']\nhostname = 'desk.example.com'",
        "outbound.relay: expected another server: 127.0.0.1:25 is answered by server.listen[0], and letters would come back to us",
    ),
    (
        f"{SMALLEST}[outbound]\nrelay = 'smtp.example.com:587'\nuser = 'desk'\npassword = 'hunter2'\nsecurity = 'none'",
        'outbound.security = "none": expected "starttls" or "tls": the password would cross the network in the clear',
    ),
    *(
        (f"{SMALLEST}[outbound]\nrelay = 'smtp.example.com:587'\nsecurity = 'starttls'\n{given}", fault)
        for given, fault in (
            (
                "user = 'desk'\nauth = 'xoauth2'",
                "outbound.token_file: expected one of token_file and token_command; there is none",
            ),
            (
                "user = 'desk'\nauth = 'xoauth2'\ntoken_file = 't'\ntoken_command = ['t']",
                'outbound.token_file = "t": expected one of token_file and token_command; both are given',
            ),
            (
                "user = 'desk'\npassword = 'hunter2'\ntoken_command = ['t']",
                'outbound.token_command = ["t"]: expected auth = "xoauth2" beside it: a password needs no token',
            ),
            (
                "user = 'desk'\nauth = 'xoauth2'\npassword = 'hunter2'\ntoken_command = ['t']",
                'outbound.password = "********": expected nothing here: auth = "xoauth2" takes its token from token_file or token_command',
            ),
            ("auth = 'xoauth2'\ntoken_command = ['t']", "outbound.user: missing: expected the user that belongs to outbound.token_command"),
        )
    ),
    (
        f"{SMALLEST}[outbound]\nrelay = 'smtp.example.com:587'\nuser = 'desk'\nauth = 'xoauth2'\ntoken_command = ['t']",
        'outbound.security: expected "starttls" or "tls": the access token would cross the network in the clear',
    ),
    (
        f"{SMALLEST}[outbound]\nrelay = 'directory:out'\nsecurity = 'tls'",
        'outbound.security = "tls": expected "none", for letters are written into a directory',
    ),
    *(
        (
            f"{SMALLEST}[outbound]\nrelay = 'mx'\n{key} = {value}",
            (
                f'{shown}: expected none beside relay = "mx": '
                'leave it out, or name the relay that it is for in outbound.relay: with "mx" nobody logs in'
            ),
        )
        for key, value, shown in (
            ("user", "'desk'", 'outbound.user = "desk"'),
            ("auth", "'xoauth2'", 'outbound.auth = "xoauth2"'),
            ("token_command", "['print-a-token']", 'outbound.token_command = ["print-a-token"]'),
        )
    ),
    (
        f"{SMALLEST}[outbound]\nrelay = 'mx'\nsecurity = 'tls'",
        (
            'outbound.security = "tls": expected it left out beside relay = "mx": '
            "each domain says by MTA-STS and DANE what TLS its mail servers are held to, and TLS is used wherever it is offered"
        ),
    ),
    (f"{SMALLEST}[outbound]\nuser = 'desk'", "outbound.password: missing: expected the password that belongs to outbound.user"),
    (f"{SMALLEST}[outbound]\npassword = 'hunter2'", "outbound.user: missing: expected the user that belongs to outbound.password"),
    (
        f"{SMALLEST}[outbound]\nretry = {{first_delay = 60, max_delay = 30}}",
        "outbound.retry.max_delay = 30: expected no less than outbound.retry.first_delay, 60 seconds",
    ),
]


@pytest.mark.parametrize(("text", "expected"), BETWEEN_SECTIONS, ids=[expected.partition(":")[0] for _, expected in BETWEEN_SECTIONS])
def test_a_fault_between_sections_is_told(text: str, expected: str) -> None:
    found = read(text)
    assert [str(fault) for fault in found.faults] == [expected]
    assert found.settings is None
