"""What `paperround` knows of a backtest's papers: the base that an install would have of them."""

import sys
from collections.abc import Callable, Sequence

from bot.meaning.encoder import Floats, MeaningError, pack, text_of, unpack
from bot.meaning.model import OFF, find_model, usual_centre
from bot.meaning.process import ModelProcess
from bot.picks.backtest.dataset import ReplayedChannel
from bot.picks.features import interest_of
from bot.picks.shared_model import Meaning, SharedModel

Key = tuple[str, str]
"""A text's title and abstract; a watch's phrase is a title alone."""

Progress = Callable[[int, int], None]
"""Called with how many texts are encoded, and of how many."""

_AT_ONCE = 32


def base_of(
    replayed: Sequence[ReplayedChannel], setting: str, progress: Progress | None = None
) -> SharedModel:
    """The base of all entries' texts, with the sentence model that `setting` names.

    Encoding takes some 20 ms an abstract. A model that is missing or broken is said once on the
    standard error, and words alone tell then, as in a round.
    """
    entries = {one.id: one for each in replayed for day in each.days for one in day.entries}
    entries |= {one.id: one for each in replayed for one in each.liked}
    papers = list(entries.values())
    texts = [(one.title, one.abstract) for one in papers]
    texts += [(phrase, "") for each in replayed for phrase in _phrases(each.watches)]
    meaning = _meaning(list(dict.fromkeys(texts)), setting, progress)
    # Each text is read once, as in an install, however many channels replay it.
    return SharedModel.of_papers(papers, meaning=meaning, remember=max(len(papers), 1))


def _phrases(watches: Sequence[str]) -> list[str]:
    return [phrase for watch in watches for phrase in interest_of(watch).phrases]


def _meaning(texts: Sequence[Key], setting: str, progress: Progress | None) -> Meaning | None:
    if setting == OFF:
        return None
    try:
        encoder = ModelProcess(find_model(setting))
        try:
            known = _encoded(encoder, texts, progress)
        finally:
            encoder.close()
    except MeaningError as error:
        sys.stderr.write(f"Texts are compared by their words alone: {error}.\n")
        return None
    return Meaning(
        encoder.name,
        usual_centre(encoder.name),
        lambda _, title, abstract: known.get((title, abstract)),
    )


def _encoded(
    encoder: ModelProcess, texts: Sequence[Key], progress: Progress | None
) -> dict[Key, Floats]:
    """Each text's vector as it would come back from storage."""
    known: dict[Key, Floats] = {}
    for start in range(0, len(texts), _AT_ONCE):
        some = texts[start : start + _AT_ONCE]
        rows = unpack([pack(row) for row in encoder.encode([text_of(*key) for key in some])])
        known |= dict(zip(some, rows, strict=True))
        if progress:
            progress(len(known), len(texts))
    return known
