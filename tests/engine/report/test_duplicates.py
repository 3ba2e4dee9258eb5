"""What the report says of dedup stages, on runs of the engine itself and on folders written by hand."""

import hashlib
import json
import re
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fake_run import ARTICLE_1
from hexapla.engine.report import build_report, looked_at
from hexapla.engine.report.duplicates import Curve, duplicate_figures
from hexapla.engine.results import Results

TEXT = pa.string()
PAGE = "https://www.{}.co.uk/{}"


def uid_of(name):
    return hashlib.md5(name.encode()).hexdigest()


def row(name, code="eng_Latn", text=None, of=None, similarity=None, site="alpha", **more):
    """A document; with `of` it is a duplicate of another one."""
    return {
        "uid": uid_of(name), "id": name, "url": PAGE.format(site, name), "date": "2026-01-01",
        "text": ARTICLE_1[code] if text is None else text, "language": code, "cluster_id": uid_of(of or name),
        "near_cluster_size": 1, "is_canonical": of is None, "template_id": None,
        "duplicate_of": uid_of(of) if of else None, "similarity": similarity, **more,
    }  # fmt: skip


SCHEMA = pa.schema(
    [*((name, TEXT) for name in ("uid", "id", "url", "date", "text", "language", "cluster_id")),
     ("near_cluster_size", pa.int32()), ("is_canonical", pa.bool_()), ("template_id", TEXT)]
)  # fmt: skip
REMOVED = pa.schema([*SCHEMA, ("duplicate_of", TEXT), ("similarity", pa.float32())])
CONFIG = {"buckets": 14, "rows": 8, "threshold": 0.75, "verify": "exact", "survivor": ["longest", "source == 'a'"]}


def write_run(folder, kept, removed, config=CONFIG, counters=None, outputs=None, files=1, keep_text=True):
    """The output folder of a run with one dedup stage that no test knows by name."""
    stage = folder / "stages" / "01-near_dedup"
    for kind in ("data", "removed"):
        (stage / kind).mkdir(parents=True)
    (folder / "stages" / "00-read").mkdir()
    manifest = {"schema": [[field.name, str(field.type)] for field in SCHEMA], "parts": [], "removed": []}
    for kind, key, rows, schema in (("data", "parts", kept, SCHEMA), ("removed", "removed", removed, REMOVED)):
        for number in range(files if rows else 0):
            some = [one if keep_text or kind == "data" else one | {"text": None} for one in rows[number::files]]
            path = f"{kind}/{number}.parquet"
            pq.write_table(pa.Table.from_pylist(some, schema), stage / path, row_group_size=3)
            manifest[key].append({"path": path, "rows": len(some)})
    if outputs:
        pq.write_table(pa.Table.from_pylist(outputs), stage / "out.parquet")
        manifest["outputs"] = {"retractions": [{"path": "out.parquet", "rows": len(outputs)}]}
    languages = {}
    for rows, word in ((kept, "kept"), (removed, "removed")):
        for one in rows:
            entry = languages.setdefault(
                one["language"],
                {"in": 0, "kept": 0, "removed": 0, "consumed": 0, "created": 0, "out": 0, "reasons": {}},
            )
            entry["in"] += 1
            entry[word] += 1
            entry["out"] = entry["kept"]
    names = ("in", "kept", "removed", "consumed", "created", "out")
    totals = {name: sum(entry[name] for entry in languages.values()) for name in names} | {"reasons": {}}
    ledger = {"stage": "near_dedup", "languages": languages, "totals": totals, "counters": counters or {}}
    (stage / "ledger.json").write_text(json.dumps(ledger))
    (stage / "manifest.json").write_text(json.dumps(manifest))
    about = {
        "name": "test", "input": {"path": "x", "format": "parquet"}, "seed": 0, "totals": totals, "hexapla": "0",
        "python": "3", "stages": [{"position": 1, "name": "near_dedup", "config": config, "from": "", "code": "0"}],
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(about))
    return folder


def section(folder):
    build_report(str(folder))
    page = (folder / "report.html").read_text(encoding="utf-8")
    return page.partition('<section id="duplicates">')[2].partition("</section>")[0]


