"""Keys of texts under which pairs are the same."""

import pyarrow as pa
from hexapla.kernels.pair_keys import text_keys


def test_keys():
    given = pa.array(["Ein Satz, 12.", "ein satz", "EINSATZ", "Ein  Satz x1", "Ein Satz"])

    def same(**options):
        keys = [tuple(row) for row in text_keys(given, **options).tolist()]
        return [keys.index(key) for key in keys]

    assert same() == [0, 1, 2, 3, 4]
    assert same(fold=True, letters=True) == [0, 0, 0, 3, 0]
    assert same(words=True) == [0, 1, 2, 3, 3]
