"""A line of somebody's mail, shown in a letter as it was written."""


def as_written(line: str, most: int) -> str:
    """On one line of at most `most` characters, its spaces kept: two of them may be what is wrong with it."""
    plain = "".join(each if each.isprintable() else " " for each in line).strip()
    return plain if len(plain) <= most else f"{plain[: most - 1].rstrip()}…"
