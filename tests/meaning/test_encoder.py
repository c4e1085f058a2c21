"""Vectors are stored small and come back as they were; a paper's text is its title and abstract."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.meaning.encoder import pack, text_of, unit, unpack

LEAST_KEPT = 0.999


@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_a_stored_vector_keeps_its_direction_in_a_byte_a_dimension(seed, count):
    rows = unit(np.random.default_rng(seed).standard_normal((count, 384)).astype(np.float32))
    held = [pack(row) for row in rows]
    assert {len(one) for one in held} == {384}
    back = unpack(held)
    assert back.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(back, axis=1), 1.0, rtol=1e-5)
    assert ((back * rows).sum(axis=1) > LEAST_KEPT).all()


def test_a_vector_of_zeros_and_no_vectors_at_all_survive_storing():
    assert not unpack([pack(np.zeros(4, dtype=np.float32))]).any()
    assert unpack([]).shape == (0, 0)


def test_a_paper_without_an_abstract_is_its_title():
    assert text_of("On frogs.", "") == "On frogs."
    assert text_of("On frogs.", "They leap.") == "On frogs. They leap."
    assert text_of("On frogs", " They leap. ") == "On frogs. They leap."
