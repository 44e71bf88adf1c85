"""RTF → the words in it, and the HTML where Outlook hid one (MS-OXRTFEX): there the HTML's own marks stand in groups of their own."""

import re
from dataclasses import dataclass, field, replace

from gateway.mail.charsets import codec_of

MOST_TOKENS = 500_000
"""What stands behind them is left out."""

_TOKEN = re.compile(
    rb"\\(?P<word>[A-Za-z]{1,32})(?P<number>-?[0-9]{1,9})? ?"
    rb"|\\'(?P<octet>[0-9A-Fa-f]{2})"
    rb"|\\(?P<symbol>[^A-Za-z])"
    rb"|(?P<brace>[{}])"
    rb"|(?P<text>[^\\{}\r\n]+)",
    re.DOTALL,
)
_SPOKEN = {
    "tab": "\t", "emdash": "—", "endash": "–", "emspace": " ", "enspace": " ", "qmspace": " ", "bullet": "•", "lquote": "‘",
    "rquote": "’", "ldblquote": "“", "rdblquote": "”", "cell": "\t", "zwj": "", "zwnj": "", "ltrmark": "", "rtlmark": "",
}  # fmt: skip
_SYMBOLS = {b"~": "\xa0", b"_": "\u2011", b"-": "", b"\\": "\\", b"{": "{", b"}": "}", b"\n": "\n", b"\r": "\n", b"\t": "\t"}
_SILENT = {
    "colortbl", "filetbl", "stylesheet", "listtable", "listoverridetable", "revtbl", "info", "pict", "objdata", "objclass",
    "header", "headerl", "headerr",
    "headerf", "footer", "footerl", "footerr", "footerf", "ftnsep", "ftnsepc", "xe", "tc", "fldinst", "themedata", "datastore",
    "latentstyles", "generator", "pgptbl", "rsidtbl",
}  # fmt: skip
"""Groups that hold something else than the text."""
_CODE_PAGES = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "cp950", 161: "cp1253", 162: "cp1254", 163: "cp1258",
    177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250", 255: "cp437",
}  # fmt: skip
"""Of a font's `\\fcharset`; any other has the document's own."""


@dataclass(frozen=True, slots=True)
class Rtf:
    """One of the two texts, and `""` for the other. Not `whole` where there was more than is ever read."""

    text: str = ""
    html: str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class _State:
    """Of a group; one within begins with the same."""

    silent: bool = False
    marks: bool = False
    """Within a group of HTML's own marks."""
    rtf_only: bool = False
    """Within what stands for the same marks, for readers who know no HTML."""
    fonts: bool = False
    font: int = 0
    fallback: int = 1
    """How many characters follow a Unicode one, for readers who know none."""


def read_rtf(rtf: bytes) -> Rtf:
    """Total, and linear in its size."""
    if not rtf.lstrip().startswith(b"{\\rtf"):
        return Rtf()
    return _Reader(rtf).read()


