"""Vectors of a model: what was added is found again, also after a crash at any moment."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from iib_core.vision import signs
from iib_core.vision.vector_files import BLOCK
from iib_core.vision.vectors import Vectors

pytestmark = pytest.mark.stack

WIDE = 32


def draw(keys: Sequence[int], wide: int = WIDE) -> np.ndarray:
    """A vector for each key; all have much in common."""
    made = np.empty((len(keys), wide), dtype=np.float32)
    for row, key in zip(made, keys):
        row[:] = np.random.default_rng(abs(int(key))).standard_normal(wide) + 1
    return made


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


@pytest.fixture
def open_vectors() -> Iterator[Callable[..., Vectors]]:
    """Opens vectors, which are closed at the end of the test."""
    with contextlib.ExitStack() as opened:

        def open_them(folder: Path, wide: int = WIDE) -> Vectors:
            return opened.enter_context(contextlib.closing(Vectors(folder, wide)))

        yield open_them


@pytest.fixture
def vectors(tmp_path: Path, open_vectors: Callable[..., Vectors]) -> Vectors:
    return open_vectors(tmp_path)


def test_none_are_there_at_first(vectors):
    assert vectors.known().tolist() == []
    assert vectors.get(1) is None
    assert vectors.nearest(np.ones(WIDE, np.float32), 5) == []
    assert list(vectors.blocks()) == []
    vectors.remove([1])
    vectors.add([], np.empty((0, WIDE), np.float32))


def test_what_was_added_is_there_and_has_unit_length(vectors):
    given = draw([7, -3, 2**40]) * 5
    vectors.add([7, -3, 2**40], given)
    assert vectors.known().tolist() == [-3, 7, 2**40]
    assert vectors.get(7) == pytest.approx(unit(given[0]), abs=0.01)
    assert np.linalg.norm(vectors.get(-3)) == pytest.approx(1, abs=1e-6)
    assert vectors.get(8) is None


def test_the_last_vector_of_a_key_counts(vectors, tmp_path, open_vectors):
    vectors.add([1, 2], draw([1, 2]))
    vectors.add([2, 3, 2], draw([4, 3, 5]))
    for found in (vectors, open_vectors(tmp_path)):
        assert found.known().tolist() == [1, 2, 3]
        assert found.get(2) == pytest.approx(unit(draw([5]))[0], abs=0.02)
        assert found.nearest(draw([5])[0], 9)[0][0] == 2
        assert sorted(key for key, _ in found.nearest(draw([5])[0], 9)) == [1, 2, 3]


def test_what_was_removed_stays_away_with_all_that_it_replaced(vectors, tmp_path, open_vectors):
    vectors.add([1, 2], draw([1, 2]))
    vectors.add([2], draw([9]))
    vectors.remove([2, 77])
    assert vectors.known().tolist() == [1]
    vectors.close()
    vectors = open_vectors(tmp_path)
    assert vectors.known().tolist() == [1]
    assert vectors.get(2) is None
    vectors.add([2], draw([2]))
    assert vectors.get(2) == pytest.approx(unit(draw([2]))[0], abs=0.02)
    vectors.close()


@pytest.mark.parametrize("count", [300, 30_000])
def test_the_nearest_are_those_of_all_comparisons(tmp_path, open_vectors, count):
    vectors = open_vectors(tmp_path, 128)
    keys = np.random.default_rng(1).permutation(count) * 3
    given = draw(np.arange(count // 60), 128).repeat(60, axis=0)
    given += np.random.default_rng(2).standard_normal(given.shape, np.float32) * 0.7
    for start in range(0, count, 7000):
        vectors.add(keys[start : start + 7000], given[start : start + 7000])
    query = given[5] + np.random.default_rng(3).standard_normal(128).astype(np.float32) * 0.3
    cosines = unit(given) @ unit(query)
    order = np.argsort(-cosines)
    found = vectors.nearest(query * 9, 20)
    assert found[0][0] == keys[5]
    assert len({key for key, _ in found} & set(keys[order[:20]].tolist())) >= 19
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    exact = dict(zip(keys.tolist(), cosines.tolist()))
    assert all(score == pytest.approx(exact[key], abs=0.01) for key, score in found)

    among = np.sort(keys)[: count * 2 // 3]
    allowed = keys[order][np.isin(keys[order], among)].tolist()
    chosen = vectors.nearest(query, 20, np.append(among, [1, -5]))
    assert len({key for key, _ in chosen} & set(allowed[:20])) >= 19
    few = np.array([int(keys[order[-1]]), int(keys[order[50]])])
    assert [key for key, _ in vectors.nearest(query, 20, few)] == few[::-1].tolist()
    assert len(vectors.nearest(query, count + 5)) == count
    assert vectors.nearest(query, 0) == []
    vectors.close()


def test_blocks_are_all_vectors_in_pieces(tmp_path, open_vectors):
    vectors = open_vectors(tmp_path, 4)
    count = BLOCK + 10
    given = np.random.default_rng(1).standard_normal((count, 4)).astype(np.float32)
    vectors.add(range(count), given)
    vectors.remove([3])
    found = list(vectors.blocks())
    assert [len(keys) for keys, _ in found] == [BLOCK, 9]
    keys = np.concatenate([keys for keys, _ in found])
    assert sorted(keys.tolist()) == [key for key in range(count) if key != 3]
    together = np.concatenate([part for _, part in found])
    assert np.einsum("ij,ij->i", together, unit(given)[keys]).min() > 0.99
    vectors.close()


def test_space_of_what_was_replaced_is_freed(vectors, tmp_path):
    keys = np.arange(BLOCK)
    for round_ in range(6):
        vectors.add(keys, np.roll(draw(keys[:64]).repeat(BLOCK // 64, 0), round_, axis=1))
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert size < 4 * BLOCK * (WIDE + 4 + 8 + 8)
    assert len({path.stem for path in tmp_path.iterdir()}) == 1
    assert vectors.known().tolist() == keys.tolist()
    vectors.close()


@pytest.mark.parametrize(
    "keys, given",
    [
        ([1], np.zeros((1, WIDE))),
        ([1], np.full((1, WIDE), np.nan)),
        ([1], np.full((1, WIDE), np.inf)),
        ([1, 2], np.ones((1, WIDE))),
        ([1], np.ones((1, WIDE + 1))),
        ([np.iinfo(np.int64).min], np.ones((1, WIDE))),
    ],
)
def test_what_is_no_vector_is_refused_and_changes_nothing(vectors, keys, given):
    vectors.add([5], draw([5]))
    with pytest.raises(ValueError):
        vectors.add(keys, given)
    assert vectors.known().tolist() == [5]


def test_a_query_of_another_length_is_refused(vectors):
    with pytest.raises(ValueError, match="32 numbers"):
        vectors.nearest(np.ones(WIDE + 1), 5)


def test_vectors_of_another_length_are_of_another_model_and_go(vectors, tmp_path, open_vectors):
    vectors.add([1], draw([1]))
    vectors.close()
    other = open_vectors(tmp_path, 48)
    assert other.known().tolist() == []
    other.add([1], draw([1], wide=48))
    assert other.nearest(draw([1], wide=48)[0], 1)[0][0] == 1


@pytest.mark.parametrize("part", ["centre", "rows", "signs", "keys"])
def test_a_file_that_is_gone_or_cut_never_makes_it_unreadable(tmp_path, open_vectors, part):
    for cut in (None, 0, 5, 100):
        vectors = open_vectors(tmp_path)
        vectors.add(range(40), draw(range(40)))
        vectors.close()
        path = next(tmp_path.glob(f"*.{part}"))
        if cut is None:
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:cut])
        vectors = open_vectors(tmp_path)
        for key in vectors.known():
            assert vectors.get(key) == pytest.approx(unit(draw([key]))[0], abs=0.03)
        vectors.add(range(40), draw(range(40)))
        assert vectors.known().tolist() == list(range(40))
        vectors.close()


WRITER = """
import sys
from pathlib import Path
import numpy as np
from iib_core.vision.vectors import Vectors
from tests.vision.test_vectors import WIDE, draw

