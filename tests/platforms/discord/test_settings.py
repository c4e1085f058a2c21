"""What the host sets reaches the running program."""

from simcord.backend.models import Channel, User

from tests.peers.discord.people import until
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import EXPERTS, Open, posted


async def test_posts_are_classic_embeds_where_the_host_wants_them(
    world: World, install: Open, general: Channel, ada: User
) -> None:
    async with install(discord_cards="embeds") as running:
        post, _ = await posted(running, general, ada)

    message = world.backend.get_message(general.id, post)
    assert [embed["title"] for embed in message.embeds] == [EXPERTS]


async def test_every_post_offers_the_votes_where_the_host_wants_it(
    world: World, install: Open, general: Channel, ada: User
) -> None:
    def offered() -> list[str]:
        return [each.emoji for each in world.backend.get_message(general.id, post).reactions]

    async with install(discord_seed_votes=True) as running:
        post, _ = await posted(running, general, ada)
        await until(lambda: len(offered()) == 3, "three reactions")
        await running.quiet()

        assert offered() == ["👍", "👎", "🔖"]
        assert await running.votes() == 0
