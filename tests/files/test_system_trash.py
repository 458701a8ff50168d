"""The real trash of the operating system, in a separate home folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("send2trash")
pytestmark = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="it would be the trash of whoever runs the tests"
)

CODE = """
import sys
from pathlib import Path
from iib_core.errors import Conflict
from tests.files.worlds import World

world = World(Path(sys.argv[1]), delete_mode="system")
world.put("a/p.png", "a/p.txt", "q.png", tag="mine")
done = world.operations.delete(world.paths("a/p.png"))
world.assert_index_is_disk()
try:
    world.operations.undo(done.operation_id)
except Conflict as exc:
    print(sorted(world.files()), len(done.done), exc)
world.close()
"""


def test_deleted_files_go_to_the_trash_of_the_system_and_undo_says_so(tmp_path):
    environ = {
        **os.environ,
        "HOME": str(tmp_path / "home"),
        "XDG_DATA_HOME": str(tmp_path / "home/share"),
    }
    (tmp_path / "home/share").mkdir(parents=True)
    top = Path(__file__).parent.parent.parent
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path)],
        cwd=top,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.startswith("['q.png'] 1 This operation cannot be undone"), done.stderr
    assert sorted(path.name for path in (tmp_path / "home/share/Trash/files").iterdir()) == [
        "p.png",
        "p.txt",
    ]
