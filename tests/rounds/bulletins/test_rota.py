"""Whatever members do, nobody presents a second time before everybody who stayed did once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import CommandError
from bot.rounds.bulletins.rota import Rota

PEOPLE = ("ada", "bo", "cy", "di")
moves = st.lists(
    st.tuples(
        st.sampled_from(("join", "leave", "take", "skip", "swap", "present", "present")),
        st.sampled_from(PEOPLE),
        st.sampled_from(PEOPLE),
    ),
    max_size=60,
)


@given(moves)
def test_nobody_presents_twice_before_everybody_who_stayed_did_once(
    played: list[tuple[str, str, str]],
) -> None:
    rota = Rota()
    # For each person: who was a member ever since they presented and did not present since.
    owed: dict[str, set[str]] = {}
    for move, person, other in played:
        if move == "present":
            presenter = rota.next
            if presenter is None:
                continue
            assert not owed.get(presenter), f"{presenter} before {owed[presenter]}"
            rota = rota.presented()
            for others in owed.values():
                others.discard(presenter)
            owed[presenter] = set(rota.order) - {presenter}
            continue
        try:
            rota = rota.swap(person, other) if move == "swap" else getattr(rota, move)(person)
        except CommandError:
            continue
        for others in owed.values():
            others &= set(rota.order)
    assert len(set(rota.order)) == len(rota.order)


def test_turns_are_taken_skipped_and_swapped() -> None:
    rota = Rota(("ada", "bo", "cy"))

    assert rota.take("cy").waiting == ("cy", "ada", "bo")
    assert rota.take("di").waiting == ("di", "ada", "bo", "cy")
    assert rota.skip("ada").waiting == ("bo", "cy", "ada")
    assert rota.swap("ada", "cy").waiting == ("cy", "bo", "ada")
    assert rota.presented().waiting == ("bo", "cy")
    assert rota.presented().presented().presented().waiting == ("ada", "bo", "cy")


@pytest.mark.parametrize(
    ("move", "said"),
    [
        (lambda rota: rota.take("ada"), "others go first"),
        (lambda rota: rota.skip("ada"), "no turn to skip"),
        (lambda rota: rota.skip("bo"), "Nobody else is left"),
        (lambda rota: rota.swap("bo", "ada"), "still to come"),
        (lambda rota: rota.leave("cy"), "not on the rota"),
        (lambda rota: rota.join("ada"), "already"),
    ],
)
def test_what_would_break_the_turn_is_refused(move: object, said: str) -> None:
    rota = Rota(("ada", "bo"), frozenset({"ada"}))
    with pytest.raises(CommandError, match=said):
        move(rota)  # type: ignore[operator]
