"""Templates: the shipped banks, files of users, and what is said about mistakes in them."""

from __future__ import annotations

import pytest
from hexapla.filters.prompt_templates import bank, read, template, tokens


def test_every_shipped_template_has_a_name_of_its_own():
    names = [each.id for each in (*bank("published"), *bank("own"))]
    assert len(names) == len(set(names)) > 50
    assert {each.language for each in bank("own")} >= {"eng_Latn", "deu_Latn", "arb_Arab", "jpn_Jpan", "cmn_Hani"}


def test_braces_are_written_twice():
    assert tokens("{{a}} {src}", {"src"}) == (("{a} ", ""), ("", "src"))


YAML = """\
- id: mine
  prompt: "{src_name}: {src}"
  completion: "{tgt}"
- id: other
  prompt: "Say: {src}"
  completion: " {tgt}"
"""


def file(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_three_kinds_of_files(tmp_path):
    assert [each.id for each in read(file(tmp_path, "a.yaml", YAML))] == ["mine", "other"]
    lines = '{"id": "x", "prompt": "{src}?", "completion": "{tgt}", "language": "fr"}\n\n'
    (one,) = read(file(tmp_path, "a.jsonl", lines))
    assert one.language == "fra_Latn"
    # as in promptsource and Cendol
    (made,) = read(file(tmp_path, "aceh.jinja", "Translate ke bahasa Aceh {{text_1}} ||| {{ text_2 }}\n"))
    assert made.id == "aceh-1" and made.prompt == (("Translate ke bahasa Aceh ", ""), ("", "src"))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", YAML.replace("Say: {src}", "Say: {sorce}"),
         "a.yaml, line 5: prompt: there is no field {sorce}; there are src"),
        ("a.yaml", YAML.replace('"{tgt}"', '"x"'), "a.yaml, line 3: completion: {tgt} is needed"),
        ("a.yaml", YAML.replace("other", "mine"), "a.yaml, line 4: id: 'mine' is there twice"),
        ("a.yaml", YAML + "  weight: -1\n", "a.yaml, line 7: weight: a number above 0"),
        ("a.yaml", YAML + "  langauge: en\n", "line 7: langauge: there is no such key"),
        ("a.yaml", YAML + "  language: klingonish\n", "line 7: language: 'klingonish'"),
        ("a.yaml", "- [1]\n", "a.yaml, line 1: a template has the keys"),
        ("a.yaml", "a: [", "a.yaml: "),
        ("a.yaml", "[]", "there is no template in it"),
        ("a.jsonl", '{"id": "x"}\n', "a.jsonl, line 1: prompt: a text is needed"),
        ("a.jsonl", "{\n", "a.jsonl, line 1: no JSON"),
        ("a.jinja", "# note\nno bar {{text_1}}\n", "a.jinja, line 2: prompt: '|||' is needed"),
        ("a.jinja", "{% if x %}{{text_1}} ||| {{text_2}}\n", "a.jinja, line 1: prompt: only {{ names }}"),
        ("a.jinja", "{{ text_1|upper }} ||| {{text_2}}\n", "a.jinja, line 1: prompt: only {{ names }}"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_line_and_key(tmp_path, name, text, said):
    with pytest.raises(ValueError) as caught:
        read(file(tmp_path, name, text))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "entry",
    [
        {"prompt": "{src}{terms}", "completion": "{tgt}", "terms": {"item": "{src}", "separator": ","}},
        {"prompt": "{src} {terms}", "completion": "{tgt}", "terms": {"item": "{src}{tgt}", "separator": ","}},
        {"prompt": "{src} {terms}", "completion": "{tgt}", "terms": "{src}"},
        {"prompt": "{src} } x", "completion": "{tgt}"},
        {"prompt": "{src} {src}", "completion": "{tgt}"},
    ],
)
def test_what_could_not_be_taken_apart_is_refused(entry):
    with pytest.raises(ValueError):
        template({"id": "x", **entry})


def test_the_file_of_the_documentation_is_one(tmp_path, repository):
    page = (repository / "docs" / "rendering.md").read_text(encoding="utf-8")
    found = read(file(tmp_path, "mine.yaml", page.split("```yaml\n")[1].split("```")[0]))
    assert [(each.id, each.language, sorted(each.needs)) for each in found] == [
        ("polite", "eng_Latn", []), ("mit-beispielen", "deu_Latn", ["shots"]),
    ]  # fmt: skip
