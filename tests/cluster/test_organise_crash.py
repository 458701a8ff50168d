"""The process is killed during an organise operation: nothing is lost, the plan shows how it ended,
and one undo restores everything.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iib_core.config import Config
from iib_core.core import Core
from iib_core.db import images, organise_plans
from iib_core.index import reader
from tests.databases import write_empty

pytestmark = pytest.mark.posix_only("SIGKILL")

# The default numbers of files and kills. IIB_EXHAUSTIVE=1 makes them 2,000 files and fifty kills at
# random moments, which takes some minutes.
EXHAUSTIVE = bool(os.environ.get("IIB_EXHAUSTIVE"))
FILES, KILLS = (2000, 50) if EXHAUSTIVE else (100, 2)
LIVES = multiprocessing.get_context("spawn")


def configure(top: Path) -> Config:
    return Config(data_dir=str(top / "data"), roots=(str(top / "library"),), watch=False)


def fill(top: Path) -> None:
    root = top / "library" / "in"
    root.mkdir(parents=True)
    write_empty(top / "data/iib.db")
    core = Core(configure(top))
    core.index.update()
    rows = []
    for at in range(FILES):
        path = root / f"{at:04d}.png"
        path.write_text(f"this is {at}")
        os.utime(path, (1_700_000_000 + at * 86_400, 1_700_000_000 + at * 86_400))
        status = path.stat()
        values = {"reader": reader.VERSION, "prompt": f"a fox {at}", "tags": [("media", "image")]}
        rows.append(
            images.ImageRow(str(path), "image", status.st_mtime_ns, status.st_size, 0, **values)
        )
    with core.db.write() as conn:
        images.upsert_many(conn, rows)
    core.close()


def plan(core: Core, top: Path) -> str:
    from iib_core.ai.scope import Scope
    from iib_core.cluster.organise import PLAN
    from iib_core.cluster.organise_options import OrganiseOptions
    from iib_core.cluster.topic_options import TopicOptions

    scope = Scope((str(top / "library/in"),), recursive=False)
    options = OrganiseOptions(TopicOptions(scope), str(top / "library/out"), by="date")
    job = core.jobs.wait(
        core.jobs.start(PLAN, lambda progress: core.organiser.plan(progress, options)).job_id
    )
    assert job.status == "completed", job.error
    return job.job_id


def live_and_die(top: Path, job_id: str, begun: str) -> None:
    core = Core(configure(top))
    core.organiser.confirm(job_id, {}, [])
    Path(begun).touch()
    time.sleep(60)


def wait_until(process: Any, is_so: Callable[[], bool]) -> None:
    while not is_so():
        assert process.is_alive()
        time.sleep(0.001)


def have_come(folder: Path, number: int) -> bool:
    return sum(len(names) for _, _, names in os.walk(folder)) >= number


def contents(top: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (top / "library").rglob("*.png")}


def agree(core: Core, top: Path) -> None:
    with core.db.read() as conn:
        known = sorted(row.path for row in images.load_known(conn) if not row.missing)
    assert known == sorted(str(path) for path in (top / "library").rglob("*.png"))


@pytest.mark.timeout(900 if EXHAUSTIVE else 120)
def test_a_kill_in_the_middle_loses_nothing_and_undo_works(tmp_path):
    fill(tmp_path)
    before = contents(tmp_path)
    draw = random.Random(4)
    ends = set()
    for number in range(KILLS):
        core = Core(configure(tmp_path))
        job_id = plan(core, tmp_path)
        core.close()
        begun = tmp_path / f"begun{number}"
        process = LIVES.Process(target=live_and_die, args=(tmp_path, job_id, str(begun)))
        process.start()
        wait_until(process, begun.exists)
        if EXHAUSTIVE and number % 2:
            time.sleep(draw.uniform(0, FILES / 6000))
        else:
            wait_until(
                process,
                functools.partial(have_come, tmp_path / "library/out", draw.randint(1, FILES - 1)),
            )
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        core = Core(configure(tmp_path))  # the next start completes the operation
        assert contents(tmp_path) == before
        agree(core, tmp_path)
        stored = core.organiser.find(job_id)
        assert stored is not None
        ends.add(stored.state)
        if stored.state == organise_plans.DONE:
            assert stored.result["moved_count"] == FILES and not list(
                (tmp_path / "library/in").iterdir()
            )
            core.operations.undo(stored.result["operation_id"])
            agree(core, tmp_path)
        else:
            assert (
                stored.state == organise_plans.READY
            )  # killed before the operation began: the plan can be confirmed again
        assert (
            len(list((tmp_path / "library/in").iterdir())) == FILES and contents(tmp_path) == before
        )
        core.close()
    assert organise_plans.DONE in ends
