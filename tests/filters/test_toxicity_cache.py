"""Compiled word lists are kept, and made again when they are damaged, changed or cannot be written."""

import numpy as np
import pyarrow as pa
import pytest
from hexapla.filters import toxicity_cache
from hexapla.filters.toxicity import compile_lists, read_term_list, screen

ARRAYS = ("keys", "targets", "sieve", "weights")


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """A cache folder of this test's own."""
    folder = tmp_path / "cache" / "word_lists"
    monkeypatch.setattr(toxicity_cache, "FOLDER", folder)
    return folder


@pytest.fixture
def lists(tmp_path):
    """Files of made-up terms in three scripts."""
    written = {"fra_Latn": "vlidouche\n~brone\nun gros zarf\n", "tha_Thai": "กขฃค\n", "rus_Cyrl": "# severity: 3\nщвырк\n"}
    for name, terms in written.items():
        (tmp_path / f"{name}.txt").write_text(terms, encoding="utf-8")
    return tuple(str(tmp_path / f"{name}.txt") for name in written)


def compiled(paths, also=(), inflect=True):
    from pathlib import Path

    return compile_lists([read_term_list(Path(path)) for path in paths], also, inflect)


def same(one, other):
    return (
        all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ARRAYS)
        and all(getattr(one, name).dtype == getattr(other, name).dtype for name in ARRAYS)
        and (one.roots, one.own, one.fallback) == (other.roots, other.own, other.fallback)
    )


@pytest.mark.parametrize(("also", "inflect"), [((), True), ((), False), (("rus_Cyrl",), True)])
def test_what_is_loaded_is_what_was_compiled(kept, lists, also, inflect):
    first = toxicity_cache.compiled_files(lists, also, inflect)
    (place,) = kept.iterdir()
    loaded = toxicity_cache._load(place)
    assert same(first, compiled(lists, also, inflect)) and same(loaded, first)


def test_lists_are_compiled_once(kept, lists, monkeypatch):
    first = toxicity_cache.compiled_files(lists)
    monkeypatch.setattr(toxicity_cache, "compile_lists", lambda *given: pytest.fail("compiled again"))
    assert same(toxicity_cache.compiled_files(lists), first)


def test_other_lists_have_another_file(kept, lists, tmp_path):
    toxicity_cache.compiled_files(lists)
    (tmp_path / "fra_Latn.txt").write_text("vlidouche\nsploutch\n", encoding="utf-8")
    found = toxicity_cache.compiled_files(lists)
    text, language = pa.array(["Quel sploutch !"]), pa.array(["fra_Latn"])
    assert screen(text, language, found).hits.to_pylist() == [1]
    assert len(list(kept.iterdir())) == 2
    toxicity_cache.compiled_files(lists, inflect=False)
    toxicity_cache.compiled_files(lists, ("fra_Latn",))
    assert len(list(kept.iterdir())) == 4


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text", "beyond"])
def test_a_damaged_file_is_made_again(kept, lists, damage):
    first = toxicity_cache.compiled_files(lists)
    (place,) = kept.iterdir()
    whole = place.read_bytes()
    middle = len(whole) // 2
    if damage == "beyond":
        beyond = toxicity_cache.WordLists(
            first.roots, first.own, first.fallback, first.keys, first.targets + 10**6, first.sieve, first.weights
        )
        toxicity_cache._save(beyond, place)
    else:
        place.write_bytes(
            {
                "cut": whole[:middle],
                "flipped": whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :],
                "empty": b"",
                "text": b"not an archive",
            }[damage]
        )
    assert toxicity_cache._load(place) is None
    assert same(toxicity_cache.compiled_files(lists), first)
    assert same(toxicity_cache._load(place), first)
    assert [path.suffix for path in kept.iterdir()] == [".npz"]


def test_a_folder_that_cannot_be_written_costs_time_only(lists, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(toxicity_cache, "FOLDER", tmp_path / "file" / "word_lists")
    assert same(toxicity_cache.compiled_files(lists), compiled(lists))


def test_a_missing_list_is_refused(kept, tmp_path):
    with pytest.raises(ValueError, match="cannot be read"):
        toxicity_cache.load_lists((str(tmp_path / "missing.txt"),))
    with pytest.raises(ValueError, match="no word list"):
        toxicity_cache.load_lists((), ("fra_Latn",))
