"""Turns the bytes of any text file into UTF-8 with LF line ends."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from rpbind.errors import UserError
from rpbind.reading.formats import check_is_text

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def plain_text(path: Path, raw: bytes) -> bytes:
    """Return the text of a file as UTF-8 without a byte-order mark, with LF line ends.

    Gzip is unpacked, whatever the file's name; text that is not UTF-8 is read as Latin-1. All
    importers choose the encoding here, so that a name is the same in two files.

    Parameters
    ----------
    path
        The file, for messages.
    raw
        Its bytes.

    Returns
    -------
    bytes
        The text.

    Raises
    ------
    UserError
        If it is empty, a damaged gzip file, UTF-16, or not text.
    """
    text = _unpacked(path, raw) if raw.startswith(_GZIP) else raw
    if text[:2] in _UTF16 or _is_utf16_without_mark(text):
        raise UserError(
            f"{path} is text in UTF-16, such as Excel's 'Unicode text'; expected UTF-8. Save it as "
            "UTF-8, or convert it: iconv -f UTF-16 -t UTF-8."
        )
    check_is_text(path, text)
    text = text.removeprefix(_BOM)
    if not text.strip():
        raise UserError(f"{path} is empty. Remove it, or download it again.")
    if not text.isascii():
        text = _decoded(text).encode()
    return _lf(text)


def _unpacked(path: Path, raw: bytes) -> bytes:
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(
            f"{path} is not a complete gzip file ({error}). Download it again."
        ) from None


def _is_utf16_without_mark(text: bytes) -> bool:
    head = text[:64]
    return len(head) > 3 and (not any(head[::2]) or not any(head[1::2])) and any(head)


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _lf(text: bytes) -> bytes:
    if b"\n" not in text:
        return text.replace(
            b"\r", b"\n"
        )  # line ends of Mac OS before 2001, which some tools still write
    return text.replace(b"\r\n", b"\n")
