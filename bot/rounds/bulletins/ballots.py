"""Reactions with a number on a shortlist are votes for a paper of it."""

from bot.cards.bulletins import NUMBERS
from bot.ports import Reaction
from bot.rounds.bulletins.club import find_voted
from bot.rounds.learning.votes import bare
from storage import bulletins, channels, clubs
from storage.database import Database, lock_channel

_RANKS = {bare(emoji): rank for rank, emoji in enumerate(NUMBERS, 1)}


class Ballots:
    """Counts them: one vote a person, the latest; taken back with its reaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, reaction: Reaction) -> bool:
        """Count a reaction; False for one that is no vote on a shortlist."""
        rank = _RANKS.get(bare(reaction.emoji))
        if rank is None:
            return False
        async with self._database.write() as session:
            channel = await channels.find(session, str(reaction.message.channel))
            if channel is None or channel.id is None:
                return False
            told = await bulletins.find_message(session, channel.id, reaction.message.message)
            if told is None:
                return False
            await lock_channel(session, channel.id)
            meeting = await find_voted(session, told)
            if meeting is None or meeting.id is None or rank > len(told.choices):
                return True
            person = reaction.person.id
            if not reaction.added and await clubs.find_vote(session, meeting.id, person) != rank:
                return True
            rank = rank if reaction.added else 0
            await clubs.vote(session, meeting.id, person, rank, reaction.at)
        return True