vectors = Vectors(Path(sys.argv[1]), WIDE)
done = int(sys.argv[2])
print("open", flush=True)
while True:
    keys = np.arange(done * 400, done * 400 + 600)
    vectors.add(keys, np.repeat(draw([done]), 600, axis=0) + np.eye(WIDE)[keys % WIDE])
    vectors.remove(keys[:3])
    done += 1
    print(done, flush=True)
"""


def test_it_survives_a_kill_at_any_moment(tmp_path, open_vectors):
    done = 0
    for number in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(done)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        ) as process:
            assert process.stdout is not None
            killer = threading.Timer(0.04 * number, process.kill)
            for line in process.stdout:
                if line.strip() == b"open":
                    killer.start()
                else:
                    done = int(line)
            killer.join()
        vectors = open_vectors(tmp_path)
        known = set(vectors.known().tolist())
        # What was said to be written is there, and nothing else than what was on its way.
        expected = {key for key in range(done * 400 + 200) if key % 400 >= 3 or not done}
        assert expected - known <= set() if done else True
        assert max(known, default=0) < done * 400 + 600
        for keys, found in vectors.blocks():
            check(keys, found, done)
        vectors.close()
    assert done > 5


def check(keys: np.ndarray, found: np.ndarray, done: int) -> None:
    """Each vector is one of those that were written for its key."""
    near = np.zeros(len(keys))
    of_rounds = draw(range(done + 2))
    for back in (0, 1):
        written = of_rounds[np.maximum(keys // 400 - back, 0)] + np.eye(WIDE)[keys % WIDE]
        near = np.maximum(near, np.einsum("ij,ij->i", found, unit(written)))
    assert near.min() > 0.99


def test_what_another_program_has_written_is_there_once_it_is_read_again(
    vectors, tmp_path, open_vectors
):
    other = open_vectors(tmp_path)
    other.add([4], draw([4]))
    assert vectors.get(4) is None
    vectors.reopen()
    assert vectors.get(4) == pytest.approx(unit(draw([4]))[0], abs=0.02)


def test_readers_work_beside_a_writer(vectors):
    vectors.add([0], draw([0]))
    ended = threading.Event()
    failures: list[Exception] = []

    def read() -> None:
        try:
            while not ended.is_set():
                found = vectors.nearest(draw([0])[0], 5)
                assert found[0][0] == 0
                assert len({key for key, _ in found}) == len(found)
                assert sum(len(keys) for keys, _ in vectors.blocks()) >= len(found)
                assert vectors.get(0) is not None
        except (AssertionError, LookupError, ValueError, OSError) as exc:
            failures.append(exc)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for start in range(1, 12_000, 500):
        keys = np.arange(start, start + 500)
        vectors.add(keys, np.repeat(draw([start]), 500, axis=0) - np.eye(WIDE)[keys % WIDE])
        vectors.add([0], draw([0]))
        vectors.remove(keys[::7])
    ended.set()
    for reader in readers:
        reader.join()
    assert not failures


@pytest.mark.parametrize("dimensions", [1, 63, 64, 65, 512, 2100])
@pytest.mark.parametrize("has_instruction", [True, False])
def test_differing_signs_are_counted_exactly(dimensions, has_instruction, monkeypatch):
    if not has_instruction:
        monkeypatch.delattr(np, "bitwise_count", raising=False)
    numbers = np.random.default_rng(dimensions)
    given = numbers.standard_normal((50, dimensions)).astype(np.float32)
    turn = np.eye(dimensions, dtype=np.float32)
    columns = signs.of(given, turn)
    counts = np.empty(50, dtype=np.uint16)
    signs.count_differing(columns, columns[:, 7], counts)
    assert counts.tolist() == ((given > 0) != (given[7] > 0)).sum(axis=1).tolist()
