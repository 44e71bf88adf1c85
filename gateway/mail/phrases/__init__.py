"""What mail programs and people write round a message: a file a language, put together in `known`. Adding a language is adding one file.

Alternatives are divided by `|`. Matching ignores case and the marks that mail programs put round words (`*From:*`, `----- … -----`).
"""

from gateway.mail.phrases.known import LANGUAGES, REPLY_ABOVE, alternatives, fold

__all__ = ["LANGUAGES", "REPLY_ABOVE", "alternatives", "fold"]
