"""One name for a sampler that programs write in their own ways; the page knows the same parts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from iib_core.metadata import samplers

PAGE = Path(__file__).parents[2] / "javascript" / "gallery" / "lib" / "samplers.mjs"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("dpmpp_2m", "DPM++ 2M"),
        ("k_dpmpp_2m", "DPM++ 2M"),
        ("dpmpp_2m_sde_gpu", "DPM++ 2M SDE"),
        ("dpmpp_2s_ancestral", "DPM++ 2S a"),
        ("dpmpp_3m_sde", "DPM++ 3M SDE"),
        ("dpmpp_sde", "DPM++ SDE"),
        ("euler", "Euler"),
        ("k_euler_ancestral", "Euler a"),
        ("euler_ancestral_cfg_pp", "Euler a CFG++"),
        ("dpm_2", "DPM2"),
        ("dpm_2_ancestral", "DPM2 a"),
        ("dpm_adaptive", "DPM adaptive"),
        ("uni_pc", "UniPC"),
        ("uni_pc_bh2", "UniPC BH2"),
        ("k_euler_a", "Euler a"),
        ("euler_ancestral_karras", "Euler a Karras"),
        ("ddim", "DDIM"),
        ("heun", "Heun"),
        # Already a name, one of its own, or nothing.
        ("DPM++ 2M Karras", "DPM++ 2M Karras"),
        ("Euler a", "Euler a"),
        ("res_multistep", "res_multistep"),
        ("ddim_v3", "ddim_v3"),
        ("gpu", "gpu"),
        ("", ""),
    ],
)
def test_a_sampler_has_one_name(written: str, name: str) -> None:
    assert samplers.name_of(written) == name


def test_the_page_knows_the_same_parts() -> None:
    source = PAGE.read_text("utf-8")
    parts = re.findall(r"^  '?(\w+)'?: '([^']*)',$", source, re.M)
    assert dict(parts) == samplers._PARTS
    assert all(f"replaceAll('{apart}', '{joined}')" in source for apart, joined in samplers._JOINED)