@dataclass(slots=True)
class _Reader:
    rtf: bytes
    state: _State = field(default_factory=_State)
    groups: list[_State] = field(default_factory=list)
    code_page: str = "cp1252"
    fonts: dict[int, str] = field(default_factory=dict)
    default_font: int = 0
    is_html: bool = False
    out: list[str] = field(default_factory=list)
    pending: bytearray = field(default_factory=bytearray)
    """8-bit text, of which a character may be two octets."""
    skipped: int = 0
    begins: bool = False
    """Whether a group has just been opened."""

    def read(self) -> Rtf:
        position = tokens = 0
        while position < len(self.rtf) and tokens < MOST_TOKENS:
            tokens += 1
            token = _TOKEN.match(self.rtf, position)
            position = token.end() if token is not None else position + 1
            if token is not None:
                position += self._take(token)
        self._flush()
        # Unicode is written in units of UTF-16.
        text = "".join(self.out).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\x00", "")
        whole = position >= len(self.rtf)
        return Rtf(html=text, whole=whole) if self.is_html else Rtf(text=text.strip("\n"), whole=whole)

    def _take(self, token: re.Match[bytes]) -> int:
        """How many octets behind it are no RTF."""
        begins, self.begins = self.begins, False
        match token.lastgroup:
            case "brace":
                self._brace(token["brace"])
            case "text":
                self._octets(token["text"])
            case "octet":
                self._octets(bytes((int(token["octet"], 16),)))
            case "symbol":
                self._symbol(token["symbol"], begins)
            case _:
                number = int(token["number"]) if token["number"] is not None else None
                return self._word(token["word"].decode("ascii"), number)
        return 0

    def _brace(self, brace: bytes) -> None:
        self._flush()
        self.skipped = 0
        if brace == b"{":
            self.groups.append(self.state)
            self.begins = True
        elif self.groups:
            self.state = self.groups.pop()

    def _symbol(self, symbol: bytes, begins: bool) -> None:
        if symbol == b"*" and begins:
            # A group that readers may pass over; those with HTML's marks say so in their next word.
            self.state = replace(self.state, silent=True)
        elif symbol in _SYMBOLS:
            self._write(_SYMBOLS[symbol])

    def _word(self, word: str, number: int | None) -> int:
        match word:
            case "par" | "line" | "row" | "sect" | "page" | "softline":
                self._write("\n")
            case "u":
                self._unicode(number or 0)
            case "bin":
                return max(0, number or 0)
            case _ if word in _SPOKEN:
                self._write(_SPOKEN[word])
            case _ if word in _SILENT:
                self.state = replace(self.state, silent=True)
            case _:
                self._setting(word, number)
        return 0

    def _setting(self, word: str, number: int | None) -> None:
        match word:
            case "htmltag" | "mhtmltag":
                self.state = replace(self.state, silent=word == "mhtmltag", marks=True)
            case "htmlrtf":
                self._flush()
                self.state = replace(self.state, rtf_only=number != 0)
            case "fromhtml":
                self.is_html = True
            case "ansicpg":
                self.code_page = codec_of(f"cp{number}") or self.code_page
            case "mac" | "pc" | "pca":
                self.code_page = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}[word]
            case "fonttbl":
                self.state = replace(self.state, silent=True, fonts=True)
            case "deff":
                self.default_font = number or 0
                self.state = replace(self.state, font=self.default_font)
            case "plain":
                self._in_font(self.default_font)
            case "f":
                self._in_font(number or 0)
            case "fcharset":
                self._font_charset(number or 0)
            case "uc":
                self.state = replace(self.state, fallback=max(0, min(number if number is not None else 1, 8)))

    def _in_font(self, font: int) -> None:
        if font != self.state.font:
            self._flush()
            self.state = replace(self.state, font=font)

    def _font_charset(self, charset: int) -> None:
        if self.state.fonts and charset in _CODE_PAGES and len(self.fonts) < 1000:
            self.fonts[self.state.font] = _CODE_PAGES[charset]

    def _audible(self) -> bool:
        return not self.state.silent and (self.state.marks or not (self.is_html and self.state.rtf_only))

    def _octets(self, octets: bytes) -> None:
        if self.skipped:
            octets, self.skipped = octets[self.skipped :], max(0, self.skipped - len(octets))
        if octets and self._audible():
            self.pending += octets

    def _unicode(self, number: int) -> None:
        self._write(chr(number & 0xFFFF))
        self.skipped = self.state.fallback

    def _write(self, text: str) -> None:
        if self.skipped:  # a word too may stand in for the character before it
            self.skipped -= 1
        elif self._audible():
            self._flush()
            self.out.append(text)

    def _flush(self) -> None:
        if self.pending:
            self.out.append(self.pending.decode(self.fonts.get(self.state.font, self.code_page), "replace"))
            self.pending.clear()
