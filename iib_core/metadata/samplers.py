"""Names of samplers: what programs write in their own ways is one name here, as the WebUI shows it."""

from __future__ import annotations

from functools import lru_cache

# The parts of a name as ComfyUI, NovelAI and InvokeAI write it (``dpmpp_2m_sde_gpu``,
# ``k_euler_ancestral``), and as people do. "": says where noise is made, and not which sampler.
_PARTS = {
    "2m": "2M",
    "2s": "2S",
    "3m": "3M",
    "a": "a",
    "adaptive": "adaptive",
    "ancestral": "a",
    "bh2": "BH2",
    "cfgpp": "CFG++",
    "ddim": "DDIM",
    "ddpm": "DDPM",
    "dpm": "DPM",
    "dpm2": "DPM2",
    "dpmpp": "DPM++",
    "euler": "Euler",
    "fast": "fast",
    "gpu": "",
    "heun": "Heun",
    "heunpp2": "HeunPP2",
    "karras": "Karras",
    "lcm": "LCM",
    "lms": "LMS",
    "plms": "PLMS",
    "sde": "SDE",
    "unipc": "UniPC",
}
_JOINED = (("uni_pc", "unipc"), ("cfg_pp", "cfgpp"), ("dpm_2", "dpm2"))


@lru_cache(maxsize=256)
def name_of(text: str) -> str:
    """ "DPM++ 2M SDE" for ``dpmpp_2m_sde_gpu``; a name with a part that is not known, as it is."""
    written = text.strip().lower().removeprefix("k_")
    for apart, joined in _JOINED:
        written = written.replace(apart, joined)
    parts = [_PARTS.get(part) for part in written.split("_")]
    named = [part for part in parts if part]
    return " ".join(named) if named and None not in parts else text
