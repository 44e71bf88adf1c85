"""Names of IMAP folders in modified UTF-7 (RFC 3501 §5.1.3). PURE."""

import re
from base64 import b64encode

_SHIFTED = re.compile(r"[^ -~]+|&")


def encode_folder(name: str) -> str:
    """`Входящие/Обращения` → `&BBIERQQ+BDQETwRJBDgENQ-/&BB4EMQRABDAESQQ1BD0EOARP-`. Lone surrogates raise UnicodeEncodeError."""
    return _SHIFTED.sub(lambda found: "&-" if found[0] == "&" else _shift(found[0]), name)


def _shift(run: str) -> str:
    # Base64 with a comma for the slash, which separates folders, and without padding.
    return f"&{b64encode(run.encode('utf-16-be')).decode().rstrip('=').replace('/', ',')}-"
