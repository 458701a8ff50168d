"""The API against its own description: schemathesis sends what the document allows and much that it
does not.

Open, it sends every case of every field; behind a guard, a few random ones to each route.
``IIB_EXHAUSTIVE=1`` sends both to both, and more of them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from iib_core.config import BASE

pytestmark = pytest.mark.stack

TOOL = shutil.which("schemathesis", path=os.path.dirname(sys.executable)) or shutil.which(
    "schemathesis"
)
EXHAUSTIVE = os.environ.get("IIB_EXHAUSTIVE") == "1"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.mark.skipif(TOOL is None, reason="schemathesis is not installed")
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("settings", "phases"),
    [({}, "coverage"), ({"access_control": "on", "secret_key": "correct horse"}, "fuzzing")],
    ids=["open", "locked"],
)
def test_no_answer_is_a_5xx_or_undeclared(serve, library, tmp_path, settings, phases):
    served = serve(library, **settings)
    # Wrong passwords would soon throttle all other requests.
    exclude = ["--exclude-path", f"{BASE}/login"]
    login = ["--header", f"Authorization: Bearer {settings['secret_key']}"] if settings else []
    command = [
        TOOL,
        "run",
        f"{served.url}/openapi.json",
        "--seed",
        "7",
        "--max-examples",
        "50" if EXHAUSTIVE else "5",
        "--checks",
        CHECKS,
        "--phases",
        "coverage,fuzzing" if EXHAUSTIVE else phases,
        *exclude,
        *login,
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tmp_path,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
