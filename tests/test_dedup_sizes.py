"""What the plan says of the sizes of dedup stages before they run."""

import pytest
from hexapla.stages.embedding_dedup import EmbeddingDedup
from hexapla.stages.exact_dedup import ExactDedup
from hexapla.stages.line_dedup import LineDedup
from hexapla.stages.minhash_dedup import MinhashDedup
from hexapla.stages.substring_dedup import SubstringDedup
from hexapla.stages.url_seen import UrlSeen


@pytest.mark.parametrize("stage", [EmbeddingDedup, ExactDedup, LineDedup, MinhashDedup, SubstringDedup, UrlSeen])
def test_sizes_are_whole_numbers_that_grow_with_the_input(stage):
    small, large = stage().sizes(1000, 3_000_000), stage().sizes(2000, 6_000_000)
    assert small and list(small) == list(large)
    assert all(isinstance(size, int) for size in small.values())
    assert all(0 < small[name] <= large[name] <= 2 * small[name] + 1 for name in small)


def test_a_filter_with_a_capacity_has_its_size_at_once():
    sizes = [UrlSeen(capacity=1_000_000).sizes(rows, 0)["filter for the next run"] for rows in (10, 1_000_000)]
    assert sizes[0] == sizes[1] == pytest.approx(3.6e6, rel=0.01)