@pytest.fixture
def many():
    """A large cluster in Arabic, a small one in Thai, and a hostile one."""
    arab = ARTICLE_1["arb_Arab"]
    kept = [
        row("a", "arb_Arab", near_cluster_size=6), row("t", "tha_Thai", near_cluster_size=2),
        row("h", text="<script>x</script> \u202eevil one", near_cluster_size=2), row("alone", site="beta"),
    ]  # fmt: skip
    removed = [
        row(f"a{n}", "arb_Arab", arab.replace("الناس", "البشر") + " و" * n, "a", 0.95 - n / 50, near_cluster_size=6)
        for n in range(5)
    ]
    removed.append(row("t1", "tha_Thai", ARTICLE_1["tha_Thai"].replace("เหตุผล", "ความคิด"), "t", 0.8, near_cluster_size=2))
    removed.append(row("h1", text="<script>x</script> \u202eevil two", of="h", similarity=1.0, near_cluster_size=2))
    return kept, removed


def test_the_largest_clusters_come_first_with_the_least_similar_rows(tmp_path, many):
    (figures,) = duplicate_figures(Results(str(write_run(tmp_path / "o", *many))))
    assert [cluster.size for cluster in figures.clusters] == [6, 2, 2]
    first = figures.clusters[0]
    assert first.kept.uid == uid_of("a")
    assert [pair.other.uid for pair in first.pairs] == [uid_of(f"a{n}") for n in (4, 3, 2)]
    assert [member.uid for member in first.others] == [uid_of("a1"), uid_of("a0")]
    assert first.more == 0
    assert figures.order == ("longest", "source == 'a'")


def test_the_same_rows_in_other_files_give_the_same_page(tmp_path, many):
    kept, removed = many
    one = section(write_run(tmp_path / "a", kept, removed))
    assert section(write_run(tmp_path / "b", kept[::-1], removed[::-1], files=2)) == one


def test_pairs_say_direction_and_language_and_nothing_hostile_acts(tmp_path, many):
    page = section(write_run(tmp_path / "o", *many))
    assert '<div class="text" dir="auto" lang="ar">' in page
    assert '<div class="text" dir="auto" lang="tha-Thai">' in page
    assert "<del>الناس</del>" in page
    assert "<ins>البشر</ins>" in page
    assert "<script" not in page
    assert "\u202e" not in page
    assert '<span class="code">U+202E</span>evil <del>one</del>' in page


def test_shares_by_language_and_registered_domain(tmp_path, many):
    (figures,) = duplicate_figures(Results(str(write_run(tmp_path / "o", *many))))
    assert [(entry.name, entry.removed, entry.rows) for entry in figures.languages] == [
        ("arb_Arab", 5, 6), ("eng_Latn", 1, 3), ("tha_Thai", 1, 2),
    ]  # fmt: skip
    assert [(entry.name, entry.removed, entry.rows) for entry in figures.domains] == [("alpha.co.uk", 7, 10)]
    assert figures.domains[0].share == 0.7


def test_the_histogram_has_all_rows_and_a_bin_for_1(tmp_path, many):
    (figures,) = duplicate_figures(Results(str(write_run(tmp_path / "o", *many))))
    found = figures.similarities
    assert (found.measured, found.missing) == (7, 0)
    assert sum(found.shares) == pytest.approx(1)
    assert found.shares[-1] == pytest.approx(1 / 7)
    assert found.edges[-2] == 1.0
    assert found.edges[0] == pytest.approx(0.8)


@pytest.mark.parametrize(("bands", "rows"), [(14, 8), (20, 5), (450, 20), (1, 1)])
def test_the_curve_is_that_of_the_formula(bands, rows):
    curve = Curve(bands, rows, 0.75)
    assert curve.at(0.75) == pytest.approx(1 - (1 - 0.75**rows) ** bands)
    assert curve.at(curve.half) == pytest.approx(0.5)
    values = [y for _, y in curve.points]
    assert values == sorted(values)
    assert (values[0], values[-1]) == (0.0, 1.0)


def test_the_curve_has_a_line_at_the_threshold_only_where_something_is_verified(tmp_path, many):
    page = section(write_run(tmp_path / "a", *many))
    assert 'class="mark" x1="75" x2="75"' in page
    assert "77.2 % at the threshold 0.75" in page
    page = section(write_run(tmp_path / "b", *many, config=CONFIG | {"verify": "off"}))
    assert 'class="mark"' not in page
    assert "nothing was verified" in page
    page = section(write_run(tmp_path / "c", *many, config={"survivor": ["oldest"]}))
    assert "<polyline" not in page


