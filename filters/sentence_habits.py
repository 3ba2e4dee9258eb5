"""What ends a sentence in a language, for the rules whose thresholds count the sentences of spaCy's tokenizers.

Languages are grouped by the tokenizer that datatrove 0.10.1 assigns to them: what is said of the first of a line is
true of all. Most languages follow the common rules and are not listed. Abbreviations are those of `abbreviations.tsv`,
where the tokenizer has a list of its own; which words it has was not copied, so some differ.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..kernels.sentence_marks import (
    ACCENTS,
    BEHIND_LETTERS,
    CAPITALS,
    CUTS_INSIDE,
    DAYS_STAY,
    DOTS_APART,
    DOTTED,
    EVERY_STOP,
    GREEK,
    HUNGARIAN,
    LIST_SHIFT,
    NO_DASH,
    NUMBERS_STAY,
    RUNS,
    SMALL_INITIALS,
    TWO_CAPITALS,
    WHOLE_STAY,
    SentenceHabits,
)
from .language_codes import canonical
from .sentences import abbreviation_hashes, abbreviations

_GERMAN: Final = NUMBERS_STAY | CUTS_INSIDE | NO_DASH | DOTTED
_NORDIC: Final = NUMBERS_STAY | CUTS_INSIDE | DOTTED
_HABITS: Final = {
    "deu_Latn bar_Latn gsw_Latn hrx_Latn swg_Latn": _GERMAN,
    "srp_Cyrl": NUMBERS_STAY | CAPITALS | NO_DASH,
    "srp_Latn bos_Latn hbs_Latn cnr_Latn ckm_Latn": NUMBERS_STAY | CAPITALS | NO_DASH,
    "tur_Latn crh_Latn gag_Latn tuk_Latn": WHOLE_STAY | SMALL_INITIALS,
    "slv_Latn": NUMBERS_STAY | DOTTED,
    "nob_Latn nor_Latn": _NORDIC,
    "nno_Latn": _NORDIC,
    "dan_Latn": DAYS_STAY | CUTS_INSIDE | DOTTED,
    "ell_Grek pnt_Grek": DAYS_STAY | GREEK | BEHIND_LETTERS | NO_DASH | DOTTED,
    "fra_Latn frp_Latn fur_Latn lld_Latn nrf_Latn pcd_Latn roh_Latn wln_Latn": BEHIND_LETTERS | NO_DASH,
    "hun_Latn": NUMBERS_STAY | HUNGARIAN | BEHIND_LETTERS | CUTS_INSIDE | NO_DASH | DOTTED,
    "pol_Latn csb_Latn szl_Latn": EVERY_STOP | DOTS_APART | CUTS_INSIDE | NO_DASH,
    "lit_Latn": EVERY_STOP,
    "fin_Latn fit_Latn fkv_Latn krl_Latn liv_Latn lud_Latn olo_Latn vep_Latn vot_Latn": CUTS_INSIDE,
    "swe_Latn": CUTS_INSIDE | DOTTED,
    "nld_Latn gos_Latn lim_Latn nds_Latn pdt_Latn vls_Latn zea_Latn": CUTS_INSIDE | DOTTED,
    "ltz_Latn ksh_Latn pdc_Latn pfl_Latn": CUTS_INSIDE | DOTTED,
    "kir_Cyrl": CUTS_INSIDE,
    "tat_Cyrl bak_Cyrl": CUTS_INSIDE,
    "bul_Cyrl": ACCENTS | DOTTED,
    "rus_Cyrl rue_Cyrl": ACCENTS | DOTTED,
    "ukr_Cyrl": ACCENTS,
    "eng_Latn fry_Latn frr_Latn sco_Latn stq_Latn": DOTTED,
    "por_Latn": DOTTED,
    "arb_Arab acm_Arab aeb_Arab ajp_Arab apc_Arab ara_Arab arq_Arab ars_Arab ary_Arab arz_Arab ayp_Arab shu_Arab"
    " fas_Arab azb_Arab amh_Ethi sgw_Ethi tir_Ethi tig_Ethi": TWO_CAPITALS,
    "kat_Geor xmf_Geor ydd_Hebr yid_Hebr lad_Hebr chr_Cher cre_Cans crj_Cans crk_Cans crl_Cans crm_Cans cwd_Cans"
    " ike_Cans iku_Cans ojb_Cans oji_Cans aii_Syrc syc_Syrc syr_Syrc div_Thaa got_Goth nqo_Nkoo taq_Tfng tmh_Tfng"
    " ttq_Tfng tzm_Tfng zgh_Tfng ace_Arab aze_Arab bal_Arab bjn_Arab brh_Arab ful_Arab fuv_Arab kau_Arab knc_Arab"
    " lah_Arab min_Arab zsm_Arab ota_Arab sus_Arab tuk_Arab wal_Ethi gmv_Ethi gof_Ethi kqy_Ethi kxc_Ethi rmn_Grek"
    " rom_Grek": RUNS,
}  # fmt: skip
_ALSO: Final = {
    "deu_Latn": "usw etc inc", "dan_Latn": "etc inc maks pga vedr", "nld_Latn": "al etc inc", "swe_Latn": "etc",
    "nob_Latn": "etc mht", "nno_Latn": "etc", "ron_Latn": "dvs etc fig", "slv_Latn": "angl ga ge itn polj",
    "por_Latn": "etc", "spa_Latn": "ej etc", "ita_Latn": "etc", "tur_Latn": "ltd", "hun_Latn": "inc mr mrs ms st vs",
    "zsm_Latn": "dr", "gle_Latn": "uas tuas", "ltz_Latn": "asw bzw dr etc", "eng_Latn": "inc", "fao_Latn": "",
    "bul_Cyrl": "", "ell_Grek": "", "fin_Latn": "", "fra_Latn": "", "ind_Latn": "", "cat_Latn": "", "rus_Cyrl": "",
    "srp_Cyrl": "", "mkd_Cyrl": "",
}  # fmt: skip
"""Languages whose tokenizer has a list of abbreviations, and which at the end of a sentence keep their full stop there,
too; in `abbreviations.tsv` they are left out, because a sentence may well end with them."""


@lru_cache(maxsize=1)
def _tables() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64], dict[str, int]]:
    """Hashes of all lists, where each starts, and the style of each language."""
    lists = {language: sorted(abbreviation_hashes((*abbreviations(language), *words.split())))
             for language, words in _ALSO.items()}  # fmt: skip
    numbers = {language: number for number, language in enumerate(lists, 1)}
    styles = {canonical(language): number << LIST_SHIFT for language, number in numbers.items()}
    for languages, habits in _HABITS.items():
        number = numbers.get(languages.split()[0], 0)
        for language in languages.split():
            styles[canonical(language)] = habits | number << LIST_SHIFT
    known = np.array([value for values in lists.values() for value in values], np.uint64)
    return known, np.cumsum([0, *map(len, lists.values())], dtype=np.int64), styles


def sentence_habits(languages: pa.Array | None, rows: int) -> SentenceHabits:
    """What ends a sentence in each row's language, as `count_lines` takes it.

    Args:
        languages: n codes such as "fra_Latn", null where unknown; or None.
        rows: n.
    """
    known, starts, styles = _tables()
    if languages is None:
        return SentenceHabits(known, starts, np.zeros(rows, np.uint32))
    encoded = languages.dictionary_encode()
    found = [styles.get(canonical(code), 0) for code in encoded.dictionary.to_pylist()]
    places = encoded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False)
    return SentenceHabits(known, starts, np.array([*found, 0], np.uint32)[places])
