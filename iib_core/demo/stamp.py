"""The metadata of the sample library, in the forms of several generators."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

NEGATIVE = "lowres, blurry, watermark, text, jpeg artifacts"


@dataclass(frozen=True)
class Shot:
    """The generation data of one sample picture."""

    prompt: str
    seed: int
    steps: int
    sampler: str
    scheduler: str
    cfg: float
    model: str
    width: int
    height: int
    lora: str = ""

    def infotext(self, version: str) -> str:
        """The infotext, as AUTOMATIC1111 1.10 and Forge write it."""
        lora = f"<lora:{self.lora}:0.8>" if self.lora else ""
        prompt = ", ".join(part for part in (self.prompt, lora) if part)
        return (
            f"{prompt}\nNegative prompt: {NEGATIVE}\nSteps: {self.steps}, Sampler: {self.sampler}, "
            f"Schedule type: {self.scheduler}, CFG scale: {self.cfg:g}, "
            f"Seed: {self.seed}, Size: {self.width}x{self.height}, Model hash: "
            f"{abs(hash_text(self.model)):010x}, Model: {self.model}, Version: {version}"
        )


def hash_text(text: str) -> int:
    """A hash of 40 bits, like a short model hash. Unlike ``hash``, it is the same in every run."""
    value = 0
    for byte in text.encode():
        value = (value * 131 + byte) % 2**40
    return value


def a1111(shot: Shot) -> dict[str, str]:
    """PNG texts of AUTOMATIC1111."""
    return {"parameters": shot.infotext("v1.10.1")}


def forge(shot: Shot) -> dict[str, str]:
    """PNG texts of Forge."""
    return {"parameters": shot.infotext("f2.0.1v1.10.1-previous-659-gc055f2d4")}


def sdnext(shot: Shot) -> dict[str, str]:
    """PNG texts of SD.Next."""
    return {"parameters": f"{shot.infotext('2f1cd8d')}, App: SD.Next, Operations: txt2img"}


def comfyui(shot: Shot) -> dict[str, str]:
    """PNG texts of ComfyUI: the graph as it was run."""
    nodes: dict[str, dict[str, Any]] = {
        "3": {
            "class_type": "KSampler",
            "inputs": {
                "seed": shot.seed,
                "steps": shot.steps,
                "cfg": shot.cfg,
                "sampler_name": "dpmpp_2m",
                "scheduler": "karras",
                "denoise": 1.0,
                "model": ["10", 0] if shot.lora else ["4", 0],
                "positive": ["6", 0],
                "negative": ["7", 0],
                "latent_image": ["5", 0],
            },
        },
        "4": {
            "class_type": "CheckpointLoaderSimple",
            "inputs": {"ckpt_name": f"{shot.model}.safetensors"},
        },
        "5": {
            "class_type": "EmptyLatentImage",
            "inputs": {"width": shot.width, "height": shot.height, "batch_size": 1},
        },
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": shot.prompt, "clip": ["4", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": NEGATIVE, "clip": ["4", 1]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {
            "class_type": "SaveImage",
            "inputs": {"filename_prefix": "ComfyUI", "images": ["8", 0]},
        },
    }
    if shot.lora:
        nodes["10"] = {
            "class_type": "LoraLoader",
            "inputs": {
                "lora_name": f"{shot.lora}.safetensors",
                "strength_model": 0.8,
                "strength_clip": 0.8,
                "model": ["4", 0],
                "clip": ["4", 1],
            },
        }
    return {"prompt": json.dumps(nodes)}


def invokeai(shot: Shot) -> dict[str, str]:
    """PNG texts of InvokeAI 3 and later."""
    return {
        "invokeai_metadata": json.dumps(
            {
                "app_version": "5.4.0",
                "generation_mode": "txt2img",
                "positive_prompt": shot.prompt,
                "negative_prompt": NEGATIVE,
                "width": shot.width,
                "height": shot.height,
                "seed": shot.seed,
                "cfg_scale": shot.cfg,
                "steps": shot.steps,
                "scheduler": "dpmpp_2m",
                "model": {
                    "name": shot.model,
                    "hash": f"{hash_text(shot.model):010x}",
                    "base": "sdxl",
                    "type": "main",
                },
                "loras": [{"model": {"name": shot.lora}, "weight": 0.8}] if shot.lora else [],
            }
        )
    }


def novelai(shot: Shot) -> dict[str, str]:
    """PNG texts of NovelAI."""
    return {
        "Title": "NovelAI generated image",
        "Description": shot.prompt,
        "Software": "NovelAI",
        "Source": "NovelAI Diffusion V4.5 C02D4F98",
        "Comment": json.dumps(
            {
                "prompt": shot.prompt,
                "steps": shot.steps,
                "height": shot.height,
                "width": shot.width,
                "scale": shot.cfg,
                "seed": shot.seed,
                "sampler": "k_euler_ancestral",
                "noise_schedule": "karras",
                "uc": NEGATIVE,
            }
        ),
    }


def swarmui(shot: Shot) -> dict[str, str]:
    """PNG texts of SwarmUI."""
    parameters = {
        "prompt": shot.prompt,
        "negativeprompt": NEGATIVE,
        "model": shot.model,
        "seed": shot.seed,
        "steps": shot.steps,
        "cfgscale": shot.cfg,
        "width": shot.width,
        "height": shot.height,
        "sampler": "dpmpp_2m",
        "scheduler": "karras",
        "swarm_version": "0.9.4.0",
    }
    return {"parameters": json.dumps({"sui_image_params": parameters})}


def fooocus(shot: Shot) -> dict[str, str]:
    """PNG texts of Fooocus 2.5 with its own scheme."""
    parameters = {
        "adm_guidance": "(1.5, 0.8, 0.3)",
        "base_model": shot.model,
        "base_model_hash": f"{hash_text(shot.model):010x}",
        "guidance_scale": shot.cfg,
        "metadata_scheme": "fooocus",
        "negative_prompt": NEGATIVE,
        "performance": "Speed",
        "prompt": shot.prompt,
        "resolution": f"({shot.width}, {shot.height})",
        "sampler": "dpmpp_2m_sde_gpu",
        "scheduler": "karras",
        "seed": str(shot.seed),
        "steps": shot.steps,
        "version": "Fooocus v2.5.5",
    }
    return {"parameters": json.dumps(parameters), "fooocus_scheme": "fooocus"}


def easydiffusion(shot: Shot) -> dict[str, str]:
    """PNG texts of Easy Diffusion 3: one for each value."""
    return {
        "prompt": shot.prompt,
        "negative_prompt": NEGATIVE,
        "seed": str(shot.seed),
        "use_stable_diffusion_model": shot.model,
        "num_inference_steps": str(shot.steps),
        "guidance_scale": f"{shot.cfg:g}",
        "sampler_name": "dpmpp_2m",
        "width": str(shot.width),
        "height": str(shot.height),
    }


def save_png(image: Image.Image, path: str, texts: dict[str, str]) -> None:
    """Write a PNG with its texts."""
    info = PngInfo()
    for keyword, text in texts.items():
        info.add_text(keyword, text)
    image.save(path, pnginfo=info, compress_level=4)


def save_with_exif(image: Image.Image, path: str, infotext: str) -> None:
    """Write a JPEG or WebP with the infotext where AUTOMATIC1111 puts it: UserComment, in UTF-16."""
    exif = Image.Exif()
    exif[0x8769] = {0x9286: b"UNICODE\0" + infotext.encode("utf-16-be")}
    image.save(path, quality=90, exif=exif)
