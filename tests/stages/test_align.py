"""Alignment of documents in any number of languages: what comes out, what ends why, and any cut of the input."""

import json
import random

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.filters.parallel_tables import GROUPS, table_kind
from hexapla.stages import align_index
from hexapla.stages.align import Align
from parallel_talks import SCHEMA, rows, talks, true_groups
from pydantic import ValidationError
from stages.step_runner import cut, run_steps

LANGUAGES = ["eng_Latn", "ell_Grek", "rus_Cyrl", "hin_Deva"]


@pytest.fixture(scope="module")
def documents():
    return talks(LANGUAGES)


def table(given):
    return pa.Table.from_pylist(given, SCHEMA)


def run(given, size=1000, partitions=4, **config):
    return run_steps(Align(**config), cut(table(given), size), partitions=partitions)


@pytest.fixture(scope="module")
def aligned(documents):
    return run(rows(documents))


def groups_by_document(groups):
    found = {}
    for row in groups.to_pylist():
        members = {(segment["lang"], n) for segment in row["segments"] for n in segment["index"]}
        found.setdefault(row["doc_key"], set()).add(frozenset(members))
    return found


def test_groups_are_those_of_the_dictionaries(documents, aligned):
    found = groups_by_document(aligned.outputs["groups"])
    both = wanted = made = 0
    for key, versions in documents.items():
        many = {group for group in true_groups(versions) if len({language for language, _ in group}) > 1}
        mine = {group for group in found[key] if len({language for language, _ in group}) > 1}
        both, wanted, made = both + len(many & mine), wanted + len(many), made + len(mine)
    assert both / wanted > 0.9
    assert both / made > 0.9


def test_every_segment_is_in_one_group_and_once_in_every_pair(documents, aligned):
    groups = run(rows(documents), min_languages=1).outputs["groups"]
    assert groups.schema == GROUPS
    many = groups.filter(pa.compute.greater(groups.column("parallelism"), 1))
    assert many.equals(aligned.outputs["groups"])
    found = groups_by_document(groups)
    for key, versions in documents.items():
        every = sorted(member for group in found[key] for member in group)
        assert every == sorted((language, n) for language, version in versions.items() for n in range(len(version.lines)))
    seen = {}
    for bead in aligned.kept.to_pylist():
        sides = seen.setdefault((bead["doc_key"], bead["src_lang"], bead["tgt_lang"]), ([], []))
        sides[0].extend(bead["src_index"])
        sides[1].extend(bead["tgt_index"])
        for side, language in (("src", "src_lang"), ("tgt", "tgt_lang")):
            lines = documents[bead["doc_key"]][bead[language]].lines
            assert bead[side] == " ".join(lines[n] for n in bead[f"{side}_index"])
        assert 0 <= bead["score"] <= 1
        assert bead["src_lang"] < bead["tgt_lang"]
    assert len(seen) == 12 * 6
    for (key, source, target), (left, right) in seen.items():
        assert sorted(left) == list(range(len(documents[key][source].lines)))
        assert sorted(right) == list(range(len(documents[key][target].lines)))


def test_tables_are_those_that_later_stages_know(aligned):
    assert table_kind(aligned.kept.schema) == "beads"
    for row in aligned.outputs["groups"].to_pylist():
        names = [segment["lang"] for segment in row["segments"]]
        assert names == sorted(set(names))
        assert row["parallelism"] == len(names)
        assert 0 <= row["agreement"] <= 1
    assert len(set(aligned.kept.column("uid").to_pylist())) == aligned.kept.num_rows
    assert set(aligned.kept.column("method").to_pylist()) <= {"lexical", "length", "consensus"}


def test_consensus_is_better_than_the_pairs_and_the_pairs_can_be_had(documents, aligned):
    direct = run(rows(documents), beads="direct")
    right = {}
    for name, found in (("consensus", aligned), ("direct", direct)):
        said = 0
        for bead in found.kept.to_pylist():
            sides = [documents[bead["doc_key"]][bead[f"{side}_lang"]] for side in ("src", "tgt")]
            both = [sorted(n for place in bead[f"{side}_index"] for n in version.said[place]) for side, version in zip(("src", "tgt"), sides, strict=True)]
            said += bool(both[0] and both[1] and set(both[0]) & set(both[1]))
        right[name] = said / sum(bool(bead["src_index"] and bead["tgt_index"]) for bead in found.kept.to_pylist())
    assert right["consensus"] >= right["direct"] - 0.001
    assert "consensus" not in direct.kept.column("method").to_pylist()
    assert direct.outputs["groups"].equals(aligned.outputs["groups"])


def test_any_cut_and_order_of_the_input_gives_the_same(documents, aligned):
    given = rows(documents)
    random.Random(4).shuffle(given)
    for size, partitions in ((7, 4), (1, 4), (1000, 8)):
        found = run(given, size, partitions)
        for mine, other in ((found.kept, aligned.kept), (found.outputs["groups"], aligned.outputs["groups"])):
            assert mine.sort_by("uid").equals(other.sort_by("uid"))


