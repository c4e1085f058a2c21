"""What a request asks for, read with care: anyone can write anything there."""

from starlette.requests import Request

_LARGEST = 2**63


async def field(request: Request, name: str) -> str:
    """A text field of the form that was sent, "" where it is missing or a file."""
    value = (await request.form()).get(name, "")
    return value if isinstance(value, str) else ""


def number(text: str | None) -> int | None:
    """A row's number or a revision, or None for anything else."""
    if text is None or not text.isascii() or not text.isdecimal():
        return None
    value = int(text) if len(text) < len(str(_LARGEST)) else _LARGEST
    return value if value < _LARGEST else None
