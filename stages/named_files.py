"""Types of configuration keys that name a file, a folder or a model: seen to be there as soon as the key is read.

Nothing is loaded and nothing fetched: of a hub id only the form is checked. What is wrong becomes an error at the key's
own line of the pipeline file.
"""

from __future__ import annotations

import os
from typing import Annotated

from pydantic import AfterValidator


def readable_file(path: str) -> str:
    """A file that can be read."""
    from ..filters.models import check_readable

    if os.path.isdir(path):
        raise ValueError(f"{path!r} is a folder, not a file")
    if not os.path.isfile(path):
        raise ValueError(f"there is no file {path!r}")
    check_readable(path)
    return path


def _file_or_folder(path: str) -> str:
    """A file or folder that can be read."""
    from ..filters.models import check_readable

    if not os.path.exists(path):
        raise ValueError(f"there is no file or folder {path!r}")
    check_readable(path)
    return path


def _model(name: str) -> str:
    """A model of any kind, or a hub id."""
    from ..filters.models import local_model

    local_model(name)
    return name


def _encoder(name: str) -> str:
    """A folder of transformers, or a hub id."""
    from ..filters.embeddings import check_encoder
    from ..filters.models import local_model

    check_encoder(local_model(name))
    return name


def _detector(name: str) -> str:
    """`cld2`, a fastText model, or a hub id."""
    from ..filters.language import CLD2
    from ..filters.language_fasttext import local_model_file

    if name != CLD2:
        local_model_file(name)
    return name


def _tokenizer(name: str) -> str:
    """A tokenizer's file, or a hub id."""
    from ..filters.token_counts import tokenizer_file

    tokenizer_file(name)
    return name


FileName = Annotated[str, AfterValidator(readable_file)]
FileOrFolderName = Annotated[str, AfterValidator(_file_or_folder)]
ModelName = Annotated[str, AfterValidator(_model)]
EncoderName = Annotated[str, AfterValidator(_encoder)]
DetectorName = Annotated[str, AfterValidator(_detector)]
TokenizerName = Annotated[str, AfterValidator(_tokenizer)]
