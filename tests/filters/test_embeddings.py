"""Pooling of an encoder's states into one vector, against the network asked directly."""

import numpy as np
import pyarrow as pa
import pytest
from hexapla.filters.embeddings import EncoderPlan, load_encoder
from tiny_models import save_network

TEXTS = ["the council met on monday", "гвабд", "a good map shows"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_network(tmp_path_factory.mktemp("m"))


def asked(folder, text):
    """States and pooler of one text without padding."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    network, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        said = tokenizer(text, return_tensors="pt")
        found = network(input_ids=said["input_ids"], attention_mask=said["attention_mask"])
    return found.last_hidden_state[0].numpy(), found.pooler_output[0].numpy()


@pytest.mark.parametrize("pooling", ["mean", "first", "pooler"])
def test_poolings(folder, pooling):
    vectors = load_encoder(EncoderPlan(folder, pooling), "cpu").embed(pa.array(TEXTS))
    for text, vector in zip(TEXTS, vectors, strict=True):
        states, pooler = asked(folder, text)
        wanted = {"mean": states.mean(axis=0), "first": states[0], "pooler": pooler}[pooling]
        assert np.allclose(vector, wanted, atol=1e-5)


def test_poolings_are_not_mixed_up(folder):
    assert len({EncoderPlan(folder, pooling).identity() for pooling in ("mean", "first", "pooler")}) == 3


def test_a_network_without_a_pooler(tmp_path):
    from transformers import AutoTokenizer, DistilBertConfig, DistilBertModel

    save_network(tmp_path / "words")
    config = DistilBertConfig(vocab_size=500, dim=16, n_layers=1, n_heads=2, hidden_dim=16, max_position_embeddings=64)
    DistilBertModel(config).save_pretrained(tmp_path / "m")
    AutoTokenizer.from_pretrained(tmp_path / "words").save_pretrained(tmp_path / "m")
    with pytest.raises(ValueError, match="has no pooler"):
        load_encoder(EncoderPlan(str(tmp_path / "m"), "pooler"), "cpu")
