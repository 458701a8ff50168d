"""Writes bcryptprimitives.dll for Wine 8: one export, ProcessPrng, forwarded to advapi32's
RtlGenRandom.

Wheels written in Rust ask for it.

A DLL that only forwards needs no code, and so no compiler: python stubdll.py TARGET
"""

import struct
import sys

RVA, FILE = 0x1000, 0x200
name, export, forward = b"bcryptprimitives.dll\0", b"ProcessPrng\0", b"advapi32.SystemFunction036\0"
functions = RVA + 40
names, ordinals = functions + 4, functions + 8
text = ordinals + 2
at_name, at_export, at_forward = text, text + len(name), text + len(name) + len(export)
section = struct.pack("<IIHHIIIIIII", 0, 0, 0, 0, at_name, 1, 1, 1, functions, names, ordinals)
section += struct.pack("<IIH", at_forward, at_export, 0) + name + export + forward
directories = [(0, 0)] * 16
directories[0] = (RVA, len(section))  # a function inside of the export directory is a forwarder
optional = struct.pack("<HBBIIIII", 0x20B, 14, 0, 0, FILE, 0, 0, RVA)
sizes = (0x180000000, 0x1000, FILE, 6, 0, 0, 0, 6, 0, 0, 0x2000, FILE, 0, 2, 0x160)
optional += struct.pack("<QIIHHHHHHIIIIHHQQQQII", *sizes, 0x100000, 0x1000, 0x100000, 0x1000, 0, 16)
optional += b"".join(struct.pack("<II", *directory) for directory in directories)
coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, len(optional), 0x2022)
head = b".edata\0\0" + struct.pack(
    "<IIIIIIHHI", len(section), RVA, FILE, FILE, 0, 0, 0, 0, 0x40000040
)
dos = b"MZ" + bytes(58) + struct.pack("<I", 64)
with open(sys.argv[1], "wb") as file:
    file.write((dos + coff + optional + head).ljust(FILE, b"\0") + section.ljust(FILE, b"\0"))
