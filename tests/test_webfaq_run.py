"""The recipe `webfaq.yaml` from a crawl to bitext, with an encoder of random weights."""

import json
from pathlib import Path

import hexapla.pipelines
import pyarrow.parquet as pq
from hexapla.cli.main import app
from hexapla.pipelines.sample.warc import gzip_member, record
from passages import ARTICLES
from tiny_models import save_network
from typer.testing import CliRunner

RECIPE = Path(hexapla.pipelines.__file__).parent / "webfaq.yaml"


def page(url, language, number):
    """A page with two questions, whose answers are parts of a translated article."""
    words = ARTICLES[language].split()[number : number + 40]
    pairs = [
        {
            "@type": "Question",
            "name": f"{number}: {' '.join(words[start : start + 8])} ({start})?",
            "acceptedAnswer": {"@type": "Answer", "text": " ".join(words[start + 8 :]).replace("?", ".")},
        }
        for start in (0, 9)
    ]
    said = json.dumps({"@context": "https://schema.org", "@type": "FAQPage", "mainEntity": pairs})
    html = f'<html><head><script type="application/ld+json">{said}</script></head><body>x</body></html>'.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(html)}\r\n\r\n".encode()
    headers = {
        "WARC-Target-URI": url, "WARC-Date": "2024-06-01T00:00:00Z",
        "WARC-Record-ID": f"<urn:uuid:00000000-0000-0000-0000-{number:06}{language[:3].encode().hex()}>",
        "Content-Type": "application/http; msgtype=response",
    }  # fmt: skip
    return gzip_member(record("response", headers, head + html))


def test_from_a_crawl_to_bitext(tmp_path):
    languages = ("eng_Latn", "fra_Latn", "rus_Cyrl")
    pages = [
        page(f"https://{host}.example/{language}", language, number)
        for number, host in enumerate(("one", "two"))
        for language in languages
    ]
    (tmp_path / "crawl.warc.gz").write_bytes(b"".join(pages))
    arguments = ["run", str(RECIPE), "--executor", "local", "--output", str(tmp_path / "out")]
    arguments += ["--input", str(tmp_path / "crawl.warc.gz")]
    # with random weights nothing is near enough: what is tested is that pairs stay on their hosts, and what they carry
    settings = {"embed.model": save_network(tmp_path / "m"), "mine.threshold": -1, "mine.least_cosine": -1, "mine.least_pairs": 1}
    for key, value in settings.items():
        arguments += ["--set", f"{key}={value}"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    files = sorted((tmp_path / "out" / "data").rglob("*.parquet"))
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    # mutual best: at least one pair of two questions in two languages on each of two hosts
    assert len(rows) >= 6
    for row in rows:
        host = row["doc_key"]
        assert row["src_url"].startswith(host) and row["tgt_url"].startswith(host)
        assert row["src_lang"] < row["tgt_lang"]
        assert row["src"].endswith("?") and len(row["src_answer"]) > 30
        assert -1 <= row["cosine"] <= 1 and row["method"] == "absolute"
    assert {(row["src_lang"], row["tgt_lang"]) for row in rows} == {
        (one, other) for one in languages for other in languages if one < other
    }
