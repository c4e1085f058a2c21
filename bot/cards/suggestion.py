"""A suggestion in words: what the votes say of a watch, and what another would have brought."""

from typing import Protocol

from bot.cards.richtext import Line, italic, line, slash


class Votes(Protocol):
    """Posts, and the votes on them."""

    @property
    def posts(self) -> int:
        """How many posts."""
        ...

    @property
    def up(self) -> int:
        """Votes for them."""
        ...

    @property
    def down(self) -> int:
        """Votes against them."""
        ...


class Suggested(Protocol):
    """A change of the watches: `watch` goes, `text` comes; either may be ""."""

    @property
    def watch(self) -> str:
        """The watch that would go."""
        ...

    @property
    def text(self) -> str:
        """The watch that would come."""
        ...

    @property
    def before(self) -> Votes:
        """What the old one brought."""
        ...

    @property
    def after(self) -> Votes:
        """What the new one would have brought of these posts."""
        ...


def suggestion_line(one: Suggested) -> Line:
    """What is suggested and why, with its cost on the channel's own votes."""
    if not one.text:
        return line(italic(one.watch), " found nothing for two months; it may be left out.")
    if not one.watch:
        liked = "You like papers that no watch brings. Try "
        return line(liked, italic(one.text), _of(one.after), ".")
    return line(
        italic(one.watch), f": {_counted(one.before)}. Try ", italic(one.text), _of(one.after), "."
    )


def ways_line(one: Suggested) -> Line:
    """How to take or refuse it, by its words, for its number may be another tomorrow."""
    named = one.text or one.watch
    take, refuse = slash(f"suggestions take {named}"), slash(f"suggestions refuse {named}")
    return line(" To take it: ", take, ". To hear no more of it: ", refuse, ".")


def _of(votes: Votes) -> str:
    if not votes.posts:
        return ""
    return f": of these posts it would have brought {_counted(votes)}"


def _counted(votes: Votes) -> str:
    posts = "1 post" if votes.posts == 1 else f"{votes.posts} posts"
    return f"{posts}, {votes.up} up, {votes.down} down"
