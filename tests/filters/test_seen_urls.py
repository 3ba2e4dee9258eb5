"""Files of seen addresses: sizes, merging, and what is noticed when a file is not what it should be."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hexapla.filters import seen_urls
from hexapla.filters.seen_urls import SCHEMA, SEGMENTS, FilterFile, Layer, merged, rows_of, segments_of, url_keys
from hexapla.kernels.bloom import add


def write(path, layer=None, change=None, segments=SEGMENTS, **options):
    """A file with one layer of one address; `change` gets its columns as lists."""
    layer = layer or Layer.sized(1, 1, 1e-6)
    keys, _ = url_keys(pa.array(["https://example.org/x"]))
    batches = []
    for segment in range(segments):
        words = np.zeros(layer.words, np.uint64)
        if segment == segments_of(keys)[0]:
            add(keys, words, layer.hashes)
        batches.append(rows_of(segment, [(layer, words)]))
    columns = pa.Table.from_batches(batches, SCHEMA).to_pydict()
    if change:
        change(columns)
    pq.write_table(pa.table(columns), path, row_group_size=100, **options)
    return path


def opened(path):
    with path.open("rb") as handle:
        return list(FilterFile(handle, str(path)).segments(0, SEGMENTS))


def test_keys_are_those_of_canonical_addresses():
    keys, known = url_keys(pa.array(["https://a.org/x", None, "http://www.A.org/x/#y", "", "https://a.org/X"]))
    assert known.tolist() == [True, False, True, False, True]
    assert keys[0].tolist() == keys[1].tolist() != keys[2].tolist()


def test_a_file_gives_what_was_put_in(tmp_path):
    found = opened(write(tmp_path / "a.bloom"))
    assert [segment for segment, *_ in found] == list(range(SEGMENTS))
    assert sum(words.any() for *_, words in found) == 1
    with (tmp_path / "a.bloom").open("rb") as handle:
        some = list(FilterFile(handle, "a").segments(150, 410))
    assert [segment for segment, *_ in some] == list(range(150, 410))


def flip(columns):
    bits = bytearray(columns["bits"][700])
    bits[3] ^= 4
    columns["bits"][700] = bytes(bits)


def cut_bits(columns):
    columns["bits"][5] = columns["bits"][5][:-8]


def swap(columns):
    columns["check"][1], columns["check"][2] = "0" * 32, "0" * 32


def two_headers(columns):
    columns["header"][9] = columns["header"][9].replace("20", "21")


def other_format(columns):
    columns["header"] = [json.dumps(json.loads(header) | {"format": 2}) for header in columns["header"]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (flip, "segment 700 of layer 0 is not what its checksum says"),
        (cut_bits, "segment 5 of layer 0"),
        (swap, "segment 1 of layer 0"),
        (two_headers, "more than one header"),
        (other_format, "format 2 is not 1"),
        (lambda columns: columns.update(header=["{"] * SEGMENTS), "the header '{'"),
        (lambda columns: columns.update(header=['{"a": 1}'] * SEGMENTS), "the header"),
        (lambda columns: columns.pop("check"), "it has the columns"),
    ],
)
def test_damage_is_noticed_and_the_file_is_named(tmp_path, change, message):
    path = write(tmp_path / "crawl-1.bloom", change=change)
    with pytest.raises(ValueError, match=message) as error:
        opened(path)
    assert "crawl-1.bloom" in str(error.value)


def test_files_that_are_cut_short_or_something_else(tmp_path):
    path = write(tmp_path / "short.bloom", segments=SEGMENTS - 1)
    with pytest.raises(ValueError, match=r"short.bloom.*not all of its 1024 segments"):
        opened(path)
    path.write_bytes(write(tmp_path / "a.bloom").read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"short.bloom: no filter of addresses"):
        opened(path)
    whole = bytearray((tmp_path / "a.bloom").read_bytes())
    for place in range(2000, 2400):
        whole[place] ^= 0xFF
    path.write_bytes(bytes(whole))
    with pytest.raises(ValueError, match=r"short.bloom"):
        opened(path)


def test_a_filter_by_other_rules_for_addresses_is_refused(tmp_path, monkeypatch):
    path = write(tmp_path / "old.bloom")
    monkeypatch.setattr(seen_urls, "canonicalisation", lambda: "new rules")
    with pytest.raises(ValueError, match=r"old.bloom: made with other rules for what is one address"):
        opened(path)


def test_the_version_of_the_rules_changes_with_every_rule(monkeypatch):
    before = seen_urls.canonicalisation.__wrapped__()
    assert before == seen_urls.canonicalisation()
    plain = seen_urls.canonical_urls
    for other in (lambda urls: urls, lambda urls: pa.compute.utf8_lower(plain(urls))):
        monkeypatch.setattr(seen_urls, "canonical_urls", other)
        assert seen_urls.canonicalisation.__wrapped__() != before


def test_which_layers_become_one():
    def layer(urls, capacity=100, rate=1e-6):
        return Layer.sized(1, capacity, rate).__class__(**{**vars(Layer.sized(1, capacity, rate)), "urls": urls})

    found = merged([("a", layer(60)), ("b", layer(50)), ("a", layer(60)), ("c", layer(30)), ("d", layer(5, rate=1e-3))])
    assert [(whole.urls, names) for whole, names in found] == [(90, ["a", "c"]), (50, ["b"]), (5, ["d"])]
    assert merged([("b", layer(50)), ("a", layer(60))]) == merged([("a", layer(60)), ("b", layer(50))])
    assert Layer.sized(500, 100, 1e-6).capacity == 500