def test_equal_texts_are_shown_once(tmp_path):
    kept = [row("k", near_cluster_size=4)]
    removed = [row(f"d{n}", of="k", near_cluster_size=4) for n in range(3)]
    page = section(write_run(tmp_path / "o", kept, removed, config={"key": "text"}))
    assert page.count("The same text") == 1
    assert page.count("All human beings") == 1
    assert all(uid_of(f"d{n}") in page for n in range(3))


def test_templates_stay_apart(tmp_path):
    frame = "Welcome to the shop. Our product of the day is "
    kept = [row(f"p{n}", text=f"{frame}number {n}", template_id=uid_of("p0")) for n in range(30)]
    removed = [row("q", text=f"{frame}number 3", of="p3", similarity=0.9, template_id=uid_of("p0"))]
    counters = {"template_pages": 31, "template_pages_kept": 30}
    folder = write_run(tmp_path / "o", kept, removed, counters=counters)
    (figures,) = duplicate_figures(Results(str(folder)))
    assert [(entry.pages, entry.kept) for entry in figures.templates] == [(31, 30)]
    page = section(folder)
    assert "Templates: 31 pages, 30 stayed" in page
    assert "Stayed, too" in page
    assert "Templates" not in section(write_run(tmp_path / "inherited", kept, removed))


def test_what_stays_in_an_earlier_run_is_read_there_and_retractions_are_listed(tmp_path, many):
    earlier = write_run(tmp_path / "a", *many)
    folder = write_run(
        tmp_path / "b",
        [row("new")],
        [row("a9", "arb_Arab", ARTICLE_1["arb_Arab"] + " و", "a", 0.9)],
        config=CONFIG | {"against": [str(earlier)]},
        outputs=[
            {"uid": uid_of("t"), "id": "<b>t", "duplicate_of": uid_of("new"), "similarity": 0.88, "run": str(earlier)}
        ],
    )
    page = section(folder)
    assert "in the earlier run" in page
    assert "<ins>و</ins>" in page
    assert "Retractions: 1" in page
    assert "&lt;b&gt;t" in page
    shutil.rmtree(earlier)
    page = section(folder)
    assert "The row is not at hand." in page


def test_texts_that_were_not_kept(tmp_path, many):
    page = section(write_run(tmp_path / "o", *many, keep_text=False))
    assert "The text was not kept." in page
    assert "The other text was not kept." in page
    assert "<ins>" not in page


def test_of_a_sample_of_texts_those_pairs_are_shown_that_have_one(tmp_path):
    """Of large inputs one text in 256 is kept: of rows whose uid begins with 00."""
    kept = [row(f"k{n}", near_cluster_size=50 - n) for n in range(40)]
    removed = [row(f"d{n}", text=None, of=f"k{n}", similarity=0.9, near_cluster_size=50 - n) for n in range(40)]
    removed = [one | {"text": None} for one in removed]
    removed[33] |= {"uid": "00" + "a" * 30, "text": "All human beings are born equal."}
    page = section(write_run(tmp_path / "o", kept, removed))
    assert "<del>free and </del>" in page or "<del>free and</del>" in page


def test_a_part_of_the_rows_is_looked_at_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr(looked_at, "ENOUGH_ROWS", 60)
    kept = [row(f"k{n}", near_cluster_size=2) for n in range(300)]
    removed = [row(f"d{n}", of=f"k{n}", similarity=0.9, near_cluster_size=2) for n in range(300)]
    folder = write_run(tmp_path / "o", kept, removed)
    (figures,) = duplicate_figures(Results(str(folder)))
    assert 60 <= figures.looked_at < 80
    (domain,) = figures.domains
    assert domain.rows == pytest.approx(600, rel=0.02)
    assert domain.share == pytest.approx(0.5, abs=0.01)
    assert "of the 300 removed rows were looked at" in section(folder)


def test_what_was_removed_itself_is_not_said_to_have_stayed(tmp_path):
    removed = [row("a", of="b"), row("b", text="All human beings are born free.", of="a")]
    page = section(write_run(tmp_path / "o", [row("k")], removed, config={}))
    assert "<b>Removed, too</b>" in page
    assert "<b>Stayed</b>" not in page


