"""Where a model is: what is said when the hub cannot be asked."""

import huggingface_hub
import pytest
from hexapla.filters.models import find_model


def test_a_hub_that_cannot_be_reached_is_told_as_such(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    session = huggingface_hub.get_session()
    library = __import__(type(session).__module__.partition(".")[0])

    def unreachable(*_, **__):
        raise library.ConnectError("Name or service not known")

    monkeypatch.setattr(huggingface_hub, "list_repo_files", unreachable)
    with pytest.raises(ValueError, match="owner/nothing cannot be fetched from the hub, and is not in its cache"):
        find_model("owner/nothing")
