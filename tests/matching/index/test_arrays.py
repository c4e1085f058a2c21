import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.matching.index.arrays import WINDOW, HashNumbers, continued, hash_tokens, hash_words

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


def token_hashes(tokens: list[bytes], lowered: list[bool]) -> list[int]:
    block = np.frombuffer(b" ".join(tokens) + b"\xff" * WINDOW, np.uint8)
    ends = np.cumsum([len(token) + 1 for token in tokens]) - 1
    begins = ends - [len(token) for token in tokens]
    return hash_tokens(block, begins, ends, np.array(lowered)).tolist()


tokens = st.lists(
    st.binary(min_size=1, max_size=40).map(lambda b: b.replace(b"\0", b"0")), min_size=1
)


@given(tokens, tokens)
def test_tokens_hash_alike_wherever_they_stand_and_only_if_they_are_alike(
    one: list[bytes], other: list[bytes]
) -> None:
    both = token_hashes([*one, *other, *one], [False] * (2 * len(one) + len(other)))

    of = dict(zip([*one, *other, *one], both, strict=True))
    assert both[: len(one)] == both[-len(one) :]
    assert len(set(of.values())) == len(of)


@given(st.from_regex(r"[A-Z][a-z-]{0,30}", fullmatch=True))
def test_a_lowered_token_hashes_as_the_small_word_does(word: str) -> None:
    capital, small = word.encode(), word.lower().encode()

    lowered, plain, unlowered = token_hashes([capital, small, capital], [True, False, False])

    assert lowered == plain != unlowered
