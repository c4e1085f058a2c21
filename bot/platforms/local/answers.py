"""How the chat answers a browser: whole pages, or a word to the page's script."""

from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from bot.platforms.local.pages import Pages

NOTE_COOKIE = "paperround_note"
_NOTE_SECONDS = 30
_LONGEST_NOTE = 500


def channel_path(name: str) -> str:
    """The page of a channel; never an address of another site."""
    return f"/c/{quote(name, safe='')}" if name else "/"


def done(request: Request, channel: str, note: str = "") -> Response:
    """What was asked is done: tell the script, or go back to the channel with a note."""
    if _from_script(request):
        return JSONResponse({"note": note})
    response = RedirectResponse(channel_path(channel), 303)
    if note:
        response.set_cookie(
            NOTE_COOKIE,
            quote(note[:_LONGEST_NOTE]),
            max_age=_NOTE_SECONDS,
            httponly=True,
            samesite="strict",
        )
    return response


def moved(request: Request, channel: str) -> Response:
    """What was asked is done, and the channel's page shows it: go there."""
    if _from_script(request):
        return JSONResponse({"note": "", "to": channel_path(channel)})
    return RedirectResponse(channel_path(channel), 303)


def problem(request: Request, pages: Pages, status: int, reason: str) -> Response:
    """What was asked cannot be done, and why."""
    if _from_script(request):
        return JSONResponse({"problem": reason}, status)
    return HTMLResponse(pages.render("problem.html", reason=reason), status)


def page(request: Request, pages: Pages, template: str, **context: object) -> Response:
    """A whole page, with the note that a form left, once."""
    note = unquote(request.cookies.get(NOTE_COOKIE, ""))
    response = HTMLResponse(pages.render(template, note=note, **context))
    if note:
        response.delete_cookie(NOTE_COOKIE, httponly=True, samesite="strict")
    return response


def _from_script(request: Request) -> bool:
    return request.headers.get("accept", "").startswith("application/json")
