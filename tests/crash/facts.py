"""What came of the story, as countable lines: the same whoever died in it."""

import json
from collections import Counter
from collections.abc import Sequence

from sqlmodel import col, select

from storage.database import Database
from storage.models import Channel, LocalMessage, Paper, Post, Saved, Source, Vote, Watch
from tests.crash.story import DUE

Facts = Counter[str]


async def stored_facts(database: Database, addresses: Sequence[str]) -> Facts:
    """Papers, cursors, watches, slots, posts and votes as stored, and what the local chat shows."""
    facts: Facts = Counter()
    async with database.read() as session:
        for paper in await session.exec(select(Paper)):
            facts[f"paper {paper.key}"] += 1
        for source in await session.exec(select(Source).where(Source.kind == "huggingface")):
            facts[f"cursor {json.dumps(source.cursor, sort_keys=True)}"] += 1
        pairs = select(Channel, Watch).join(Watch, col(Watch.channel_id) == col(Channel.id))
        for channel, watch in await session.exec(pairs):
            facts[f"watch {channel.address}: {watch.text}"] += 1
        for channel in await session.exec(
            select(Channel).where(col(Channel.address).in_(addresses))
        ):
            facts[f"slot {channel.address}: {channel.last_slot_at}"] += 1
        made = (
            select(Channel, Post, Paper)
            .join(Post, col(Post.channel_id) == col(Channel.id))
            .join(Paper, col(Paper.id) == col(Post.paper_id))
        )
        titles = {}
        for channel, post, paper in await session.exec(made):
            titles[post.id] = paper.title
            # A slot that a person asked for is at whatever second.
            due = (post.slot_at.hour, post.slot_at.minute) == DUE
            slot = f"{post.slot_at:%m-%d %H:%M}" if due else "asked for"
            line = f"{channel.address} {slot} {post.rank}: {paper.title}"
            facts[f"row {line} {post.state.value}"] += 1
        for vote in await session.exec(select(Vote).where(~col(Vote.removed))):
            title = titles.get(vote.post_id)
            facts[f"vote {title}: {vote.person} {vote.emoji} {vote.value}"] += 1
        facts["saved while the program was down"] = len((await session.exec(select(Saved))).all())
        for message in await session.exec(select(LocalMessage)):
            facts.update(_shown(message))
    return facts


def _shown(message: LocalMessage) -> list[str]:
    """A post, a head or the details under a post in the local chat; else nothing is due."""
    if message.kind == "card":
        return [f"post {message.channel}: {message.body['card']['title']}"]
    if message.delivery_id is not None:
        return [f"{message.kind} {message.channel}: {json.dumps(message.body, sort_keys=True)}"]
    return []
