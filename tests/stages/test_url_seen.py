"""Addresses seen before, step by step in memory; and two runs of the engine, one after the other."""

import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hexapla.cli.main import app
from hexapla.engine.errors import ConfigError
from hexapla.filters.seen_urls import SCHEMA, SEGMENTS
from hexapla.filters.urls import canonical_urls
from hexapla.stages.url_seen import UrlSeen
from stages.step_runner import cut, run_steps
from typer.testing import CliRunner

HOSTS = (
    "https://example.org/",
    "http://www.beispiel.de/ä/",
    "https://пример.рф/страница-",
    "https://例え.jp/ページ?n=",
    "urn:x:",
)


def urls(first, stop):
    return [f"{HOSTS[number % len(HOSTS)]}{number}" for number in range(first, stop)]


def table(addresses):
    return pa.table({"url": pa.array(addresses, pa.string()), "n": range(len(addresses))})


def crawl(addresses, path=None, **config):
    """Run the stage; its filter goes to a file."""
    result = run_steps(UrlSeen(**config), cut(table(addresses), 700))
    if path is not None:
        pq.write_table(result.outputs["seen"], path)
    return result


def layers(result):
    headers = result.outputs["seen"].column("header").to_pylist()
    return [json.loads(header) for header in headers[: len(headers) // SEGMENTS]]


def test_what_an_earlier_crawl_had_is_removed(tmp_path):
    first = crawl([*urls(0, 2000), None, ""], tmp_path / "one.bloom")
    assert first.removed.num_rows == 0
    assert first.kept.column("url_seen").to_pylist() == [False] * 2000 + [None, None]
    second = crawl([*urls(1500, 2500), None], against=(str(tmp_path / "one.bloom"),))
    assert second.kept.column("url").to_pylist() == [*urls(2000, 2500), None]
    assert second.removed.column("url").to_pylist() == urls(1500, 2000)
    assert set(second.removed.column("reason").to_pylist()) == {"url_seen"}
    assert [layer["urls"] for layer in layers(second)] == [2000, 500]


def test_addresses_in_another_form_and_marks(tmp_path):
    crawl(["https://www.example.org/a/?utm_source=x", "https://example.org/b"], tmp_path / "one.bloom")
    given = ["http://Example.org/a#top", "https://example.org/A", "example.org/c", None]
    result = crawl(given, against=(str(tmp_path / "one.bloom"),), on_seen="mark")
    assert result.kept.column("url_seen").to_pylist() == [True, False, False, None]
    assert result.kept.column("url").to_pylist() == given


def test_repeats_within_a_run_are_not_looked_for(tmp_path):
    result = crawl(["https://a.org/"] * 5)
    assert result.kept.num_rows == 5
    assert [layer["urls"] for layer in layers(result)] == [1]


@pytest.mark.parametrize("seed", range(3))
def test_the_filter_is_the_same_bit_by_bit_whatever_the_order(tmp_path, seed):
    crawl(urls(0, 900), tmp_path / "one.bloom")
    chance, found, kept = random.Random(seed), [], []
    addresses = [*urls(600, 1800), *urls(1000, 1100), None]
    for _ in range(3):
        chance.shuffle(addresses)
        units = cut(table(addresses), chance.randrange(30, 2000))
        stage = UrlSeen(against=(str(tmp_path / "one.bloom"),))
        result = run_steps(stage, units, partitions=chance.choice([1, 4, 64]), batch=chance.randrange(1, 500))
        found.append(result.outputs["seen"])
        kept.append(sorted(map(str, result.kept.column("url").to_pylist())))
    assert found[0].equals(found[1]) and found[0].equals(found[2])
    assert kept[0] == kept[1] == kept[2]
    assert not set(kept[0]) & set(urls(0, 900))


def test_a_chain_of_crawls_needs_the_last_filter_only(tmp_path):
    given = ()
    for number in range(4):
        path = tmp_path / f"{number}.bloom"
        crawl(urls(number * 300, number * 300 + 400), path, against=given)
        given = (str(path),)
    result = crawl(urls(0, 1600), against=given)
    assert result.kept.column("url").to_pylist() == urls(1300, 1600)
    assert [layer["urls"] for layer in layers(result)] == [400, 300, 300, 300, 300]
    again = crawl(urls(0, 1300), tmp_path / "again.bloom", against=given)
    assert again.kept.num_rows == 0
    before, after = pq.read_table(given[0]), again.outputs["seen"]
    assert sorted(before.column("check").to_pylist()) == sorted(after.column("check").to_pylist())


def test_the_same_filter_by_two_ways_is_taken_once(tmp_path):
    crawl(urls(0, 100), tmp_path / "a.bloom")
    crawl(urls(100, 200), tmp_path / "b.bloom", against=(str(tmp_path / "a.bloom"),))
    both = [str(tmp_path / "a.bloom"), str(tmp_path / "b.bloom")]
    found = [crawl(urls(200, 210), against=order) for order in (both, both[::-1], both[1:])]
    assert found[0].outputs["seen"].equals(found[1].outputs["seen"])
    assert found[0].outputs["seen"].equals(found[2].outputs["seen"])


def test_a_stated_capacity_is_one_layer_until_it_is_full(tmp_path):
    given, counts = (), []
    for number in range(4):
        path = tmp_path / f"{number}.bloom"
        result = crawl(urls(number * 400, number * 400 + 400), path, against=given, capacity=1000)
        assert result.kept.num_rows == 400
        counts.append([layer["urls"] for layer in layers(result)])
        given = (str(path),)
    assert counts == [[400], [800], [800, 400], [800, 800]]
    assert crawl(urls(0, 1600), against=given).kept.num_rows == 0


def test_false_positives_are_as_few_as_was_asked(tmp_path):
    crawl(urls(0, 20_000), tmp_path / "a.bloom", false_positive_rate=0.01)
    result = crawl(urls(20_000, 60_000), against=(str(tmp_path / "a.bloom"),))
    assert 0 < result.removed.num_rows < 400


def test_a_damaged_filter_is_named(tmp_path):
    path = tmp_path / "crawl-1.bloom"
    path.write_bytes(b"PAR1 no filter")
    with pytest.raises(ConfigError, match=r"crawl-1.bloom: no filter of addresses"):
        crawl(urls(0, 3), against=(str(path),))
    with pytest.raises(ConfigError, match="no such folder"):
        UrlSeen(against=(str(tmp_path / "nothing"),)).resource_files()


def test_no_addresses_at_all(tmp_path):
    result = crawl([None, ""], tmp_path / "none.bloom")
    assert result.kept.num_rows == 2
    assert crawl(urls(0, 5), against=(str(tmp_path / "none.bloom"),)).kept.num_rows == 5
    assert run_steps(UrlSeen(), [table([])]).outputs["seen"].num_rows == SEGMENTS


def test_two_runs_one_after_the_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(name, addresses, stage, exit_code=0):
        rows = [{"text": f"text {n}", "url": url} for n, url in enumerate(addresses)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (tmp_path / f"{name}.yaml").write_text(f"input: {name}.jsonl\noutput: {name}\nstages:\n  - {stage}\n")
        result = CliRunner().invoke(app, ["run", f"{name}.yaml", "--executor", "local"])
        assert result.exit_code == exit_code, result.exception or result.output
        return result

    run("spring", urls(0, 300), "url_seen")
    run("summer", urls(200, 500), "url_seen: {against: [spring]}")
    run("autumn", urls(100, 600), "url_seen: {against: [summer]}")
    kept = pq.read_table(tmp_path / "autumn/stages/01-url_seen/data").column("url").to_pylist()
    assert kept == urls(500, 600)
    file = next((tmp_path / "summer/stages/01-url_seen/seen").glob("*.parquet"))
    file.rename(tmp_path / "seen.bloom")
    run("winter", urls(100, 600), "url_seen: {against: [seen.bloom]}")
    assert pq.read_table(tmp_path / "winter/stages/01-url_seen/data").column("url").to_pylist() == urls(500, 600)
    run("other", urls(0, 9), "normalize")
    failed = run("last", urls(0, 9), "url_seen: {against: [other]}", exit_code=1)
    assert "has left no filter of addresses" in str(failed.exception)


def test_keys_are_equal_where_canonical_addresses_are():
    addresses = pa.array(urls(0, 50) + [f"{url}/?fbclid=1" for url in urls(0, 50)])
    result = run_steps(UrlSeen(), [table(addresses.to_pylist())])
    assert [layer["urls"] for layer in layers(result)] == [len(set(canonical_urls(addresses).to_pylist()))]


def test_the_output_has_the_documented_columns():
    output = next(step for step in UrlSeen().steps() if step.output)
    assert output.schema == SCHEMA
