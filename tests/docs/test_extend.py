"""The code in `docs/extend.md` runs as it stands there."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset
import pytest
from hexapla.filters.rules import load_preset
from hexapla.filters.toxicity import read_term_list
from hexapla.pipelines.load import load_pipeline

HOSTS = ["a.example", "A.EXAMPLE:8080", "spam.example", "b.example"]


@pytest.fixture(scope="module")
def files(repository):
    """Fenced blocks whose first line names a file: {name: content}."""
    page = (repository / "docs" / "extend.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n# (\S+)\n(.*?)^```$", page, flags=re.DOTALL | re.MULTILINE)
    return dict(blocks)


def write(files: dict[str, str], folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[name], encoding="utf-8")


def install(files: dict[str, str], folder: Path) -> None:
    """The package of the page as an installation leaves it."""
    write(files, folder, "hexapla_hosts/block_hosts.py", "hexapla_hosts/host_cap.py")
    (folder / "hexapla_hosts" / "__init__.py").write_text("")
    project = tomllib.loads(files["pyproject.toml"])["project"]
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in names.items()) for group, names in project["entry-points"].items()]
    (info / "entry_points.txt").write_text("".join(lines))


def hexapla(folder: Path, site: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "hexapla", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pages() -> list[str]:
    rows = [{"url": f"https://{HOSTS[n % 4]}/{n}", "text": f"Page number {n}"} for n in range(40)]
    return [json.dumps(row) for row in (*rows, {"text": "no address"})]


def kept(folder: Path) -> set[tuple[str | None, str]]:
    rows = pyarrow.dataset.dataset(folder / "out" / "data" / "default").to_table().to_pylist()
    return {(row["host"], row["text"]) for row in rows}


def test_the_package_of_the_page_runs_and_is_described(files, tmp_path):
    site, folder = tmp_path / "site", tmp_path / "work"
    site.mkdir()
    install(files, site)
    write(files, folder, "hosts.yaml")
    (folder / "pages.jsonl").write_text("\n".join(pages()) + "\n")
    assert "most: whole number (>= 1) = 1000" in hexapla(folder, site, "stages", "host_cap")
    out = hexapla(folder, site, "run", "hosts.yaml", "--executor", "local")
    assert re.search(r"01-block_hosts +41 +10 +31 +blocked_host 10", out)
    assert re.search(r"02-host_cap +31 +26 +5 +host_cap 26", out)
    found = kept(folder)
    assert sorted(str(host) for host, _ in found) == ["None", "a.example", "a.example", "b.example", "b.example"]
    # the same records in two files, in another order: the same documents stay
    (folder / "pages.jsonl").unlink()
    rows = pages()[::-1]
    (folder / "1.jsonl").write_text("\n".join(rows[:15]) + "\n")
    (folder / "2.jsonl").write_text("\n".join(rows[15:]) + "\n")
    hexapla(folder, site, "run", "hosts.yaml", "--executor", "local", "--input", "*.jsonl", "--output", "out/")
    assert kept(folder) == found
    # another cap asks neither for the stage before nor for the hosts again
    plan = hexapla(folder, site, "plan", "hosts.yaml", "--input", "*.jsonl", "--set", "host_cap.most=3")
    assert "read + block_hosts: finished" in plan
    assert "because host_cap: config.most: 2 -> 3" in plan


def test_the_stage_for_a_clone_runs_in_a_clone(files, tmp_path):
    folder = tmp_path / "work"
    write(files, tmp_path, "stages/capitals.py")
    rows = ["A quiet text.", "LOUD AND CLEAR", "١٢٣", "ΜΕΓΑΛΑ γράμματα"]
    folder.mkdir()
    (folder / "in.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in rows))
    (folder / "p.yaml").write_text("input: in.jsonl\nstages: [capitals: {max_share: 0.45}, export]\noutput: out\n")
    # as if the file stood in the folder `stages` of the package
    program = (
        f"import hexapla.stages; hexapla.stages.__path__.append({str(tmp_path / 'stages')!r}); "
        "from hexapla.cli.main import run_command_line; run_command_line()"
    )
    command = [sys.executable, "-c", program, "run", "p.yaml", "--executor", "local"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=120)
    assert done.returncode == 0, done.stderr
    stage = folder / "out" / "stages" / "01-capitals"
    scored = pyarrow.dataset.dataset(stage / "scored").to_table(columns=["text", "capitals"]).to_pylist()
    assert [round(row["capitals"], 2) if row["capitals"] is not None else None for row in scored] == [0.1, 1.0, None, 0.43]
    removed = pyarrow.dataset.dataset(stage / "removed").to_table().to_pylist()
    assert [(row["text"], row["reason"], row["reasons"]) for row in removed] == [
        ("LOUD AND CLEAR", "max_capitals", [{"rule": "max_capitals", "value": 1.0}])
    ]


def test_the_preset_of_the_page_is_one(files, tmp_path):
    write(files, tmp_path, "strict.yaml")
    rules = load_preset(str(tmp_path / "strict.yaml"))
    assert rules.names[-1] == "max_policy_lines"
    by_name = dict(zip(rules.names, rules.thresholds("deu_Latn", "Latn").tolist(), strict=True))
    assert (by_name["min_word_characters"], by_name["max_bullet_lines"], by_name["max_policy_lines"]) == (250, 0.5, 2)


def test_the_word_list_of_the_page_is_one(files, tmp_path):
    write(files, tmp_path, "lists/fin_Latn.txt")
    found = read_term_list(tmp_path / "lists" / "fin_Latn.txt")
    assert (found.languages, found.strong, found.weak) == (("fin_Latn",), ("perkele",), ("kuusi",))


def test_the_recipe_of_the_page_is_valid(files, tmp_path):
    write(files, tmp_path, "jsonl-dedup.yaml")
    pipeline = load_pipeline(str(tmp_path / "jsonl-dedup.yaml"))
    assert [entry.name for entry in pipeline.stages] == ["exact_dedup", "minhash_dedup", "export"]


@pytest.fixture
def filters_of_the_page(files, tmp_path, monkeypatch):
    """As if the files of the page stood in the folder `filters` of the package."""
    import hexapla.filters

    write(files, tmp_path, "filters/properties_format.py", "filters/pair_rule_kinds_own.py")
    monkeypatch.setattr(hexapla.filters, "__path__", [*hexapla.filters.__path__, str(tmp_path / "filters")])
    yield
    for name in ("properties_format", "pair_rule_kinds_own"):
        sys.modules.pop(f"hexapla.filters.{name}", None)


def test_the_file_format_of_the_page_is_read(filters_of_the_page, monkeypatch):
    from hexapla.filters import file_formats
    from hexapla.filters.properties_format import parse_properties
    from hexapla.stages.parse import Parse

    monkeypatch.setitem(file_formats.READERS, "properties", parse_properties)
    monkeypatch.setitem(file_formats._ENDINGS, "properties", "properties")
    contents = {
        "app_fr.properties": "# titres\nfile.open = Ouvrir\nfile.save = Enregistrer \\u00e0 c\\u00f4t\\u00e9\n",
        "app_el.properties": "file.open=Άνοιγμα\nfile.save=\nsmile=\\ud83d\\ude00\n",
        "app_de.properties": "file.open=Öffnen\nno message at all\n",
    }
    rows = pa.RecordBatch.from_pydict(
        {
            "uid": [name[4:6] for name in contents],
            "file_path": list(contents),
            "content": [text.encode() for text in contents.values()],
        }
    )
    found = Parse().map_shard(rows)
    assert [(row["doc_key"], row["language"], row["key"], row["text"]) for row in found.kept.to_pylist()] == [
        ("app.properties", "fra_Latn", "file.open", "Ouvrir"),
        ("app.properties", "fra_Latn", "file.save", "Enregistrer à côté"),
        ("app.properties", "ell_Grek", "file.open", "Άνοιγμα"),
        ("app.properties", "ell_Grek", "smile", "😀"),
    ]
    assert found.counters == {"empty": 1}
    assert [(row["reason"], row["parse_error"]) for row in found.removed.to_pylist()] == [
        ("broken_file", "app_de.properties: line 2: no message: 'no message at all'")
    ]


def test_the_pair_rule_of_the_page_is_asked(filters_of_the_page, monkeypatch):
    from hexapla.filters import pair_rules
    from hexapla.filters.pair_rule_kinds_own import OWN
    from hexapla.filters.pair_signals import Texts

    monkeypatch.setattr(pair_rules, "KINDS", {**pair_rules.KINDS, **OWN})
    (strict,) = pair_rules.load_rules("", {"QuestionMarkFilter": True}, {})
    (lax,) = pair_rules.load_rules("", {"QuestionMarkFilter": 1}, {})
    src, tgt = ["Ja?", "Was? Wer?", "Nein."], ["نعم؟", "What?", "No??"]
    texts = Texts.of_pairs(pa.array(src), pa.array(tgt), pa.array(["deu_Latn"] * 3), pa.array(["arb_Arab"] * 3))
    assert strict.measure(texts).tolist() == [0, 1, 2]
    assert strict.broken(strict.measure(texts), texts).tolist() == [False, True, True]
    assert lax.broken(lax.measure(texts), texts).tolist() == [False, False, True]


def test_the_pair_preset_of_the_page_is_one(files, tmp_path):
    from hexapla.filters.pair_rules import load_rules

    write(files, tmp_path, "strict-pairs.yaml")
    names = [rule.name for rule in load_rules(str(tmp_path / "strict-pairs.yaml"), {}, {})]
    assert names[-2:] == ["LengthRatioFilter.word", "lexical"]
    assert "length_ratio" in names and "no_urls" not in names


def test_the_templates_of_the_page_are_ones(files, tmp_path):
    from hexapla.filters.prompt_templates import read

    write(files, tmp_path, "polite.yaml")
    found = read(str(tmp_path / "polite.yaml"))
    assert [(each.id, sorted(each.needs)) for each in found] == [("polite", []), ("with-context", ["context"])]


def test_the_scorer_of_the_page_decides(files, tmp_path):
    write(files, tmp_path, "cognates.py", "relatives.py")
    done = subprocess.run([sys.executable, "relatives.py"], capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert done.stdout.splitlines() == ["0 1 0 1 cognates", "1 3 1 2 cognates"], done.stderr
