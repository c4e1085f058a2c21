"""What the settings say reaches the parts that it is meant for."""

from pathlib import Path

import pytest

from bot.bootstrap import build_app
from bot.ports import ChannelRef, MessageRef, Person, Reaction
from config.settings import Settings
from storage.database import Database
from storage.models import PostState
from tests import make
from tests.make import NOON


@pytest.mark.parametrize(("emoji", "counts"), [("party_parrot", True), ("👍", False)])
async def test_a_chats_own_emoji_votes_where_the_settings_name_it(
    tmp_path: Path, database: Database, emoji: str, counts: bool
) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        paper = await make.paper(session, "Diffusion models")
        await make.post(session, channel, paper, message="1", state=PostState.POSTED)
    app = build_app(Settings(data_dir=tmp_path, votes_up=[":party_parrot:"]))
    message = MessageRef(ChannelRef.parse(channel.address), "1")
    try:
        reaction = Reaction(message, Person("anna", "Anna"), emoji, True, NOON)
        assert await app.recorder.record(reaction) is counts
    finally:
        await app.close()
