"""Stages become groups, and mistakes in their order are refused before anything runs."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.engine.groups import make_groups
from hexapla.engine.stage import Stage
from hexapla.stages.export import Export
from sample_stages import Long, Once, Tag, Told

SCHEMA = pa.schema([("uid", pa.string()), ("text", pa.string())])


def groups(*stages: tuple[Stage, str]) -> list[str]:
    named = tuple((stage.stage_name(), stage, source) for stage, source in stages)
    return [group.title for group in make_groups(named, SCHEMA)]


def test_map_stages_are_fused_up_to_a_boundary() -> None:
    assert groups((Tag(), ""), (Long(), ""), (Tag(), ""), (Once(), ""), (Export(), "")) == [
        "read + tag + long.score", "long.select + tag", "once", "export",
    ]  # fmt: skip


def test_rows_that_are_read_by_name_are_written() -> None:
    assert groups((Tag(), ""), (Long(), ""), (Once(), "tag"), (Export(), "once.data")) == [
        "read + tag", "long.score", "long.select", "once", "export",
    ]  # fmt: skip


def test_a_source_that_is_no_stage_before() -> None:
    with pytest.raises(ConfigError, match="names no stage before it"):
        groups((Tag(), ""), (Once(), "long"), (Long(), ""))


@pytest.mark.parametrize("output", ["scored", "nothing", "data.x"])
def test_an_output_that_a_stage_does_not_have(output: str) -> None:
    with pytest.raises(ConfigError, match=f"'long' has no output '{output}'"):
        groups((Long(), ""), (Once(), f"long.{output}"))


def test_another_output_of_a_stage_of_steps_is_read_by_name() -> None:
    stages = tuple((stage.stage_name(), stage, source) for stage, source in ((Told(), ""), (Once(), "told.lost")))
    told, once = make_groups(stages, SCHEMA)[-2:]
    assert told.schema == SCHEMA
    assert (once.source, once.source_output, once.input_schema.names) == (told.number, "lost", ["text"])
    with pytest.raises(ConfigError, match="no output 'last'") as caught:
        groups((Told(), ""), (Once(), "told.last"))
    assert caught.value.hint == "it has: data, lost"


def test_nothing_comes_after_what_publishes() -> None:
    with pytest.raises(ConfigError, match="nothing can come after the stage 'export'"):
        groups((Tag(), ""), (Export(), ""), (Long(), ""))
    assert groups((Tag(), ""), (Export(), ""), (Long(), "tag"))[-1] == "long.select"


def test_a_missing_column_is_named_with_those_that_are_there() -> None:
    with pytest.raises(ConfigError, match="needs the column 'text'") as caught:
        make_groups((("tag", Tag(), ""),), pa.schema([("uid", pa.string()), ("content", pa.binary())]))
    assert "it has uid, content" in caught.value.hint


def test_a_mistake_of_a_stage_says_where_it_stands() -> None:
    schema = pa.schema([("uid", pa.string()), ("content", pa.binary())])
    with pytest.raises(ConfigError) as caught:
        make_groups((("tag", Tag(), ""),), schema, ("web.yaml:4",))
    assert caught.value.where.startswith("web.yaml:4: stages.tag")
    stages = (("tag", Tag(), ""), ("long", Long(), "nothing"))
    with pytest.raises(ConfigError) as caught:
        make_groups(stages, SCHEMA, ("web.yaml:4", "web.yaml:5"))
    assert caught.value.where == "web.yaml:5: stages.long.from"
