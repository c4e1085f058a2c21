"""What a why-line says of votes: a paper that people voted on, or a phrase of one; nothing else."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.picks.types import Opinion
from bot.picks.vectors import Floats

NEAR = 0.4
"""Nearness (-1..1) from which a paper is said to be like another."""

FAR = 0.15
"""Nearness below which it is said to be unlike one that came for the same watch."""

_BETWEEN = r"\W+(?:\w+\W+){0,2}?"


@dataclass(frozen=True, slots=True)
class VotedOn:
    """A paper of the channel that people voted on, more up (+1) than down (-1) or the reverse.

    `text` is all that is read of it in lower case, its people too; `watch` is that for which it
    came, "" for none.
    """

    title: str
    text: str
    verdict: int
    watch: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What votes say of a paper; all empty where they say nothing that can be named.

    `like` is the title of a near paper that was voted up, `unlike` of a near one voted down,
    `apart` of one voted down that came for the same watch and is far from this one; or phrases of
    papers that were voted on, strongest first.
    """

    like: str = ""
    unlike: str = ""
    apart: str = ""
    likes: Sequence[str] = ()
    dislikes: Sequence[str] = ()


def told_of(
    opinion: Opinion, voted: Sequence[VotedOn], near: Floats | None, *, watch: str = ""
) -> Told:
    """What to name: the nearest paper if it is near, one that it is unlike, else phrases.

    `near` is the nearness (-1..1) of each voted paper, 0 where it is not known, None without
    vectors.
    """
    if near is not None and len(near):
        best = int(near.argmax())
        if near[best] >= NEAR:
            title = voted[best].title
            return Told(like=title) if voted[best].verdict > 0 else Told(unlike=title)
    likes = tuple(each for each in opinion.likes if _said(each, voted, 1))
    dislikes = tuple(each for each in opinion.dislikes if _said(each, voted, -1))
    if likes or opinion.value <= 0.0 or near is None:
        return Told(likes=likes, dislikes=dislikes)
    return Told(apart=_apart(voted, near, watch), dislikes=dislikes)


def _apart(voted: Sequence[VotedOn], near: Floats, watch: str) -> str:
    """The farthest paper that was voted down although it came for the same watch, or ""."""
    places = [
        place
        for place, one in enumerate(voted)
        if watch and one.watch == watch and one.verdict < 0 and near[place] < FAR and near[place]
    ]
    return voted[min(places, key=lambda place: float(near[place]))].title if places else ""


def _said(phrase: str, voted: Sequence[VotedOn], verdict: int) -> bool:
    """Whether more papers with this verdict say the phrase than papers with the other."""
    words = phrase.casefold().split()
    shape = re.compile(rf"\b{_BETWEEN.join(map(re.escape, words))}")
    # Most texts have not even the first word, which is found out much sooner.
    having = [one for one in voted if words[0] in one.text and shape.search(one.text)]
    return sum(one.verdict for one in having) * verdict > 0


def nearness_of(paper: Floats, voted: Floats) -> Floats | None:
    """How near voted papers (papers x d) are to one (d), all of length 1; None without vectors."""
    if not len(voted) or voted.shape[1] != len(paper) or not paper.any():
        return None
    near: Floats = np.asarray(voted @ paper, dtype=np.float32)
    return near
