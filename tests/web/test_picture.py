"""The company's picture: what it is is read from its bytes, and what is none is done without."""

from pathlib import Path

import pytest

from gateway.web.picture import LARGEST, read_picture

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PNG + b"...", "image/png"),
        (b"\xff\xd8\xff\xe0...", "image/jpeg"),
        (b"GIF89a...", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<svg/>", "image/svg+xml"),
    ],
)
def test_a_picture_is_told_by_its_bytes(tmp_path: Path, content: bytes, media_type: str) -> None:
    file = tmp_path / "logo.txt"
    file.write_bytes(content)
    picture = read_picture(file)
    assert picture is not None
    assert (picture.media_type, picture.content) == (media_type, content)


@pytest.mark.parametrize("content", [b"", b"<html><body>", b"BM......", b"RIFF\x10\0\0\0WAVE", PNG + b"\0" * LARGEST])
def test_what_is_no_picture_is_not_shown(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "logo.png"
    file.write_bytes(content)
    assert read_picture(file) is None


def test_what_cannot_be_read_is_not_shown(tmp_path: Path) -> None:
    assert read_picture(tmp_path / "missing.png") is None
    assert read_picture(tmp_path) is None


def test_a_change_of_the_file_is_a_change_of_its_version(tmp_path: Path) -> None:
    file = tmp_path / "logo.png"
    versions = set()
    for content in (PNG, PNG + b"1"):
        file.write_bytes(content)
        picture = read_picture(file)
        assert picture is not None
        versions.add(picture.version)
    assert len(versions) == 2
