"""Multipart bodies written by hand: clients escape or refuse what they would rather not send."""

from __future__ import annotations

HEADERS = {"Content-Type": "multipart/form-data; boundary=b"}


def part(data: bytes, disposition: str, *headers: bytes) -> bytes:
    """One part; `disposition` is what follows `form-data; `."""
    lines = [f"Content-Disposition: form-data; {disposition}".encode(), *headers]
    return b"--b\r\n" + b"\r\n".join(lines) + b"\r\n\r\n" + data + b"\r\n"


def photo(data: bytes, file_name: str, field: str = "image_file") -> bytes:
    """A body whose one part is a file of exactly this name."""
    quoted = file_name.replace("\\", "\\\\").replace('"', '\\"')
    return part(data, f'name="{field}"; filename="{quoted}"') + END


END = b"--b--\r\n"
