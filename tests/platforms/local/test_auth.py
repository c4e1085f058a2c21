"""Strangers stay out: foreign names, foreign pages, and those without the token."""

from urllib.parse import quote

import httpx
import pytest
from starlette.datastructures import Headers
from starlette.requests import Request

from bot.errors import SettingsError
from bot.platforms.local.auth import COOKIE, Door, Guesses, admit, is_foreign
from bot.platforms.local.names import NAME_COOKIE, parse_name
from tests.platforms.local.conftest import Open
from tests.platforms.local.inbox import FakeInbox

TOKEN = "correct-horse-battery"  # a test's own secret


@pytest.mark.parametrize(
    ("listening", "called", "welcome"),
    [
        ("127.0.0.1", "127.0.0.1:8080", True),
        ("127.0.0.1", "localhost:9000", True),
        ("127.0.0.1", "[::1]:8080", True),
        ("127.0.0.1", "LOCALHOST", True),
        ("127.0.0.1", "rebound.example:8080", False),
        ("127.0.0.1", "127.0.0.1.example", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "[::1", False),
        ("papers.lan", "papers.lan:8080", True),
        ("papers.lan", "other.lan:8080", False),
        ("0.0.0.0", "papers.lan", True),
    ],
)
def test_only_its_own_names_reach_it(listening: str, called: str, *, welcome: bool) -> None:
    assert Door(listening, 8080, TOKEN).is_called(called) is welcome


@pytest.mark.parametrize(
    ("method", "headers", "foreign"),
    [
        ("POST", {}, False),
        ("POST", {"origin": "http://127.0.0.1:8080"}, False),
        ("POST", {"origin": "https://127.0.0.1:8080", "sec-fetch-site": "same-origin"}, False),
        ("POST", {"origin": "http://evil.example"}, True),
        ("POST", {"origin": "http://127.0.0.1:3000"}, True),
        ("POST", {"origin": "null"}, True),
        ("POST", {"sec-fetch-site": "cross-site"}, True),
        ("POST", {"sec-fetch-site": "same-site"}, True),
        ("POST", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, True),
        ("GET", {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}, False),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, False),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, True),
        ("GET", {"origin": "http://evil.example"}, True),
    ],
)
def test_what_another_site_sends_is_foreign(
    method: str, headers: dict[str, str], *, foreign: bool
) -> None:
    assert is_foreign(method, Headers({"host": "127.0.0.1:8080", **headers})) is foreign


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "[::1]", "localhost"])
def test_on_loopback_no_token_is_needed(host: str) -> None:
    assert Door(host, 8080, None).opens("anything", "192.0.2.1")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "papers.lan", ""])
def test_beyond_loopback_it_will_not_start_without_a_token(host: str) -> None:
    with pytest.raises(SettingsError, match="PAPERROUND_TOKEN"):
        Door(host, 8080, None)


def test_a_token_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(SettingsError, match="16 characters"):
        Door("127.0.0.1", 8080, "hunter2")


@pytest.mark.parametrize("path", ["/", "/c/general", "/static/chat.css", "/login"])
async def test_a_rebound_name_sees_nothing(open_client: Open, path: str) -> None:
    answer = await open_client(host="127.0.0.1").get(path, headers={"host": "rebound.example"})

    assert answer.status_code == 421
    assert "general" not in answer.text


async def test_a_foreign_form_does_nothing(open_client: Open, inbox: FakeInbox) -> None:
    client = open_client()

    answer = await client.post(
        "/c/general/say", data={"text": "list"}, headers={"origin": "http://evil.example"}
    )

    assert answer.status_code == 403
    assert inbox.commands == []


async def test_a_post_without_a_body_is_not_too_much(open_client: Open) -> None:
    client = open_client()
    request = client.build_request("POST", "/c/general/say")
    request.headers.pop("content-length", None)

    answer = await client.send(request)

    assert answer.status_code == 400


async def test_a_form_of_64_kib_is_too_much(open_client: Open, inbox: FakeInbox) -> None:
    answer = await open_client().post("/c/general/say", data={"text": "x" * 70_000})

    assert answer.status_code == 413
    assert inbox.commands == []


@pytest.mark.parametrize("path", ["/c/general", "/missing", "/static/chat.js", "/healthz"])
async def test_every_answer_forbids_scripts_and_frames_from_elsewhere(
    open_client: Open, path: str
) -> None:
    answer = await open_client().get(path)

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"


async def test_without_the_token_a_person_is_asked_and_a_program_refused(open_client: Open) -> None:
    client = open_client(host="0.0.0.0", token=TOKEN)

    page = await client.get("/c/general", headers={"accept": "text/html"})
    stream = await client.get("/c/general/live")
    posted = await client.post("/c/general/say", data={"text": "list"})

    assert (page.status_code, page.headers["location"]) == (303, "/login")
    assert (stream.status_code, posted.status_code) == (401, 401)
    assert (await client.get("/healthz")).text == "ok\n"


