import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.matching.hashes import HashNumbers, continued, hash_words

hashes = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 300), unique=True, max_size=200)


@given(st.lists(hashes, max_size=4))
def test_every_hash_keeps_the_number_it_was_given(batches: list[list[int]]) -> None:
    table, numbers = HashNumbers(), dict[int, int]()

    for batch in batches:
        new = [each for each in batch if each not in numbers]
        numbers |= {each: number for number, each in enumerate(new, len(numbers))}
        table.add(np.array(new, np.uint64))

    assert table.find(np.array(list(numbers), np.uint64)).tolist() == list(numbers.values())


def test_a_hash_never_added_has_no_number() -> None:
    table = HashNumbers()
    table.add(np.arange(5_000, dtype=np.uint64))

    assert table.find(np.array([4_999, 5_000], np.uint64)).tolist() == [4_999, -1]


def test_an_empty_table_has_no_number_for_anything() -> None:
    assert HashNumbers().find(np.array([0, 7], np.uint64)).tolist() == [-1, -1]


@given(st.text(max_size=12), st.text(max_size=12))
def test_two_words_hash_as_one_when_the_second_continues_the_first(one: str, two: str) -> None:
    encoded = one.encode("utf-8", "surrogatepass")
    head, tail, both = hash_words([one, two, one + two])

    joined = continued(np.array([head]), np.array([len(encoded)]), np.array([tail]))

    assert joined.tolist() == [both]


@given(st.lists(st.text(max_size=12), unique=True))
def test_different_words_have_different_hashes(words: list[str]) -> None:
    words = [word for word in words if "\0" not in word]

    assert len(set(hash_words(words).tolist())) == len(words)
