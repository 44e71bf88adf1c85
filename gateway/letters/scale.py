"""The satisfaction scale in a letter: a line a level in text, a button a level in HTML (C9)."""

import html
from collections.abc import Sequence

from gateway.domain.letter import one_line
from gateway.letters.facts import LevelFacts

TABLE = '<table role="presentation" border="0" cellpadding="0" cellspacing="0" style="margin:0 0 12px">\n{}\n</table>'
# A cell with a filling link: mail programs that know no padding of links (Word's engine) take the cell's from mso-padding-alt.
ROW = (
    '<tr><td style="padding:0 0 6px"><table role="presentation" border="0" cellpadding="0" cellspacing="0"><tr>'
    '<td bgcolor="#f2f2f7" style="background:#f2f2f7;border:1px solid #8e8e93;border-radius:8px;mso-padding-alt:10px 18px">'
    '<a href="{url}" style="display:inline-block;min-width:200px;padding:10px 18px;color:#1d1d1f;text-decoration:none">{name}</a>'
    "</td></tr></table></td></tr>"
)


def shown(level: LevelFacts) -> str:
    return one_line(f"{level.symbol} {level.name}")


def as_lines(levels: Sequence[LevelFacts]) -> str:
    return "\n".join(f"{shown(each)}: {each.url}" for each in levels)


def as_buttons(levels: Sequence[LevelFacts]) -> str:
    """HTML; `""` where there are none."""
    rows = "\n".join(ROW.format(url=html.escape(each.url), name=html.escape(shown(each))) for each in levels)
    return TABLE.format(rows) if rows else ""