async def test_the_token_in_the_address_opens_once_and_leaves_the_address(
    open_client: Open,
) -> None:
    client = open_client(host="0.0.0.0", token=TOKEN)

    answer = await client.get(f"/c/general?token={TOKEN}")

    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie + answer.text
    assert 'url=/c/general"' in answer.text
    assert (await client.get("/c/general")).status_code == 200


async def test_the_token_can_be_typed_and_a_wrong_one_is_told_so(open_client: Open) -> None:
    client = open_client(host="0.0.0.0", token=TOKEN)

    wrong = await client.post("/login", data={"token": "correct-horse-batterz"})
    form = await client.get("/login")
    right = await client.post("/login", data={"token": TOKEN})

    assert (wrong.status_code, COOKIE in wrong.headers.get("set-cookie", "")) == (401, False)
    assert "not the token" in wrong.text
    assert 'type="password"' in form.text
    assert right.status_code == 200
    assert (await client.get("/c/general")).status_code == 200


def test_the_token_never_sends_a_browser_to_another_site() -> None:
    request = Request({"type": "http", "scheme": "http", "path": "/", "headers": []})
    answer = admit(Door("127.0.0.1", 8080, TOKEN), request, '//evil.example/"><b>')
    page = bytes(answer.body).decode()

    assert 'content="0;url=/evil.example/&quot;>&lt;b>"' in page


async def test_a_forged_cookie_opens_nothing(open_client: Open) -> None:
    client = open_client(token=TOKEN)
    client.cookies.set(COOKIE, "0" * 64)

    assert (await client.get("/c/general")).status_code == 401


@pytest.mark.parametrize(("asked_by", "secure"), [("http", False), ("https", True)])
async def test_over_tls_cookies_are_for_tls_alone(
    asked_by: str, secure: bool, open_client: Open
) -> None:
    client = open_client(token=TOKEN)
    client.base_url = f"{asked_by}://127.0.0.1:8080"

    kept = [
        await client.post("/login", data={"token": TOKEN}),
        await client.post("/name", data={"name": "Ada", "back": "general"}),
    ]

    for answer in kept:
        assert ("; Secure" in answer.headers["set-cookie"]) is secure


class Hours:
    """A clock that a test moves; counts seconds."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_each_wrong_token_after_five_doubles_the_pause() -> None:
    now = Hours()
    guesses = Guesses(now)
    pauses = []
    for _ in range(20):
        now.seconds += guesses.pause("192.0.2.7")
        guesses.count("192.0.2.7")
        pauses.append(guesses.pause("192.0.2.7"))

    assert pauses[:8] == [0, 0, 0, 0, 1, 2, 4, 8]
    assert max(pauses) == pauses[-1] == 900
    assert guesses.pause("192.0.2.8") == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_a_network_that_one_person_has_guesses_as_one(one: str, other: str, *, same: bool) -> None:
    guesses = Guesses(Hours())
    for _ in range(6):
        guesses.count(one)

    assert (guesses.pause(other) > 0) is same


def test_guesses_from_everywhere_fill_no_memory() -> None:
    guesses = Guesses(Hours())
    for number in range(10_100):
        guesses.count(f"10.0.{number // 256}.{number % 256}")

    assert len(guesses._wrong) == 10_000


@pytest.mark.parametrize("way", ["form", "address", "bearer"])
async def test_guesses_are_refused_for_a_while_even_the_right_one(
    way: str, open_client: Open
) -> None:
    client = open_client(token=TOKEN)

    async def bring(token: str) -> httpx.Response:
        if way == "form":
            return await client.post("/login", data={"token": token})
        if way == "address":
            return await client.get("/c/general", params={"token": token})
        return await client.get("/c/general", headers={"authorization": f"Bearer {token}"})

    wrong = [(await bring("correct-horse-batterz")).status_code for _ in range(5)]
    right = await bring(TOKEN)

    assert wrong == [401] * 5
    assert right.status_code == 429
    assert "Try again in 1 second" in right.text


async def test_who_is_in_stays_in_while_others_guess(open_client: Open) -> None:
    client = open_client(token=TOKEN)
    await client.post("/login", data={"token": TOKEN})
    for _ in range(6):
        await client.post("/login", data={"token": "correct-horse-batterz"})

    assert (await client.get("/c/general")).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        *("Paperround", "paper round", "PAPER-ROUND!", "The Paperround bot"),
        *("Páperround", "Рарerround", "ｐａｐｅｒｒｏｕｎｄ", "Paper\u200bround"),
    ],
)
async def test_nobody_is_called_as_the_bot_is(
    name: str, open_client: Open, inbox: FakeInbox
) -> None:
    client = open_client()

    refused = await client.post("/name", data={"name": name, "back": "general"})
    client.cookies.set(NAME_COOKIE, quote(name))
    await client.post("/c/general/say", data={"text": "list"})

    assert refused.status_code == 400
    assert [each.person.name for each in inbox.commands] == ["Reader"]


@pytest.mark.parametrize("name", ["Ada", "Paper", "Roundtable", "Рома", "Röntgen"])
def test_other_names_are_free(name: str) -> None:
    assert parse_name(name) == name
