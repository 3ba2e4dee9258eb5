"""Deletes what no record of the finished run vouches for: files of killed attempts, old thresholds, stages gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .groups import READ, Group
from .records import UnitRecord
from .store import SPOOL, Store

ALWAYS = ("manifest.json", "ledger.json", "timings.json", "layout.json", "inputs.json")


def tidy(store: Store, groups: Sequence[Group], records: Iterable[UnitRecord]) -> int:
    """Delete every file below `stages/` that is not wanted; return how many.

    Args:
        store: the output folder.
        groups: the groups of the run that has just finished.
        records: all records of that run.
    """
    folders = {READ} | {link.folder for group in groups for link in group.links}
    wanted = {f"stages/{folder}/{name}" for folder in folders for name in ALWAYS}
    fingerprints = set()
    for record in records:
        fingerprints.add(record.fingerprint)
        wanted.update(part.path for part in record.files())
    deleted = _unpublish(store, folders)
    for name in store.files("stages"):
        keep = name in wanted or ("/units/" in name and name.rpartition("/")[2].removesuffix(".json") in fingerprints)
        if not keep or name.endswith(".part"):
            store.delete(name)
            deleted += 1
    store.delete(SPOOL)
    store.prune_empty("stages")
    return deleted


def _unpublish(store: Store, folders: set[str]) -> int:
    """Delete what a stage published that is no longer in the pipeline, or stands at another place in it now."""
    published: dict[bool, set[str]] = {True: set(), False: set()}
    for name in store.files("stages"):
        if name.endswith("/layout.json"):
            is_current = name.split("/")[1] in folders
            published[is_current].update((store.get_json(name) or {}).get("published", ()))
    stale = published[False] - published[True]
    for name in sorted(stale):
        store.delete(name)
    if stale:
        store.prune_empty("data")
    return len(stale)