def test_texts_of_scripts_without_spaces_are_joined_without_one():
    lines = {"jpn_Jpan": ["あいう。", "えおか。", "きくけ。"], "eng_Latn": ["One here. Two there. Three now."]}
    given = [{"uid": lang, "doc_key": "a", "language": lang, "text": "\n".join(text), "title": ""} for lang, text in lines.items()]
    texts = {bead["tgt"] for bead in run(given).kept.to_pylist()} | {
        segment["text"] for group in run(given).outputs["groups"].to_pylist() for segment in group["segments"]
    }
    assert not any(" " in text for text in texts if "い" in text)


def row(uid, key, language, text):
    return {"uid": uid, "doc_key": key, "language": language, "text": text, "title": uid}


def test_rows_that_take_no_part_say_why():
    given = [
        row("1", "a", "eng_Latn", "One.\nTwo."),
        row("2", "a", "fra_Latn", "Un.\nDeux."),
        row("3", "a", "fra_Latn", "Un."),
        row("4", "b", "eng_Latn", "Alone."),
        row("5", None, "eng_Latn", "No key."),
        row("6", "", "eng_Latn", "No key."),
        row("7", "a", None, "Which?"),
        row("8", "a", "deu_Latn", " \n\t\n"),
        row("9", "c", "eng_Latn", None),
        row("10", "a", "", "Which?"),
    ]
    for size in (1, 3, 20):
        found = run(given, size)
        reasons = {line["uid"]: line["reason"] for line in found.removed.to_pylist()}
        assert reasons == {
            "3": "language_repeated", "4": "no_counterpart", "5": "no_document_key", "6": "no_document_key",
            "7": "no_language", "8": "no_segments", "9": "no_segments", "10": "no_language",
        }  # fmt: skip
        assert set(found.kept.column("doc_key").to_pylist()) == {"a"}
        assert set(reasons.values()) <= set(Align.reasons)


def test_the_longer_of_two_documents_in_one_language_is_aligned_wherever_it_lies():
    longer, shorter = row("1", "a", "fra_Latn", "Un.\nDeux."), row("2", "a", "fra_Latn", "Un.")
    english = row("3", "a", "eng_Latn", "One.\nTwo.")
    for given in ([longer, shorter, english], [english, shorter, longer]):
        assert [line["uid"] for line in run(given, 1).removed.to_pylist()] == ["2"]
    twins = [row("1", "a", "fra_Latn", "Un."), row("2", "a", "fra_Latn", "Un."), english]
    assert [line["uid"] for line in run(twins[::-1], 1).removed.to_pylist()] == ["2"]


def test_blank_lines_count_but_are_aligned_with_nothing():
    given = [row("1", "a", "eng_Latn", "\nOne two three.\n\n \nFour five six."), row("2", "a", "fra_Latn", "Un deux trois.\nQuatre cinq six.\n")]
    found = run(given)
    assert [(bead["src_index"], bead["tgt_index"]) for bead in found.kept.to_pylist()] == [([1], [0]), ([4], [1])]
    members = [[segment["index"] for segment in group["segments"]] for group in found.outputs["groups"].to_pylist()]
    assert members == [[[1], [0]], [[4], [1]]]


def test_sentences_are_segments_when_wanted():
    given = [row("1", "a", "eng_Latn", "One two three. Four five six."), row("2", "a", "cmn_Hani", "一二三。四五六。")]
    found = run(given, segments="sentences")
    assert [(bead["src"], bead["tgt"]) for bead in found.kept.to_pylist()] == [
        ("一二三。", "One two three."), ("四五六。", "Four five six."),
    ]  # fmt: skip


def test_pairs_can_be_chosen(documents):
    given = rows(dict(list(documents.items())[:2]))
    chosen = run(given, pairs=[["rus_Cyrl", "eng_Latn"]])
    assert {(bead["src_lang"], bead["tgt_lang"]) for bead in chosen.kept.to_pylist()} == {("rus_Cyrl", "eng_Latn")}
    assert {line["language"] for line in chosen.removed.to_pylist()} == {"ell_Grek", "hin_Deva"}
    assert set(chosen.removed.column("reason").to_pylist()) == {"no_counterpart"}
    pivot = run(given, pairs="en")
    assert {(bead["src_lang"], bead["tgt_lang"]) for bead in pivot.kept.to_pylist()} == {
        ("ell_Grek", "eng_Latn"), ("eng_Latn", "hin_Deva"), ("eng_Latn", "rus_Cyrl"),
    }  # fmt: skip
    assert max(pivot.outputs["groups"].column("parallelism").to_pylist()) == 4


def test_another_column_groups():
    given = [row("1", "x", "eng_Latn", "One.") | {"title": "t"}, row("2", "y", "fra_Latn", "Un.") | {"title": "t"}]
    assert run(given, group_by="title").kept.column("doc_key").to_pylist() == ["t"]
    assert run(given).kept.num_rows == 0


