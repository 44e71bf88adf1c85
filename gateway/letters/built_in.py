"""The templates that come with Deskgate, `templates/LANG/NAME.txt`."""

from functools import lru_cache
from importlib.resources import files

from gateway.letters.operators import Templates


@lru_cache(maxsize=1)
def built_in() -> Templates:
    root = files("gateway.letters") / "templates"
    return Templates.from_files(
        {
            f"{language.name}/{each.name}": each.read_text(encoding="utf-8")
            for language in root.iterdir()
            for each in language.iterdir()
            if each.name.endswith(".txt")
        }
    )
