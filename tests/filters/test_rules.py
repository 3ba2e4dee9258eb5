"""Rules look thresholds up by language, script and default, and name everything that is broken."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hexapla.filters import rules
from hexapla.filters.language_codes import canonical
from hexapla.filters.rules import Rule, Ruleset, judge, load_preset, preset_names, shipped_stop_words, stop_lists
from hexapla.filters.signals import SIGNALS, SIGNALS_TYPE, measure
from hexapla.kernels.unicode import CLASS, LETTER, MARK

PROSE = {
    "tha_Thai": (
        "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมี"
        "เหตุผลและมโนธรรม และควรปฏิบัติต่อกันด้วยเจตนารมณ์แห่งภราดรภาพ ทุกคนย่อ"
        "มมีสิทธิและอิสรภาพทั้งปวงตามที่กำหนดไว้ในปฏิญญานี้ โดยปราศจากความแตกต่"
        "างไม่ว่าชนิดใด ๆ"
    ),
    "khm_Khmr": (
        "មនុស្សទាំងអស់ កើតមកមានសេរីភាព និងសមភាព ក្នុងផ្នែកសេចក្ដីថ្លៃថ្នូរនិងសិ"
        "ទ្ធិ។ មនុស្ស មានវិចារណញ្ញាណនិងសតិសម្បជញ្ញៈជាប់ពីកំណើត ហើយគប្បីប្រព្រឹត"
        "្ដចំពោះគ្នាទៅវិញទៅមក ក្នុងស្មារតីភាតរភាពជាបងប្អូន។ មនុស្សម្នាក់ៗ អាចប្"
        "រើប្រាស់សិទ្ធិនិងសេរីភាពទាំងអស់ ដែលមានចែងក្នុងសេចក្ដីប្រកាសនេះ។"
    ),
    "lao_Laoo": (
        "ມະນຸດທຸກຄົນເກີດມາມີກຽດສັກສີ, ສິດທິ, ເສລີພາບ ແລະ ຄວາມສະເໝີພາບເທົ່າທຽມກັ"
        "ນ. ທຸກໆຄົນມີເຫດຜົນ ແລະ ຄວາມຄິດຄວາມເຫັນສ່ວນຕົວຂອງໃຜຂອງມັນ, ແຕ່ວ່າມະນຸດທ"
        "ຸກໆຄົນຄວນປະພຶດຕໍ່ກັນຄືກັບເປັນອ້າຍນ້ອງກັນ. ຄົນເຮົາທຸກຄົນຍ່ອມມີສິດ ແລະ ອ"
        "ິດສະລະພາບ ຕາມທີ່ລະບຸໃນຄໍາປະກາດນີ້."
    ),
    "mya_Mymr": (
        "လူတိုင်းသည် တူညီလွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့် လည်းကောင်း၊ တူညီလွတ်လပ်သော "
        "အခွင့်အရေးများဖြင့် လည်းကောင်း၊ မွေးဖွားလာသူများ ဖြစ်သည်။ ထိုသူတို့၌ ပ"
        "ိုင်းခြား ဝေဖန်တတ်သော ဉာဏ်နှင့် ကျင့်ဝတ် သိတတ်သော စိတ်တို့ရှိကြ၍ ထိုသူ"
        "တို့သည် အချင်းချင်း မေတ္တာထား၍ ဆက်ဆံကျင့်သုံးသင့်၏။"
    ),
    "cmn_Hani": (
        "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。人人有资格享有本宣言所载的一切权利和自由,不分种族、肤"
        "色、性别、语言、宗教、政治或其他见解、国籍或社会出身、财产、出生或其他身分等任何区别。"
    ),
    "jpn_Jpan": (
        "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、理性と良心とを授けられており、互いに同胞の精神を"
        "もって行動しなければならない。何人も、この宣言に掲げるすべての権利と自由とを享有することができる。"
    ),
    "hin_Deva": (
        "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और स"
        "मानता प्राप्त है। उन्हें बुद्धि और अन्तरात्मा की देन प्राप्त है और परस"
        "्पर उन्हें भाईचारे के भाव से बर्ताव करना चाहिए। प्रत्येक व्यक्ति को जी"
        "वन, स्वाधीनता और वैयक्तिक सुरक्षा का अधिकार है और किसी को भी गुलामी की"
        " हालत में नहीं रखा जाएगा।"
    ),
    "eng_Latn": (
        "All human beings are born free and equal in dignity and rights. They a"
        "re endowed with reason and conscience and should act towards one anoth"
        "er in a spirit of brotherhood. Everyone is entitled to all the rights "
        "and freedoms set forth in this Declaration, without distinction of any"
        " kind, such as race or colour."
    ),
}  # fmt: skip


def verdicts(texts, languages, ruleset):
    """Measure and judge."""
    codes = pa.array(languages, pa.string())
    return judge(measure(pa.array(texts), codes, stop_lists({})), codes, ruleset)


def signals(**columns):
    """Signals with given values; everything else is null."""
    rows = len(next(iter(columns.values())))
    arrays = [pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(rows, f.type) for f in SIGNALS_TYPE]
    return pa.StructArray.from_arrays(arrays, fields=list(SIGNALS_TYPE))


@pytest.mark.parametrize("name", ["fineweb2", "gopher"])
@pytest.mark.parametrize("label", ["its own", None, "und_Zyyy", "eng_Latn"])
def test_prose_without_spaces_is_not_judged_by_words_of_spaced_scripts(name, label):
    unspaced = [code for code in PROSE if code not in ("hin_Deva", "eng_Latn")]
    labels = [code if label == "its own" else label for code in unspaced]
    found = verdicts([PROSE[code] for code in unspaced], labels, load_preset(name))
    broken = {entry["rule"] for row in found.reasons.to_pylist() for entry in row}
    assert not broken & {"min_mean_word_length", "max_mean_word_length"}
    if label != "eng_Latn":
        assert "min_stop_words" not in broken


def test_the_default_keeps_clean_prose():
    found = verdicts(list(PROSE.values()), list(PROSE), load_preset("fineweb2"))
    assert found.keep.to_pylist() == [True] * len(PROSE), found.reasons.to_pylist()


def test_what_the_default_removes():
    bad = {
        "min_word_characters": "Too short a text.",
        "max_duplicate_5_grams": "Buy the best shoes in the whole wide world today for less. " * 20,
        "max_hashes": PROSE["eng_Latn"] + " # # # #x # #y # # #z # # #a #",
        "min_alphabetic_words": " ".join(f"{number} | {number * 7} | 12:30 word the and" for number in range(100, 150)),
        "min_stop_words": PROSE["eng_Latn"] * 2,
        "max_lorem_ipsum": PROSE["eng_Latn"] + " Lorem ipsum dolor sit amet.",
    }
    labels = ["deu_Latn" if rule == "min_stop_words" else "eng_Latn" for rule in bad]
    found = verdicts(list(bad.values()), labels, load_preset("fineweb2"))
    for rule, row in zip(bad, found.reasons.to_pylist(), strict=True):
        assert rule in {entry["rule"] for entry in row}, (rule, row)


def test_lookup_order():
    base = Ruleset(
        (Rule("min_words", "words", True, 50),),
        scripts={"Thai": {"min_words": 20}},
        languages={"tha_Thai": {"min_words": 10}},
    )
    assert base.thresholds("tha_Thai", "Thai").tolist() == [10]
    assert base.thresholds("tha_Thai", "Latn").tolist() == [50]  # the label is wrong
    assert base.thresholds("eng_Latn", "Thai").tolist() == [20]
    assert base.thresholds(None, None).tolist() == [50]
    assert base.with_thresholds({}, {"zho_Hans": {"min_words": 3}}).thresholds("cmn_Hani", "Hani").tolist() == [3]
    assert base.with_thresholds({}, {"fas_Arab": {"min_words": 3}}).thresholds("pes_Arab", "Arab").tolist() == [3]
    own = base.with_thresholds({"min_words": 5}, {"Thai": {"min_words": None}})
    assert own.thresholds("eng_Latn", "Latn").tolist() == [5]
    assert own.thresholds("tha_Thai", "Thai").tolist() == [5]
    assert np.isnan(own.thresholds("kxm_Thai", "Thai")[0])


def test_verdicts_name_every_broken_rule_in_order():
    ruleset = Ruleset((Rule("min_words", "words", True, 10), Rule("max_hashes", "hashes", False, 0.3)))
    found = judge(signals(words=[5, 5, 10, None], hashes=[0.5, 0.3, 0.3, None], lines=[1, 1, 1, 0]), None, ruleset)
    assert found.keep.to_pylist() == [False, False, True, True]
    assert found.reason.to_pylist() == ["min_words", "min_words", None, None]
    assert found.reasons.to_pylist() == [
        [{"rule": "min_words", "value": 5.0}, {"rule": "max_hashes", "value": 0.5}],
        [{"rule": "min_words", "value": 5.0}], [], [],
    ]  # fmt: skip


def test_a_rule_on_lines_waits_for_enough_of_them():
    ruleset = Ruleset((Rule("min_terminal_lines", "terminal_lines", True, 0.1, 10),))
    assert judge(signals(terminal_lines=[0.0, 0.0], lines=[9, 10]), None, ruleset).keep.to_pylist() == [True, False]


@pytest.mark.parametrize(
    ("language", "keeps"),
    [
        ("und_Latn", True), ("eng_Latn", False), ("amh_Ethi", True), ("cmn_Hani", False), ("hye_Armn", True),
        ("hin_Deva", True), ("ben_Beng", True), ("urd_Arab", True),
    ],
)  # fmt: skip
def test_prose_without_full_stops_is_lost_only_where_the_rule_was_looked_at(language, keeps):
    found = signals(terminal_lines=[0.0], lines=[20], script=[language[4:]])
    assert judge(found, pa.array([language]), load_preset("fineweb2")).keep.to_pylist() == [keeps]


def test_a_rule_waits_for_enough_words():
    ruleset = Ruleset((Rule("max_top_4_gram", "top_4_gram", False, 0.2, words=50),))
    found = judge(signals(top_4_gram=[0.3, 0.3, 0.3], words=[49, 50, None], lines=[1, 1, 1]), None, ruleset)
    assert found.keep.to_pylist() == [True, False, False]
    assert ruleset.with_thresholds({"max_top_4_gram": 0.1}, {}).rules[0].words == 50


SHORT = {
    "deu_Latn": "Artikel 7\nAlle Menschen sind vor dem Gesetz gleich und haben ohne Unterschied Anspruch auf gleichen Schutz "
    "durch das Gesetz. Alle haben Anspruch auf gleichen Schutz gegen jede Diskriminierung, die gegen diese Erklärung "
    "verstößt, und gegen jede Aufhetzung zu einer derartigen Diskriminierung.",
    "cmn_Hani": "第十八条\n人人有思想、良心和宗教自由的权利;此项权利包括改变他的宗教或信仰的自由,"
    "以及单独或集体、公开或秘密地以教义、实践、礼拜和戒律表示他的宗教或信仰的自由。",
    "kor_Hang": "제 7 조\n모든 사람은 법 앞에 평등하며 어떠한 차별도 없이 법의 동등한 보호를 받을 권리를 가진다. "
    "모든 사람은 이 선언에 위반되는 어떠한 차별과 그러한 차별의 선동으로부터 동등한 보호를 받을 권리를 가진다.",
    "ell_Grek": "ΑΡΘΡΟ 13\nΚαθένας έχει το δικαίωμα να κυκλοφορεί ελεύθερα και να εκλέγει τον τόπο της διαμονής του στο "
    "εσωτερικό ενός κράτους.\nΚαθένας έχει το δικαίωμα να εγκαταλείπει οποιαδήποτε χώρα, ακόμα και τη δική του, και να "
    "επιστρέφει σε αυτήν.",
    "fil_Latn": "Artikulo 13\nAng bawat tao'y may karapatan sa kalayaan ng pagkilos at paninirahan sa loob ng mga hanggahan "
    "ng bawat estado.\nAng bawat tao'y may karapatang umalis sa alin mang bansa, pati na sa kanyang sarili, at bumalik sa "
    "kanyang bansa.",
    "lit_Latn": "13 straipsnis\nKiekvienas žmogus turi teisę laisvai kilnotis ir laisvai pasirinkti gyvenamąją vietą "
    "kiekvienoje valstybėje.\nKiekvienas žmogus turi teisę išvažiuoti iš kiekvienos šalies, įskaitant savąją, ir grįžti į "
    "savo šalį.",
}
"""Articles of law that say a phrase twice."""


@pytest.mark.parametrize("language", SHORT)
def test_the_default_keeps_short_law_that_says_a_phrase_twice(language):
    found = measure(pa.array([SHORT[language]]), pa.array([language]), stop_lists({}))
    assert found.field("words")[0].as_py() < 50
    assert judge(found, pa.array([language]), load_preset("fineweb2")).reasons.to_pylist() == [[]]


def test_no_rows():
    found = judge(signals(words=[]), pa.array([], pa.string()), load_preset("fineweb2"))
    assert len(found.keep) == len(found.reason) == len(found.reasons) == 0


@pytest.mark.parametrize("name", ["gopher", "c4", "fineweb", "fineweb2"])
def test_presets_load(name):
    preset = load_preset(name)
    assert name in preset_names()
    assert all(rule.signal in SIGNALS for rule in preset.rules)


def test_presets_extend_each_other():
    assert load_preset("fineweb").names[: len(load_preset("gopher").names)] == load_preset("gopher").names


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("rules: {a: {signal: wrods, min: 1}}", "did you mean 'words'"),
        ("rules: {a: {signal: words}}", "is written"),
        ("rules: {a: {signal: words, min: yes}}", "must be a number"),
        ("rules: {a: {signal: script, min: 1}}", "no signal 'script'"),
        ("rules: {a: {signal: words, min: 1}}\nscripts: {Thai: {b: 1}}", "no rule 'b'"),
        ("rules: {a: {signal: words, min: 1}}\nlanguages: {Thai: {a: 1}}", "not written as its section"),
        ("rulez: {}", "unknown key 'rulez'"),
        ("[1, 2]", "mappings"),
        ("a: [", "not readable"),
        ("!!python/object/apply:os.system ['true']", "not readable"),
        ("extends: nothing", "no preset 'nothing'"),
    ],
)
def test_faulty_files_are_explained(tmp_path, content, message):
    path = tmp_path / "own.yaml"
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        load_preset(str(path))


def test_a_changed_file_is_read_again(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("rules: {a: {signal: words, min: 1}}")
    assert load_preset(str(path)).rules[0].threshold == 1
    path.write_text("extends: gopher\nrules: {a: {signal: words, min: 2}}")
    assert load_preset(str(path)).rules[-1].threshold == 2


def test_a_file_that_extends_itself(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(f"extends: {path}")
    with pytest.raises(ValueError, match="extends itself"):
        load_preset(str(path))


def test_stop_words_are_words_that_can_be_found():
    lists = shipped_stop_words()
    assert len(lists) >= 40
    for language, words in lists.items():
        assert 10 <= len(words) <= 64, language
        for word in words:
            assert word == unicodedata.normalize("NFC", word).lower()
            assert all(CLASS[ord(character)] in (LETTER, MARK) or character in "'‘’-" for character in word), (
                language,
                word,
            )
    assert {"۽", "۾"} <= set(lists["snd_Arab"])


def test_a_list_of_ones_own_takes_the_place_of_the_shipped_one_under_any_code():
    text, codes = pa.array(["kaka و در"] * 2), pa.array(["fas_Arab", "pes_Arab"])
    found = measure(text, codes, stop_lists({"pes_Arab": ["kaka"]}))
    assert found.field("stop_words").to_pylist() == [1, 1]


def test_shipped_rules_and_words_are_under_the_codes_that_documents_get():
    languages = set(shipped_stop_words())
    assert {code for code in languages if canonical(code) != code} == set()
    assert languages <= set(load_preset("fineweb2").languages)


def test_every_stop_word_is_found_in_its_language():
    lists = shipped_stop_words()
    codes = pa.array(list(lists))
    found = measure(pa.array([" ".join(words) for words in lists.values()]), codes, stop_lists({}))
    missing = [
        (code, len(words) - count)
        for (code, words), count in zip(lists.items(), found.field("stop_words").to_pylist(), strict=True)
        if count != len(words)
    ]
    assert not missing


def test_the_reasons_type_is_what_outcomes_hold():
    from hexapla.engine.outcome import RULE_VALUES

    assert rules.REASONS_TYPE == RULE_VALUES


def test_shipped_presets_are_possible():
    for name in preset_names():
        load_preset(name).check_possible({}, {})


def test_shares_are_told_from_other_ratios():
    shares = {name for name, signal in SIGNALS.items() if signal.is_share}
    assert {"digits", "bullet_lines", "top_2_gram", "unique_words", "duplicate_paragraphs", "link_density"} <= shares
    others = {"words", "script", "hashes", "mean_word_length", "word_entropy", "words_per_line", "symbols", "newlines"}
    assert not others & shares