def test_documents_that_have_nothing_in_common_say_so(documents):
    given = rows(documents)
    strange = [dict(line) for line in given if line["language"] in ("eng_Latn", "ell_Grek")]
    texts = [line["text"] for line in strange if line["language"] == "ell_Grek"]
    for line in strange:
        if line["language"] == "ell_Grek" and line["doc_key"] == "talk-000":
            line["text"] = "\n".join(texts[-1].split("\n")[::-1])
    found = run(strange).kept.to_pylist()
    scores = {bead["doc_key"]: bead["document_score"] for bead in found}
    assert scores["talk-000"] < 0.5 * min(score for key, score in scores.items() if key != "talk-000")


def test_seed_pairs_help_where_documents_are_few(tmp_path):
    from parallel_talks import word

    few = talks(["eng_Latn", "ell_Grek"], documents=1, length=12, deleted=0.2)
    path = tmp_path / "seed.tsv"
    path.write_text("".join(f"ell_Grek\teng_Latn\t{word(n, 'ell_Grek')}\t{word(n, 'eng_Latn')}\n" for n in range(700)), "utf-8")
    right = {}
    for name, config in (("alone", {}), ("with", {"lexicon": str(path)})):
        found = groups_by_document(run(rows(few), **config).outputs["groups"])["talk-000"]
        right[name] = len(found & true_groups(few["talk-000"]))
    assert right["with"] > right["alone"]


def test_a_configuration_that_cannot_be():
    with pytest.raises(ValidationError, match="both sides"):
        Align(pairs=[["eng_Latn", "en"]])
    for pairs in ("english", [["eng_Latn", "englisch"]]):
        with pytest.raises(ValidationError, match="is no language code"):
            Align(pairs=pairs)
    with pytest.raises(ValidationError, match="do not have the same language"):
        Align(group_by="language")
    with pytest.raises(ConfigError, match="'doc_key', which its input does not have"):
        Align().output_schema(pa.schema([(name, pa.string()) for name in ("uid", "text", "language", "doc_id")]))


def test_numbers_of_languages_keep_their_order_and_fit():
    names = ["ell_Grek", "eng_Latn", "rus_Cyrl", "srp_Cyrl", "zho_Hans", "x", "", "日本語"]
    numbers = align_index.languages_as_numbers(names)
    assert all(0 <= number < 1 << 24 for number in numbers)
    assert list(numbers[:5]) == sorted(numbers[:5])
    assert len({*align_index.languages_as_numbers(["srp_Cyrl", "srp_Latn"])}) == 2
    assert align_index.of_pair(4095, numbers[0], numbers[1]) < 1 << 62


def test_languages_that_share_a_number_are_kept_apart(documents, aligned, monkeypatch):
    monkeypatch.setattr(align_index, "languages_as_numbers", lambda names: pa.array([7] * len(names)).to_numpy())
    found = run(rows(documents))
    assert found.kept.sort_by("uid").equals(aligned.kept.sort_by("uid"))
    assert found.outputs["groups"].sort_by("uid").equals(aligned.outputs["groups"].sort_by("uid"))


def test_documents_of_one_segment_of_thousands_and_of_odd_texts():
    many = "\n".join(f"{n} words {n * n} here." for n in range(3000))
    given = [
        row("1", "one", "eng_Latn", "One."), row("2", "one", "fra_Latn", "Un."),
        row("3", "many", "eng_Latn", many), row("4", "many", "fra_Latn", many.replace("words", "mots").replace("here", "ici")),
        row("5", "odd", "eng_Latn", "\u0000\n\ud7ff\n\u202e\n" + "x" * 20_000), row("6", "odd", "fra_Latn", "\n\n.\n" + "\U0001f600" * 999),
        row("7", "uneven", "eng_Latn", "One."), row("8", "uneven", "fra_Latn", many),
    ]  # fmt: skip
    found = run(given).kept
    beads = [bead for bead in found.to_pylist() if bead["doc_key"] == "many"]
    assert sum(bead["src_index"] == bead["tgt_index"] for bead in beads) > 2950
    scores = {bead["doc_key"]: bead["document_score"] for bead in found.to_pylist()}
    assert set(scores) == {"one", "many", "odd", "uneven"}
    assert scores["uneven"] < 0.2 < scores["many"]
    json.dumps(found.to_pylist())


def test_pairs_mean_languages_in_whatever_form_rows_have_them(documents):
    short = {"eng_Latn": "en", "ell_Grek": "el", "rus_Cyrl": "ru", "hin_Deva": "hi"}
    given = [line | {"language": short[line["language"]]} for line in rows(documents)]
    found = run(given, pairs=[["ell_Grek", "en"]])
    assert {(bead["src_lang"], bead["tgt_lang"]) for bead in found.kept.to_pylist()} == {("el", "en")}
    pivot = run(given, pairs="en")
    assert {(bead["src_lang"], bead["tgt_lang"]) for bead in pivot.kept.to_pylist()} == {
        ("el", "en"), ("en", "hi"), ("en", "ru"),
    }  # fmt: skip
