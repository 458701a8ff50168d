"""Models and LoRAs of every pass, and the other parameters of a graph, under the names of
docs/metadata.md.
"""

from __future__ import annotations

from typing import Any

import pytest

from iib_core.metadata import Lora, derive_tags

from .test_comfyui import base, node, read_graph, sampler


def _pass(model: str, latent: str, start: int, end: int) -> dict[str, Any]:
    inputs = sampler(model=[model, 0], latent_image=[latent, 0])
    del inputs["seed"], inputs["denoise"]
    return node(
        "KSamplerAdvanced",
        add_noise="enable",
        noise_seed=9,
        start_at_step=start,
        end_at_step=end,
        **inputs,
    )


VIDEO = base(
    high=node("UNETLoader", unet_name="walk_high.safetensors"),
    low=node("UNETLoader", unet_name="walk_low.safetensors"),
    lh=node(
        "LoraLoaderModelOnly", lora_name="fast_high.safetensors", strength_model=1, model=["sh", 0]
    ),
    ll=node(
        "LoraLoaderModelOnly",
        lora_name="fast_low.safetensors",
        strength_model=0.5,
        model=["low", 0],
    ),
    sh=node("ModelSamplingSD3", shift=8.0, model=["high", 0]),
    te=node("CLIPLoader", clip_name="umt5.safetensors", type="wan"),
    pos=node("CLIPTextEncode", text="a cat walks", clip=["te", 0]),
    neg=node("CLIPTextEncode", text="still", clip=["te", 0]),
    latent=node("EmptyHunyuanLatentVideo", width=640, height=352, length=81, batch_size=1),
    k=_pass("lh", "latent", 0, 2),
    k2=_pass("ll", "k", 2, 4),
    v=node("VAELoader", vae_name="wan_vae.safetensors"),
    decode=node("VAEDecode", samples=["k2", 0], vae=["v", 0]),
    clip=node("CreateVideo", images=["decode", 0], fps=16),
    save=node("SaveVideo", video=["clip", 0]),
)


def test_a_video_of_two_models() -> None:
    info = read_graph(VIDEO)
    assert (info.model, info.models) == (
        "walk_high.safetensors",
        ("walk_high.safetensors", "walk_low.safetensors"),
    )
    assert info.loras == (Lora("fast_high.safetensors", 1.0), Lora("fast_low.safetensors", 0.5))
    assert info.vae == "wan_vae.safetensors"
    wanted = {
        "Frames": "81",
        "FPS": "16",
        "Duration": "5.06",
        "Shift": "8",
        "Text encoder": "umt5.safetensors",
    }
    assert wanted.items() <= info.parameters.items()
    assert [
        tag.name
        for tag in derive_tags(info, width_px=None, height_px=None, media="video")
        if tag.category == "model"
    ] == ["walk_high", "walk_low"]


