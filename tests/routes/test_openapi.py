"""The API against its own description: schemathesis sends what the document allows and much that it does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from iib_core.config import BASE

pytestmark = pytest.mark.stack

TOOL = shutil.which("schemathesis", path=os.path.dirname(sys.executable)) or shutil.which("schemathesis")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.mark.skipif(TOOL is None, reason="schemathesis is not installed")
@pytest.mark.timeout(400)
@pytest.mark.parametrize("settings", [{}, {"access_control": "on", "secret_key": "correct horse"}], ids=["open", "locked"])
def test_no_answer_is_a_5xx_or_undeclared(serve, library, tmp_path, settings):
    served = serve(library, **settings)
    # Wrong secrets would soon close the door to every other request.
    exclude = ["--exclude-path", f"{BASE}/login"]
    login = ["--header", f"Authorization: Bearer {settings['secret_key']}"] if settings else []
    command = [
        TOOL,
        "run",
        f"{served.url}/openapi.json",
        "--seed",
        "7",
        "--max-examples",
        "15",
        "--checks",
        CHECKS,
        "--phases",
        "coverage,fuzzing",
        "--max-time",
        "30",
        *exclude,
        *login,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tmp_path, env={**os.environ, "PYTHONWARNINGS": "ignore"})
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
