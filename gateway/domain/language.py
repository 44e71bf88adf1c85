"""The languages that Deskgate writes and obeys."""

from typing import Literal

Language = Literal["en", "ru", "pl"]
