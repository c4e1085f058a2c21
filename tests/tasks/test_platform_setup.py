import base64
from urllib.parse import parse_qs, urlsplit

import discord
import pytest

from bot.errors import SettingsError
from bot.platforms.discord.auth import intents, needed
from bot.tasks.platform_setup import application_id, print_invitation
from config.settings import Settings

TOKEN = f"{base64.b64encode(b'123456789012345678').decode().rstrip('=')}.AAAA.secret"


@pytest.mark.parametrize("seeds", [False, True])
def test_the_invitation_asks_for_exactly_what_is_used(
    capsys: pytest.CaptureFixture[str], *, seeds: bool
) -> None:
    code = print_invitation(Settings(discord_token=TOKEN, discord_seed_votes=seeds))

    asked = parse_qs(urlsplit(capsys.readouterr().out.strip()).query)
    assert code == 0
    assert asked["client_id"] == ["123456789012345678"]
    assert asked["scope"] == ["bot applications.commands"]
    wanted = discord.Permissions(int(asked["permissions"][0]))
    assert wanted == needed(seeds=seeds)
    assert wanted.add_reactions == seeds


def test_nothing_that_is_asked_for_is_privileged() -> None:
    privileged = discord.Intents(members=True, presences=True, message_content=True)
    assert intents().value & privileged.value == 0
    assert discord.Permissions.all() >= needed()
    assert not needed().administrator


@pytest.mark.parametrize("token", ["", "one", "a.b", "AAAA.b.c", "!!!.b.c", "é.b.c", "MTIz.b.c.d"])
def test_a_token_that_is_none_is_not_repeated(token: str) -> None:
    with pytest.raises(SettingsError) as raised:
        application_id(token)

    assert "PAPERROUND_DISCORD_TOKEN" in str(raised.value)
    assert not token or token not in str(raised.value)


def test_without_a_token_it_says_where_to_get_one() -> None:
    with pytest.raises(SettingsError, match="developer portal"):
        print_invitation(Settings())
