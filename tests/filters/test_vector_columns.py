"""Vectors in Arrow columns of every kind."""

import numpy as np
import pyarrow as pa
import pytest
from hexapla.filters.vector_columns import from_bytes, is_vectors, to_bytes, whole_vectors
from hexapla.kernels.vectors import LENGTH, quantise

ROWS = [[3, 4], None, [0, 0], [4, -3], [1, 0]]
KINDS = [
    pa.list_(pa.float16()), pa.list_(pa.float32()), pa.large_list(pa.float64()), pa.list_(pa.float16(), 2),
    pa.list_(pa.float32(), 2), pa.list_(pa.int8()), pa.list_(pa.int64(), 2),
]  # fmt: skip


def column(kind):
    numbers = [None if row is None else [np.float16(value) for value in row] for row in ROWS]
    return pa.array(numbers if "half" in str(kind) else ROWS, kind)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_kind_of_list_gives_the_same(kind):
    assert is_vectors(kind)
    for shift in (0, 1):
        whole, rows = whole_vectors(column(kind).slice(shift))
        assert (rows + shift).tolist() == [0, 3, 4][shift:]
        assert whole.tolist() == [[19200, 25600], [25600, -19200], [LENGTH, 0]][shift:]


def test_values_that_are_missing_or_not_finite():
    made = pa.array([[1.0, None], [float("nan"), 1], [float("inf"), 1], [1e300, 1], [], [1, 1]], pa.list_(pa.float64()))
    whole, rows = whole_vectors(made)
    assert rows.tolist() == [5]
    assert whole.shape == (1, 2)
    half = pa.array([[np.float16(1), None], [np.float16(1), np.float16(0)]], pa.list_(pa.float16()))
    assert whole_vectors(half)[1].tolist() == [1]


def test_more_rows_than_are_taken_at_once():
    vectors = np.random.default_rng(1).normal(size=(9000, 3)).astype(np.float32)
    whole, rows = whole_vectors(pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), 3))
    assert np.array_equal(whole, quantise(vectors)[0])
    assert len(rows) == 9000


def test_no_vectors_and_uneven_ones():
    assert whole_vectors(pa.array([None, []], pa.list_(pa.float32())))[0].shape == (0, 0)
    with pytest.raises(ValueError, match="of 1 and of 2 numbers"):
        whole_vectors(pa.array([[1], [1, 2]], pa.list_(pa.float32())))
    assert not is_vectors(pa.string())
    assert not is_vectors(pa.list_(pa.string()))


def test_bytes_there_and_back():
    whole, _ = quantise(np.random.default_rng(2).normal(size=(50, 7)).astype(np.float32))
    packed = to_bytes(whole)
    assert packed.type == pa.binary()
    assert np.array_equal(from_bytes(packed), whole)
    assert np.array_equal(from_bytes(packed.slice(3, 9)), whole[3:12])
    assert np.array_equal(
        from_bytes(pa.chunked_array([packed.slice(40), packed.slice(0, 5)])), whole[[*range(40, 50), *range(5)]]
    )
    assert from_bytes(packed.slice(0, 0)).shape == (0, 0)