DETAILS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "denoise, guidance, clip skip": (
        base(
            k=node("KSampler", **sampler(denoise=0.45, positive=["g", 0])),
            g=node("FluxGuidance", guidance=3.5, conditioning=["pos", 0]),
            pos=node("CLIPTextEncode", text="a cat", clip=["skip", 0]),
            skip=node("CLIPSetLastLayer", stop_at_clip_layer=-2, clip=["model", 1]),
        ),
        {"Denoising strength": "0.45", "Guidance": "3.5", "Clip skip": "2"},
    ),
    "denoise of the schedule": (
        base(
            k=node(
                "SamplerCustomAdvanced",
                noise=["n", 0],
                guider=["g", 0],
                sampler=["s", 0],
                sigmas=["sig", 0],
                latent_image=["latent", 0],
            ),
            n=node("RandomNoise", noise_seed=3),
            g=node("BasicGuider", model=["model", 0], conditioning=["pos", 0]),
            s=node("KSamplerSelect", sampler_name="euler"),
            sig=node(
                "BasicScheduler", scheduler="simple", steps=9, denoise=0.6, model=["model", 0]
            ),
        ),
        {"Denoising strength": "0.6"},
    ),
    "two control nets": (
        base(
            c1=node(
                "ControlNetApplyAdvanced",
                positive=["pos", 0],
                negative=["neg", 0],
                control_net=["n1", 0],
                strength=0.8,
                start_percent=0,
                end_percent=0.5,
            ),
            c2=node(
                "ControlNetApplyAdvanced",
                positive=["c1", 0],
                negative=["c1", 1],
                control_net=["n2", 0],
                strength=1,
                start_percent=0.1,
                end_percent=1,
            ),
            n1=node("ControlNetLoader", control_net_name="canny.safetensors"),
            n2=node("SetUnionControlNetType", control_net=["n3", 0], type="depth"),
            n3=node("ControlNetLoader", control_net_name="union.safetensors"),
            k=node("KSampler", **sampler(positive=["c2", 0], negative=["c2", 1])),
        ),
        {
            "ControlNet": "canny.safetensors, strength 0.8, from 0, to 0.5",
            "ControlNet 2": "union.safetensors, strength 1, from 0.1, to 1",
        },
    ),
    "an adapter and a style model": (
        base(
            a=node(
                "IPAdapterAdvanced",
                model=["model", 0],
                ipadapter=["l", 0],
                image=["i", 0],
                weight=0.7,
                start_at=0.0,
                end_at=0.9,
            ),
            l=node("IPAdapterModelLoader", ipadapter_file="plus.safetensors"),
            i=node("LoadImage", image="face.png"),
            r=node("StyleModelApply", conditioning=["pos", 0], style_model=["rl", 0], strength=0.5),
            rl=node("StyleModelLoader", style_model_name="redux.safetensors"),
            k=node("KSampler", **sampler(model=["a", 0], positive=["r", 0])),
        ),
        {
            "IP-Adapter": "plus.safetensors, strength 0.7, from 0, to 0.9",
            "Redux": "redux.safetensors, strength 0.5",
            "Input image": "face.png",
        },
    ),
    "an upscaler and a detailer": (
        base(
            u=node(
                "UltimateSDUpscale", image=["decode", 0], upscale_model=["ul", 0], upscale_by=2.0
            ),
            ul=node("UpscaleModelLoader", model_name="4x-Sharp.pth"),
            d=node(
                "FaceDetailer",
                image=["u", 0],
                bbox_detector=["b", 0],
                guide_size=512,
                steps=9,
                seed=2,
                denoise=0.4,
                wildcard="a calm face",
                model=["model", 0],
            ),
            b=node("UltralyticsDetectorProvider", model_name="bbox/face.pt"),
            save=node("SaveImage", images=["d", 0]),
        ),
        {
            "Upscaler": "4x-Sharp.pth, by 2",
            "Detailer": "bbox/face.pt, denoise 0.4",
            "Detailer prompt": "a calm face",
        },
    ),
}


@pytest.mark.parametrize(("graph", "wanted"), DETAILS.values(), ids=DETAILS.keys())
def test_named_parameters(graph: dict[str, Any], wanted: dict[str, str]) -> None:
    info = read_graph(graph)
    assert wanted.items() <= info.parameters.items(), dict(info.parameters)
    assert info.prompt == "a cat"


def test_common_filters_are_tags() -> None:
    found: set[tuple[str, str]] = set()
    for graph, _wanted in DETAILS.values():
        found |= {
            tuple(tag)
            for tag in derive_tags(read_graph(graph), width_px=None, height_px=None, media="image")
        }
    assert {
        ("controlnet", "canny"),
        ("controlnet", "union"),
        ("ipadapter", "plus"),
        ("ipadapter", "redux"),
        ("upscaler", "4x-Sharp"),
    } <= found
    assert {("detailer", "face")} <= found


def test_a_single_picture_has_no_frames() -> None:
    info = read_graph(
        base(latent=node("EmptyHunyuanLatentVideo", width=640, height=352, length=1, batch_size=1))
    )
    assert not {"Frames", "FPS", "Duration"} & info.parameters.keys()
