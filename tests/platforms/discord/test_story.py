"""From the invitation to the day that the bot is kicked, over real sockets."""

from tests.peers.discord.bridge import Bridge
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import Open, greeted

EXPERTS = "Mixture of experts with balanced routing"
DIFFUSION = "Diffusion language models in parallel"


async def test_invited_it_greets_once_and_posts_what_is_watched(
    world: World, bridge: Bridge, install: Open
) -> None:
    guild = world.invite("lab", "general")
    general = world.channel(guild, "general")
    ada = world.member(guild, "ada", "manage_channels")
    async with install() as running:
        await greeted(bridge, guild, general)
        await running.papers(EXPERTS, DIFFUSION)
        someone = running.person(ada, general)

        watched = await someone.slash("watch", expression="mixture of experts")
        await running.round(general)

    assert EXPERTS in watched.text
    posts = [text for text in world.texts(general) if EXPERTS in text]
    assert len(posts) == 1
    assert "matched *Mixture of experts* in the title" in posts[0]
