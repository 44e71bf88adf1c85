"""What is wrong with an operator's template, so that it can be put right."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """`file` is `LANG/NAME.txt` under the directory of templates, `line` counts from 1 (0: the file as a whole), `macro` is what is wrong
    in it, as written (`""`: nothing in particular)."""

    file: str
    line: int
    macro: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{place}: {self.macro}: {self.remedy}" if self.macro else f"{place}: {self.remedy}"


class UnusableError(Exception):
    """A template that no letter can be written from."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults
