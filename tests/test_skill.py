"""The skill for agents: its reference is that of this API, and every call that it shows works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import VERSION

from iib_core.config import BASE
from skills import reference
from tests.conftest import Served

pytestmark = pytest.mark.stack

SKILL = Path(__file__).parent.parent / "skills" / "iib" / "SKILL.md"
LINES = re.findall(r"^curl .*$", SKILL.read_text("utf-8"), re.M)
# What of an answer later calls name.
NAMED = {"id": "TAG_ID", "job_id": "JOB_ID", "operation_id": "OPERATION_ID"}


@pytest.mark.skipif(VERSION.startswith("1."), reason="pydantic 1 describes the same in other words")
def test_the_reference_is_up_to_date():
    text = reference.TARGET.read_text("utf-8")
    assert text == reference.build(), "run python -m skills.reference"
    for method, path in ((m, p) for p, ms in reference.describe()["paths"].items() for m in ms):
        assert f"### {method.upper()} {path.removeprefix(BASE)}\n" in text


def test_the_skill_tells_what_it_is_for():
    text = SKILL.read_text("utf-8")
    head = re.match(r"---\nname: iib\ndescription: (.+)\n---\n", text)
    assert head and len(head[1]) < 1024 and len(text.splitlines()) < 120
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (SKILL.parent / link).is_file(), link


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.posix_only("the lines are for a POSIX shell")
def test_every_call_of_the_skill_works(serve, library):
    served: Served = serve(library)
    served.core.index.update()
    fox = str(library / "fox.png")
    named = {"BASE": served.url + BASE, "PICTURE": fox, "FOLDER": str(library)}
    answers: list[Any] = []
    assert len(LINES) > 12
    for line in LINES:
        answer = run(line, named)
        if "organize_files_status" in line:
            while answer["status"] == "running":
                time.sleep(0.05)
                answer = run(line, named)
            assert answer["status"] == "preview_ready"
        if "dry_run" in line:
            assert os.path.exists(fox)
        if isinstance(answer, dict):
            named |= {
                NAMED[name]: str(answer[name]) for name in NAMED if answer.get(name) is not None
            }
        answers.append(answer)
    assert answers[0] == "hello" and answers[1]["roots"][0]["path"] == str(library)
    assert [file["name"] for file in answers[2]["files"]] == ["fox.png"]
    assert answers[3]["files"][0]["name"] == "fox.png" and answers[4]["infos"][fox]["seed"] == 42


def run(line: str, named: dict[str, str]) -> Any:
    environment = {**os.environ, **named}
    done = subprocess.run(
        ["sh", "-c", line], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, (line, done.stderr)
    answer = json.loads(done.stdout)
    assert not (isinstance(answer, dict) and {"detail", "code"} <= set(answer)), (line, answer)
    assert not (isinstance(answer, dict) and answer.get("errors")), (line, answer)
    return answer
