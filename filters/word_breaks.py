"""What `kernels.segmentation.segment` must know of languages: dictionary words of unspaced scripts, habits of others.

The runs of unspaced letters of many documents are cut in one call, each on a line of its own: the words of a run depend
on that run alone, so that no batch or chunk border can move them. ICU has dictionaries for Thai, Lao, Khmer, Burmese,
and one for Chinese and Japanese; letters of other unspaced scripts are cut into pieces by `segment`.

The habits are those that change counts of words: whether a hyphen joins a word (German) or separates two, whether an
elided word is one (French "l'"), whether a full stop belongs to an ordinal number (Danish "12.") and so on. They follow
what the tokenizers that are usual for a language do, because thresholds were made with these.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..kernels.unspaced_runs import NO_BORDERS, borders_in_runs, dictionary_letters, unspaced_runs
from ..kernels.word_habits import ASCII_ENDS, NUMBERS
from ..kernels.word_marks import properties
from .language_codes import canonical

SEGMENTATIONS = ("icu", "pieces")
"""Ways to cut scripts without spaces: by ICU's dictionaries, or into pieces of word size."""
DEFAULT_SEGMENTATION = "icu"

_HABITS = {
    "eng": "fry_Latn frr_Latn sco_Latn stq_Latn",
    "deu": "gsw_Latn bar_Latn swg_Latn",
    "ltz": "ksh_Latn pdc_Latn pfl_Latn",
    "nld": "nds_Latn lim_Latn zea_Latn vls_Latn gos_Latn pdt_Latn",
    "nob": "nno_Latn nor_Latn",
    "fin": "fit_Latn fkv_Latn krl_Latn liv_Latn lud_Latn olo_Latn vep_Latn vot_Latn",
    "fra": "frp_Latn fur_Latn lld_Latn nrm_Latn pcd_Latn roh_Latn wln_Latn",
    "ita": "nap_Latn scn_Latn",
    "lij": "lmo_Latn pms_Latn vec_Latn",
    "spa": "arg_Latn ast_Latn cos_Latn ext_Latn lad_Latn mwl_Latn oci_Latn srd_Latn glg_Latn",
    "pol": "csb_Latn szl_Latn",
    "ron": "rup_Latn",
    "srp": "srp_Cyrl bos_Latn cnr_Latn hbs_Latn",
    "ell": "pnt_Grek",
    "rus": "rue_Cyrl",
    "tur": "crh_Latn gag_Latn tuk_Latn",
    "tat": "bak_Cyrl",
    "fas": "azb_Arab pes_Arab prs_Arab",
    "ara": "acm_Arab aeb_Arab ajp_Arab apc_Arab arb_Arab arq_Arab ars_Arab ary_Arab arz_Arab shu_Arab",
    "amh": "tir_Ethi tig_Ethi",
    "est": "ekk_Latn vro_Latn",
    "lav": "lvs_Latn ltg_Latn sgs_Latn",
    "sqi": "als_Latn aln_Latn",
    "indic": "urd_Arab pbt_Arab snd_Arab pnb_Arab ckb_Arab",
    "msa": "zsm_Latn",
}
"""Languages that share another's habits (`kernels/word_habits.py`)."""
_NUMBERS: dict[str, int] = {}
for _habits, _languages in _HABITS.items():
    for _language in _languages.split():
        _NUMBERS[canonical(_language)] = NUMBERS[_habits]
_OWN_SCRIPTS = {"rus": "Cyrl", "ukr": "Cyrl", "bul": "Cyrl", "mkd": "Cyrl", "kir": "Cyrl", "tat": "Cyrl", "ell": "Grek",
                "fas": "Arab", "hye": "Armn", "amh": "Ethi", "heb": "Hebr"}  # fmt: skip
for _name in NUMBERS:
    if _name not in ("common", "indic", "ara", "msa"):
        _NUMBERS[canonical(f"{_name}_{_OWN_SCRIPTS.get(_name, 'Latn')}")] = NUMBERS[_name]
_INDIC = ("Deva", "Beng", "Guru", "Gujr", "Orya", "Knda", "Mlym", "Telu", "Taml", "Sinh")
_SCRIPT_STYLES = dict.fromkeys(_INDIC, NUMBERS["indic"]) | dict.fromkeys(
    ("Latn", "Cyrl", "Grek", "Hebr", "Hang"), ASCII_ENDS
)
_ASCII_LANGUAGES = ("arb_Arab", "fas_Arab")


def word_styles(languages: pa.Array | None, rows: int) -> npt.NDArray[np.uint16]:
    """How words are written in each row's language, as `segment` takes it.

    Args:
        languages: n codes such as "fra_Latn", null where unknown; or None.
        rows: n.
    """
    if languages is None:
        return np.zeros(rows, np.uint16)
    encoded = languages.dictionary_encode()
    codes = [canonical(code) for code in encoded.dictionary.to_pylist()]
    styles = [_style(code) for code in codes]
    numbers = encoded.indices.fill_null(len(styles)).to_numpy(zero_copy_only=False)
    found: npt.NDArray[np.uint16] = np.array([*styles, 0], np.uint16)[numbers]
    return found


def _style(code: str) -> int:
    """The number of a language's habits, and how its lines end."""
    by_script = _SCRIPT_STYLES.get(code.rpartition("_")[2], 0)
    if code in _ASCII_LANGUAGES:
        by_script = ASCII_ENDS
    return _NUMBERS.get(code, by_script & ~ASCII_ENDS) | by_script & ASCII_ENDS


def word_borders(
    buffer: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], segmentation: str = DEFAULT_SEGMENTATION
) -> npt.NDArray[np.int64]:
    """Borders of the words in runs of unspaced letters.

    Args:
        buffer: bytes of n documents, valid UTF-8.
        offsets: n + 1, where each document begins.
        segmentation: one of `SEGMENTATIONS`; "pieces" finds no borders.

    Returns:
        What `segment` takes as `borders`.

    Raises:
        ValueError: there is no such segmentation.
    """
    if segmentation not in SEGMENTATIONS:
        raise ValueError(f"there is no segmentation {segmentation!r}; there are {' and '.join(SEGMENTATIONS)}")
    size = int(offsets[-1] - offsets[0])
    if segmentation == "pieces" or size == 0:
        return NO_BORDERS
    out, starts = np.empty(size + size // 3 + 1, np.uint8), np.empty(2 * (size // 3) + 3, np.int64)
    dictionary = dictionary_letters()
    runs = unspaced_runs(buffer, offsets, properties(), dictionary, out, starts)
    if not runs:
        return NO_BORDERS
    text = out[: starts[2 * runs]]
    lengths = _word_lengths(text.tobytes().decode("utf-8"))
    borders = np.empty(len(lengths) + runs, np.int64)
    found: npt.NDArray[np.int64] = borders[: borders_in_runs(text, starts, runs, lengths, dictionary, borders)]
    return found


def _word_lengths(text: str) -> npt.NDArray[np.int32]:
    """Lengths in code points of ICU's words; together they are the text."""
    from icu4py.breakers import WordBreaker

    return np.fromiter(map(len, WordBreaker(text, "und")), np.int32)
