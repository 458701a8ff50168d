"""The cache on disk."""

from __future__ import annotations

import os
import time

import pytest

from iib_core.media.cache import DiskCache

pytestmark = [pytest.mark.stack, pytest.mark.windows]


def files(folder) -> list[str]:
    return sorted(name for _, _, names in os.walk(folder) for name in names)


def test_stored_data_is_found_by_another_cache_in_the_folder(tmp_path):
    DiskCache(str(tmp_path), limit_bytes=1000, extension=".webp").put("abc", b"data")
    cache = DiskCache(str(tmp_path), limit_bytes=1000, extension=".webp")
    assert cache.find("abc") == b"data" and cache.find("abd") is None


def test_above_the_limit_the_least_recently_used_are_removed(tmp_path):
    cache = DiskCache(str(tmp_path), limit_bytes=1000, extension=".webp")
    for number in range(10):
        cache.put(f"key{number}", bytes(100))
        os.utime(tmp_path / "ke" / f"key{number}.webp", (time.time() - 90_000 + number,) * 2)
    assert cache.find("key0")  # used now, so it stays
    cache.put("new", bytes(100))
    assert files(tmp_path) == sorted(
        [f"key{n}.webp" for n in (0, 3, 4, 5, 6, 7, 8, 9)] + ["new.webp"]
    )


def test_the_limit_counts_files_of_earlier_runs(tmp_path):
    first = DiskCache(str(tmp_path), limit_bytes=10_000, extension=".webp")
    for number in range(9):
        first.put(f"old{number}", bytes(100))
    second = DiskCache(str(tmp_path), limit_bytes=500, extension=".webp")
    second.put("new", bytes(100))
    assert (
        sum(
            os.stat(os.path.join(folder, name)).st_size
            for folder, _, names in os.walk(tmp_path)
            for name in names
        )
        <= 500
    )


def test_a_file_that_a_power_cut_left_empty_counts_as_missing(tmp_path):
    cache = DiskCache(str(tmp_path), limit_bytes=1000, extension=".webp")
    cache.put("abc", b"data")
    (tmp_path / "ab" / "abc.webp").write_bytes(b"")
    assert cache.find("abc") is None


def test_a_folder_that_cannot_be_written_disables_the_cache_only(tmp_path):
    (tmp_path / "file").write_text("in the way")
    cache = DiskCache(str(tmp_path / "file"), limit_bytes=1000, extension=".webp")
    cache.put("abc", b"data")
    assert cache.find("abc") is None
