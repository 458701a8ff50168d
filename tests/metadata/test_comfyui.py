"""ComfyUI graphs: the sampler, the texts and the numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iib_core.metadata import GenerationInfo, Lora, read_embedded
from iib_core.metadata.containers.embedded import Embedded, Text

Graph = dict[str, Any]


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def base(**changes: Any) -> Graph:
    """A graph of checkpoint, two texts, latent, sampler 'k', decoder and saver, updated by
    ``changes``.
    """
    graph = {
        "model": node("CheckpointLoaderSimple", ckpt_name="sdxl.safetensors"),
        "pos": node("CLIPTextEncode", text="a cat", clip=["model", 1]),
        "neg": node("CLIPTextEncode", text="bad", clip=["model", 1]),
        "latent": node("EmptyLatentImage", width=832, height=1216, batch_size=1),
        "k": node("KSampler", **sampler()),
        "decode": node("VAEDecode", samples=["k", 0], vae=["model", 2]),
        "save": node("SaveImage", images=["decode", 0], filename_prefix="x"),
    }
    return graph | {name: value for name, value in changes.items() if value is not None}


def sampler(**changes: Any) -> dict[str, Any]:
    inputs = {
        "seed": 11,
        "steps": 20,
        "cfg": 7.0,
        "sampler_name": "euler",
        "scheduler": "karras",
        "denoise": 1.0,
    }
    inputs |= {
        "model": ["model", 0],
        "positive": ["pos", 0],
        "negative": ["neg", 0],
        "latent_image": ["latent", 0],
    }
    return inputs | changes


def read_graph(graph: Graph, **more: str) -> GenerationInfo:
    texts = [
        Text("prompt", json.dumps(graph), "tEXt"),
        *(Text(name, value, "tEXt") for name, value in more.items()),
    ]
    return read_embedded(Embedded("png", texts=tuple(texts)))


def lora(name: str, weight: float, model: list[Any]) -> dict[str, Any]:
    return node(
        "LoraLoader",
        lora_name=name,
        strength_model=weight,
        strength_clip=weight,
        model=model,
        clip=["model", 1],
    )


def managed(*loras: tuple[str, float, bool]) -> dict[str, Any]:
    return {
        "__value__": [
            {"name": name, "strength": strength, "active": active}
            for name, strength, active in loras
        ]
    }


CASES: dict[str, tuple[Graph, dict[str, Any]]] = {
    "plain": (
        base(),
        {
            "prompt": "a cat",
            "negative_prompt": "bad",
            "steps": 20,
            "cfg_scale": 7.0,
            "seed": 11,
            "width": 832,
            "height": 1216,
            "model": "sdxl.safetensors",
        },
    ),
    "64-bit seed": (base(k=node("KSampler", **sampler(seed=2**64 - 1))), {"seed": 2**64 - 1}),
    "seed of a primitive": (
        base(k=node("KSampler", **sampler(seed=["s", 0])), s=node("PrimitiveInt", value=5)),
        {"seed": 5},
    ),
    "negative listed first": (
        dict(reversed(base().items())),
        {"prompt": "a cat", "negative_prompt": "bad"},
    ),
    "left-over sampler": (
        {
            "old": node("KSampler", **sampler(seed=99, positive=["oldpos", 0])),
            "oldpos": node("CLIPTextEncode", text="old", clip=["model", 1]),
        }
        | base(),
        {"seed": 11, "prompt": "a cat"},
    ),
    "second pass": (
        base(
            up=node("LatentUpscale", samples=["k", 0], width=1664, height=2432),
            k2=node("KSampler", **sampler(seed=12, steps=10, denoise=0.5, latent_image=["up", 0])),
            decode=node("VAEDecode", samples=["k2", 0], vae=["model", 2]),
        ),
        {
            "seed": 11,
            "steps": 20,
            "width": 832,
            "parameters": {
                "Pass 2": "KSampler, steps 10, cfg 7.0, sampler euler, seed 12, denoise 0.5"
            },
        },
    ),
    "depth model before the picture": (
        base(
            depth=node(
                "KSampler", **sampler(seed=1, steps=1, positive=["none", 0], model=["lotus", 0])
            ),
            none=node("ConditioningZeroOut", conditioning=["pos", 0]),
            lotus=node("UNETLoader", unet_name="lotus.safetensors"),
            cn=node("ControlNetApply", conditioning=["pos", 0], image=["depth", 0]),
            k=node("KSampler", **sampler(positive=["cn", 0])),
        ),
        {"steps": 20, "model": "sdxl.safetensors", "seed": 11, "parameters": {}},
    ),
    "guider, sigmas and noise": (
        base(
            k=node(
                "SamplerCustomAdvanced",
                noise=["n", 0],
                guider=["g", 0],
                sampler=["s", 0],
                sigmas=["sig", 0],
                latent_image=["latent", 0],
            ),
            n=node("RandomNoise", noise_seed=2**60 + 1),
            g=node("BasicGuider", model=["unet", 0], conditioning=["fg", 0]),
            fg=node("FluxGuidance", guidance=3.5, conditioning=["pos", 0]),
            s=node("KSamplerSelect", sampler_name="euler"),
            sig=node("SplitSigmas", sigmas=["sched", 0], step=3),
            sched=node(
                "BasicScheduler", scheduler="simple", steps=28, denoise=1.0, model=["unet", 0]
            ),
            unet=node("UNETLoader", unet_name="flux1-dev.safetensors", weight_dtype="default"),
        ),
        {
            "seed": 2**60 + 1,
            "steps": 28,
            "scheduler": "simple",
            "sampler": "euler",
            "cfg_scale": None,
            "negative_prompt": "",
            "model": "flux1-dev.safetensors",
        },
    ),
    "cfg of the guider": (
        base(
            k=node(
                "SamplerCustomAdvanced",
                noise=["n", 0],
                guider=["g", 0],
                sampler=["s", 0],
                sigmas=["sched", 0],
                latent_image=["latent", 0],
            ),
            n=node("RandomNoise", noise_seed=3),
            g=node(
                "CFGGuider", model=["model", 0], positive=["pos", 0], negative=["neg", 0], cfg=4.5
            ),
            s=node("SamplerDPMPP_2M_SDE", solver_type="midpoint"),
            sched=node("AlignYourStepsScheduler", model_type="SDXL", steps=10, denoise=1.0),
        ),
        {
            "cfg_scale": 4.5,
            "prompt": "a cat",
            "negative_prompt": "bad",
            "steps": 10,
            "sampler": "dpmpp_2m_sde",
        },
    ),
    "zeroed negative": (
        base(neg=node("ConditioningZeroOut", conditioning=["pos", 0])),
        {"prompt": "a cat", "negative_prompt": ""},
    ),
    "controlnet with both sides": (
        base(
            cn=node(
                "ControlNetApplyAdvanced",
                positive=["pos", 0],
                negative=["neg", 0],
                control_net=["x", 0],
                strength=1.0,
            ),
            k=node("KSampler", **sampler(positive=["cn", 0], negative=["cn", 1])),
        ),
        {"prompt": "a cat", "negative_prompt": "bad"},
    ),
    "combined conditioning": (
        base(
            pos2=node("CLIPTextEncode", text="a hat", clip=["model", 1]),
            both=node("ConditioningCombine", conditioning_1=["pos", 0], conditioning_2=["area", 0]),
            area=node(
                "ConditioningSetArea",
                conditioning=["pos2", 0],
                width=64,
                height=64,
                x=0,
                y=0,
                strength=1.0,
            ),
            k=node("KSampler", **sampler(positive=["both", 0])),
        ),
        {"prompt": "a cat\na hat"},
    ),
    "text through a link": (
        base(
            pos=node("CLIPTextEncode", text=["t", 0], clip=["model", 1]),
            t=node("String Literal", string="from afar"),
        ),
        {"prompt": "from afar"},
    ),
    "joined texts": (
        base(
            pos=node("CLIPTextEncode", text=["j", 0], clip=["model", 1]),
            j=node("StringConcatenate", string_a="one", string_b=["t", 0], delimiter=", "),
            t=node("PrimitiveStringMultiline", value="two"),
        ),
        {"prompt": "one, two"},
    ),
    "replaced text": (
        base(
            pos=node("CLIPTextEncode", text=["r", 0], clip=["model", 1]),
            r=node("StringReplace", string="a THING on a mat", find="THING", replace=["t", 0]),
            t=node("PrimitiveString", value="cat"),
        ),
        {"prompt": "a cat on a mat"},
    ),
    "one text on both sides": (
        base(neg=node("Reroute", conditioning=["pos", 0])),
        {"prompt": "a cat", "negative_prompt": ""},
    ),
    "text under an unknown name": (
        base(
            pos=node("CLIPTextEncode", text=["odd", 0], clip=["model", 1]),
            odd=node("Odd Prompt Box", words="some odd words", mode="normal"),
        ),
        {"prompt": "some odd words"},
    ),
    "text made by running": (
        base(
            pos=node("CLIPTextEncode", text=["show", 0], clip=["model", 1]),
            show=node("ShowText|pysssss", text=["llm", 0], text_0="written by a model"),
            llm=node("X"),
        ),
        {"prompt": "written by a model"},
    ),
    "wildcards resolved": (
        base(
            pos=node("CLIPTextEncode", text=["w", 0], clip=["model", 1]),
            w=node("ImpactWildcardProcessor", wildcard_text="{a|b}", populated_text="a", seed=4),
        ),
        {"prompt": "a"},
    ),
    "SDXL encoder": (
        base(
            pos=node(
                "CLIPTextEncodeSDXL",
                width=1024,
                height=1024,
                text_g="both",
                text_l="both",
                clip=["model", 1],
            )
        ),
        {"prompt": "both", "width": 832},
    ),
    "switch that is off": (
        base(
            k=node("KSampler", **sampler(steps=["sw", 0], model=["msw", 0])),
            sw=node("ComfySwitchNode", switch=False, on_true=["four", 0], on_false=["twenty", 0]),
            four=node("PrimitiveInt", value=4),
            twenty=node("PrimitiveInt", value=25),
            msw=node("ComfySwitchNode", switch=["off", 0], on_true=["l", 0], on_false=["model", 0]),
            off=node("PrimitiveBoolean", value=False),
            l=lora("fast.safetensors", 1.0, ["model", 0]),
        ),
        {"steps": 25, "loras": ()},
    ),
    "numbered switch": (
        base(
            pos=node("CLIPTextEncode", text=["sw", 0], clip=["model", 1]),
            sw=node("ImpactSwitch", select=2, input1=["a", 0], input2=["b", 0]),
            a=node("String Literal", string="first"),
            b=node("String Literal", string="second"),
        ),
        {"prompt": "second"},
    ),
    "loras": (
        base(
            k=node("KSampler", **sampler(model=["l2", 0])),
            l1=lora("a.safetensors", 0.8, ["model", 0]),
            l2=lora("b.safetensors", 0, ["l1", 0]),
        ),
        {"loras": (Lora("a.safetensors", 0.8),), "model": "sdxl.safetensors"},
    ),
    "power lora loader": (
        base(
            k=node("KSampler", **sampler(model=["p", 0])),
            p=node(
                "Power Lora Loader (rgthree)",
                model=["model", 0],
                lora_1={"on": True, "lora": "on.safetensors", "strength": 0.5},
                lora_2={"on": False, "lora": "off.safetensors", "strength": 1},
            ),
        ),
        {"loras": (Lora("on.safetensors", 0.5),)},
    ),
    "lora stack": (
        base(
            model=node(
                "Efficient Loader",
                ckpt_name="e.safetensors",
                lora_name="None",
                lora_model_strength=1,
                positive="pp",
                negative="nn",
                lora_stack=["st", 0],
            ),
            st=node(
                "CR LoRA Stack",
                switch_1="On",
                lora_name_1="x.pt",
                model_weight_1=0.4,
                switch_2="Off",
                lora_name_2="y.pt",
                model_weight_2=1,
            ),
            k=node("KSampler (Efficient)", **sampler(positive=["model", 1], negative=["model", 2])),
        ),
        {
            "loras": (Lora("x.pt", 0.4),),
            "prompt": "pp",
            "negative_prompt": "nn",
            "model": "e.safetensors",
        },
    ),
    "pipe": (
        base(
            pipe=node(
                "ToBasicPipe",
                model=["model", 0],
                clip=["model", 1],
                vae=["model", 2],
                positive=["pos", 0],
                negative=["neg", 0],
            ),
            k=node(
                "ImpactKSamplerBasicPipe",
                basic_pipe=["pipe", 0],
                seed=8,
                steps=9,
                cfg=2.5,
                sampler_name="lcm",
                scheduler="normal",
                latent_image=["latent", 0],
            ),
        ),
        {
            "prompt": "a cat",
            "negative_prompt": "bad",
            "seed": 8,
            "model": "sdxl.safetensors",
            "width": 832,
        },
    ),
    "loras of the manager": (
        base(
            k=node("KSampler", **sampler(model=["l2", 0])),
            l1=node(
                "LoRA Text Loader (LoraManager)",
                model=["model", 0],
                lora_syntax=["syntax", 0],
                lora_stack=["st", 0],
            ),
            syntax=node("PrimitiveStringMultiline", value="<lora:c:0.51>\n<lora:d:0.21>"),
            st=node(
                "Lora Stacker (LoraManager)",
                text="<lora:a:0.31> <lora:b:1>",
                loras=managed(("a", 0.31, True), ("b", 1, False)),
            ),
            l2=node(
                "Lora Loader (LoraManager)",
                model=["l1", 0],
                text="<lora:e:0.47:0.35>",
                loras=managed(("e", 0.47, True)),
            ),
        ),
        {"loras": (Lora("a", 0.31), Lora("c", 0.51), Lora("d", 0.21), Lora("e", 0.47))},
    ),
    "size as a preset": (
        base(
            latent=node("SDXL Empty Latent Image (rgthree)", dimensions=" 832 x 1216  (portrait)")
        ),
        {"width": 832, "height": 1216},
    ),
    "seed in a bundle": (
        base(
            k=node("KSampler", **sampler(seed=["ctx", 8])),
            ctx=node("Context (rgthree)", base_ctx=["ctx0", 0]),
            ctx0=node("Context (rgthree)", seed=6, model=["model", 0]),
        ),
        {"seed": 6},
    ),
    "video": (
        {
            "m": node(
                "WanVideoModelLoader",
                model="wan2.1.safetensors",
                lora=["l", 0],
                base_precision="fp16",
            ),
            "l": node("WanVideoLoraSelect", lora="style.safetensors", strength=0.9),
            "t": node(
                "WanVideoTextEncode", positive_prompt="a fox", negative_prompt="ugly", t5=["x", 0]
            ),
            "e": node("WanVideoEmptyEmbeds", width=832, height=480, num_frames=81),
            "s": node(
                "WanVideoSampler",
                model=["m", 0],
                text_embeds=["t", 0],
                image_embeds=["e", 0],
                steps=30,
                cfg=6.0,
                shift=5.0,
                seed=77,
                scheduler="unipc",
            ),
            "d": node("WanVideoDecode", vae=["v", 0], samples=["s", 0]),
            "v": node("WanVideoVAELoader", model_name="wan_vae.safetensors"),
            "out": node("VHS_VideoCombine", images=["d", 0], frame_rate=16),
        },
        {
            "prompt": "a fox",
            "negative_prompt": "ugly",
            "width": 832,
            "height": 480,
            "loras": (Lora("style.safetensors", 0.9),),
            "vae": "wan_vae.safetensors",
        },
    ),
    "neutral text serves no negative": (
        {
            "m": node("DownloadAndLoadModel", model="hy.safetensors"),
            "t": node("HyVideoTextEncode", prompt="a fox"),
            "s": node(
                "HyVideoSampler",
                model=["m", 0],
                hyvid_embeds=["t", 0],
                width=512,
                height=320,
                steps=30,
                embedded_guidance_scale=6.0,
                seed=6,
            ),
            "out": node("VHS_VideoCombine", images=["s", 0]),
        },
        {"prompt": "a fox", "negative_prompt": "", "width": 512, "model": "hy.safetensors"},
    ),
    "unknown classes": (
        {
            "a": node("MyLoader", checkpoint="odd.safetensors"),
            "b": node("MyEncoder", prompt="odd text", clip=["a", 1]),
            "c": node("MyRefiner", conditioning=["b", 0], strength=0.3),
            "d": node("MyCanvas", width=640, height=448),
            "e": node(
                "MySampler",
                model=["a", 0],
                positive=["c", 0],
                latent=["d", 0],
                seed=4,
                steps=6,
                cfg=1.5,
                sampler_name="x",
                scheduler="y",
            ),
            "f": node("MyOutputWriter", images=["e", 0]),
        },
        {
            "prompt": "odd text",
            "model": "odd.safetensors",
            "width": 640,
            "height": 448,
            "sampler": "x",
        },
    ),
    "loop": (
        base(
            pos=node("ConditioningCombine", conditioning_1=["loop", 0], conditioning_2=["text", 0]),
            loop=node("ConditioningSetMask", conditioning=["pos", 0]),
            text=node("CLIPTextEncode", text="still found", clip=["model", 1]),
            latent=node("Reroute", samples=["latent", 0]),
            model=node("ModelPatch", model=["model", 0]),
        ),
        {"prompt": "still found", "width": None, "model": None},
    ),
    "no sampler": (
        {"1": node("LoadImage", image="x.png"), "2": node("SaveImage", images=["1", 0])},
        {"prompt": "", "steps": None, "seed": None, "source": "ComfyUI"},
    ),
    "service": (
        {
            "1": node("IdeogramV3", prompt="a sign", seed=5, rendering_speed="QUALITY"),
            "2": node("SaveImage", images=["1", 0]),
        },
        {"prompt": "a sign", "seed": 5, "steps": None},
    ),
}


@pytest.mark.parametrize(("graph", "wanted"), CASES.values(), ids=CASES.keys())
def test_graph(graph: Graph, wanted: dict[str, Any]) -> None:
    info = read_graph(graph)
    assert {name: getattr(info, name) for name in wanted} == wanted
    assert info.source == "ComfyUI"