def test_a_run_that_keeps_nothing_has_its_clusters(tmp_path):
    page = section(write_run(tmp_path / "o", [], [row("d", of="gone", similarity=0.9, near_cluster_size=2)]))
    assert uid_of("gone") in page
    assert "not among the rows that were looked at" in page


def test_columns_of_the_users_that_have_such_names_do_no_harm(tmp_path, many):
    """A text `similarity`, a list `template_id`, a cluster size of an earlier stage."""
    folder = write_run(tmp_path / "o", *many)
    stage = folder / "stages" / "01-near_dedup"
    for path in sorted(stage.glob("*/*.parquet")):
        table = pq.read_table(path)
        names = [name for name in ("similarity", "template_id", "near_cluster_size") if name in table.column_names]
        table = table.drop_columns(names)
        table = table.append_column("similarity", pa.array(["high"] * len(table)))
        table = table.append_column("template_id", pa.array([["a"]] * len(table)))
        table = table.append_column("other_cluster_size", pa.array([900] * len(table)))
        pq.write_table(table, path)
    manifest = json.loads((stage / "manifest.json").read_text())
    manifest["schema"] = [[n, k] for n, k in manifest["schema"] if n != "near_cluster_size"] + [["similarity", "string"]]
    (stage / "manifest.json").write_text(json.dumps(manifest))
    read = {"schema": [["other_cluster_size", "int32"]]}
    (folder / "stages" / "00-read" / "manifest.json").write_text(json.dumps(read))
    (figures,) = duplicate_figures(Results(str(folder)))
    assert figures.similarities is None
    assert [cluster.size for cluster in figures.clusters] == [6, 2, 2]
    assert "highlighted" in section(folder)


def test_a_run_without_duplicates_has_no_section(tmp_path):
    assert section(write_run(tmp_path / "o", [row("k")], [], config={})) == ""
    assert 'href="#duplicates"' not in (tmp_path / "o" / "report.html").read_text(encoding="utf-8")


def test_a_million_members_make_a_small_page(tmp_path):
    kept = [row("k", near_cluster_size=1_000_000)]
    removed = [row(f"d{n}", text="x" * 3000, of="k", similarity=0.9, near_cluster_size=1_000_000) for n in range(3000)]
    folder = write_run(tmp_path / "o", kept, removed)
    page = section(folder)
    assert len(page) < 30_000
    assert re.search(r"And 999,9\d\d more that are not on this page", page)


def add_columns(folder, **columns):
    """Columns that the stage added to all rows."""
    stage = folder / "stages" / "01-near_dedup"
    for path in sorted(stage.glob("*/*.parquet")):
        table = pq.read_table(path).drop_columns(["duplicate_of"] if "removed" in str(path) else [])
        for name, value in columns.items():
            table = table.append_column(name, pa.array([value] * len(table)))
        pq.write_table(table, path)
    manifest = json.loads((stage / "manifest.json").read_text())
    manifest["schema"] += [[name, "int32"] for name in columns]
    (stage / "manifest.json").write_text(json.dumps(manifest))


def test_of_a_stage_that_cuts_text_the_share_of_characters_is_shown(tmp_path):
    rows = [row("a", text="x" * 75), row("b", "tha_Thai", text="ก" * 100)]
    folder = write_run(tmp_path / "o", rows, [], config={})
    add_columns(folder, passage_characters_removed=25)
    (figures,) = duplicate_figures(Results(str(folder)))
    assert [(cut.name, cut.removed, cut.rows) for cut in figures.cut] == [("eng_Latn", 25, 100), ("tha_Thai", 25, 125)]
    assert "Text cut out, by language" in section(folder)


def test_of_a_stage_that_knows_what_was_seen_the_shares_are_shown(tmp_path):
    folder = write_run(tmp_path / "o", [row("a"), row("b", site="beta")], [row("c", site="beta")], config={})
    add_columns(folder, address_seen=True)
    (figures,) = duplicate_figures(Results(str(folder)))
    assert [(entry.name, entry.removed, entry.rows) for entry in figures.domains] == [("beta.co.uk", 1, 2)]
    assert figures.clusters == ()
    assert "Removed by domain" in section(folder)
