"""The format of each generator, and the priority if several are in one file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iib_core.metadata import GenerationInfo, Lora, read_embedded
from iib_core.metadata.containers.embedded import Embedded, Text

LINE = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x768"
GRAPH = {
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "graph.safetensors"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "graph cat", "clip": ["1", 1]}},
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 77,
            "steps": 5,
            "cfg": 2,
            "sampler_name": "lcm",
            "scheduler": "simple",
            "positive": ["2", 0],
            "negative": ["2", 0],
            "model": ["1", 0],
        },
    },
    "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0]}},
}
SWARM = {
    "sui_image_params": {
        "prompt": "a cat",
        "negativeprompt": "bad",
        "model": "m",
        "seed": 9,
        "steps": 4,
        "cfgscale": 1.5,
        "width": 64,
        "height": 32,
        "sampler": "euler",
    }
    | {"loras": ["a"], "loraweights": ["0.5"], "refinerupscale": 2},
    "sui_models": [
        {"name": "a.safetensors", "param": "loras", "hash": "0x1"},
        {"name": "m.safetensors", "param": "model", "hash": "0x2"},
    ],
}
FOOOCUS = {
    "prompt": "a cat",
    "negative_prompt": "bad",
    "base_model": "m",
    "base_model_hash": "ab",
    "performance": "Speed",
    "steps": 30,
    "sampler": "dpmpp",
}
FOOOCUS |= {
    "scheduler": "karras",
    "guidance_scale": 4,
    "seed": "127589946317439009",
    "resolution": "(512, 640)",
    "loras": [["x", 0.1, "cd"]],
}
FOOOCUS |= {"lora_combined_1": "x : 0.1", "version": "Fooocus v2.5.5"}
RUINED = {
    "Prompt": "a cat",
    "Negative": "bad",
    "steps": 12,
    "cfg": 1,
    "width": 64,
    "height": 32,
    "seed": 5,
    "sampler_name": "lcm",
    "base_model_name": "m",
}
RUINED |= {"loras": [["HASH", "0.75 - dir/x.safetensors"]], "software": "RuinedFooocus"}
NOVELAI = {
    "prompt": "a cat",
    "uc": "bad",
    "steps": 28,
    "sampler": "k_euler",
    "noise_schedule": "karras",
    "scale": 5.0,
    "seed": 3,
    "width": 64,
    "height": 32,
}
NOVELAI |= {
    "v4_prompt": {
        "caption": {"base_caption": "a cat", "char_captions": [{"char_caption": "girl, red hair"}]}
    }
}
INVOKE = {
    "positive_prompt": "a cat",
    "negative_prompt": "bad",
    "steps": 35,
    "scheduler": "euler",
    "cfg_scale": 8.0,
    "seed": 3,
    "width": 64,
    "height": 32,
}
INVOKE |= {
    "model": {"name": "m", "hash": "blake3:1"},
    "loras": [{"model": {"name": "x"}, "weight": 0.7}],
    "vae": {"model_name": "v"},
    "clip_skip": 0,
}
OLD_INVOKE = {
    "model": "stable diffusion",
    "model_weights": "m",
    "model_hash": "ab",
    "app_version": "2.3.0",
}
OLD_INVOKE |= {
    "image": {
        "prompt": [{"prompt": "a cat withLora(x,0.5) [bad] [worse]"}],
        "steps": 50,
        "cfg_scale": 5,
        "seed": 3,
        "width": 64,
        "height": 32,
        "sampler": "k_lms",
    }
}
DRAW = {
    "c": "a cat",
    "uc": "bad",
    "steps": 6,
    "sampler": "DDIM",
    "scale": 7.4000000953674316,
    "seed": 3,
    "size": "64x32",
    "model": "m.ckpt",
    "lora": [{"model": "x", "weight": 0.6}],
}
MATRIX = {
    "PositivePrompt": "a cat",
    "NegativePrompt": "bad",
    "Steps": 20,
    "Sampler": "euler",
    "CfgScale": 5,
    "Seed": 3,
    "Width": 64,
    "Height": 32,
    "ModelName": "m",
    "ModelHash": "ab",
}
TENSOR = {
    "prompt": "a cat",
    "negativePrompt": "bad",
    "width": 64,
    "height": 32,
    "steps": 25,
    "cfgScale": 7,
    "seed": "-1",
    "ksamplerName": "euler",
    "schedule": "karras",
}
TENSOR |= {
    "baseModel": {"modelFileName": "m", "hash": "ab"},
    "models": [{"type": "LORA", "modelFileName": "x", "weight": 0.8}],
}
CIVITAI = GRAPH | {
    "extraMetadata": json.dumps(
        {
            "prompt": "a cat",
            "negativePrompt": "bad",
            "cfgScale": 5,
            "sampler": "Euler a",
            "steps": 25,
            "seed": 3,
        }
    )
}
SPACE = {
    "prompt": "a cat",
    "negative_prompt": "bad",
    "resolution": "64 x 32",
    "guidance_scale": 5.5,
    "num_inference_steps": 24,
    "seed": 3,
    "sampler": "DDIM",
    "Model": "m",
    "Model hash": "AB",
}
EASY = {
    "prompt": "a cat",
    "negative_prompt": "bad",
    "seed": "3",
    "num_inference_steps": "25",
    "guidance_scale": "7.5",
    "width": "64",
    "height": "32",
    "sampler_name": "euler_a",
}
EASY |= {
    "use_stable_diffusion_model": "m",
    "use_lora_model": "['x']",
    "lora_alpha": "[0.4]",
    "use_vae_model": "None",
}
SIZE = {"width": 64, "height": 32}
CAT = {"prompt": "a cat", "negative_prompt": "bad"}
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description '
    "{attributes}>{elements}</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def texts(*pairs: tuple[str, Any], where: str = "tEXt", container: str = "png") -> Embedded:
    return Embedded(
        container,
        texts=tuple(
            Text(name, value if isinstance(value, str) else json.dumps(value), where)
            for name, value in pairs
        ),
    )


CASES: dict[str, tuple[Embedded, str | None, dict[str, Any]]] = {
    "swarmui beside its graph": (
        texts(("prompt", GRAPH), ("parameters", SWARM)),
        "SwarmUI",
        CAT
        | SIZE
        | {
            "seed": 9,
            "model": "m",
            "model_hash": "0x2",
            "loras": (Lora("a", 0.5),),
            "workflow": GRAPH,
        },
    ),
    "fooocus": (
        texts(("parameters", FOOOCUS), ("fooocus_scheme", "fooocus")),
        "Fooocus",
        CAT
        | {
            "seed": 127589946317439009,
            "width": 512,
            "height": 640,
            "cfg_scale": 4.0,
            "model_hash": "ab",
            "loras": (Lora("x", 0.1),),
        },
    ),
    "fooocus a1111 scheme": (
        texts(("parameters", f"a cat\nNegative prompt: bad\n{LINE}"), ("fooocus_scheme", "a1111")),
        "Fooocus",
        CAT | {"seed": 42},
    ),
    "fooocusplus in Comment": (
        texts(
            (
                "Comment",
                {key.replace("_", " ").title(): value for key, value in FOOOCUS.items()}
                | {"Version": "FooocusPlus 1.0.0"},
            )
        ),
        "FooocusPlus",
        CAT | {"scheduler": "karras", "model": "m"},
    ),
    "ruinedfooocus": (
        texts(("parameters", RUINED)),
        "RuinedFooocus",
        CAT | SIZE | {"cfg_scale": 1.0, "loras": (Lora("dir/x.safetensors", 0.75),)},
    ),
    "novelai": (
        texts(
            ("Title", "NovelAI generated image"),
            ("Software", "NovelAI"),
            ("Source", "NovelAI Diffusion V4.5 C02D4F98"),
            ("Comment", NOVELAI),
        ),
        "NovelAI",
        CAT
        | SIZE
        | {
            "model": "NovelAI Diffusion V4.5",
            "model_hash": "C02D4F98",
            "scheduler": "karras",
            "parameters": {"Character 1 prompt": "girl, red hair"},
        },
    ),
    "novelai wrapped": (
        texts(
            (
                "UserComment",
                {
                    "Comment": json.dumps(NOVELAI),
                    "Software": "NovelAI",
                    "Source": "NovelAI Diffusion V4 1234ABCD",
                },
            ),
            where="Exif:ExifIFD",
        ),
        "NovelAI",
        CAT | {"model_hash": "1234ABCD"},
    ),
    "novelai old": (
        texts(
            ("Description", "a cat"),
            ("Software", "NovelAI"),
            ("Comment", {"steps": 50, "uc": "bad", "scale": 10.0}),
        ),
        "NovelAI",
        CAT | {"steps": 50, "cfg_scale": 10.0, "width": None},
    ),
    "invokeai": (
        texts(("invokeai_metadata", INVOKE), ("invokeai_graph", {"nodes": {}})),
        "InvokeAI",
        CAT
        | SIZE
        | {
            "sampler": "euler",
            "scheduler": None,
            "model": "m",
            "model_hash": "blake3:1",
            "vae": "v",
            "loras": (Lora("x", 0.7),),
        },
    ),
    "invokeai 2": (
        texts(("Dream", "ignored"), ("sd-metadata", OLD_INVOKE)),
        "InvokeAI",
        {
            "prompt": "a cat withLora(x,0.5)",
            "negative_prompt": "bad, worse",
            "model": "m",
            "loras": (Lora("x", 0.5),),
        }
        | SIZE,
    ),
    "invokeai 1": (
        texts(
            (
                "Dream",
                '"a cat [bad]" -s 50 -S 2980747362 -W 64 -H 32 -C 5 -A k_lms -G 0.9 -U 4 0.95',
            )
        ),
        "InvokeAI",
        CAT | SIZE | {"steps": 50, "seed": 2980747362, "cfg_scale": 5.0, "sampler": "k_lms"},
    ),
    "invokeai 1 without spaces": (
        texts(("Dream", '"a cat" -s50 -b1 -W64 -H32 -C7.5 -seamless -mk_lms -S2370197870')),
        "InvokeAI",
        SIZE
        | {
            "prompt": "a cat",
            "steps": 50,
            "cfg_scale": 7.5,
            "sampler": "k_lms",
            "seed": 2370197870,
        },
    ),
    "invokeai 1 without quotes": (
        texts(("Dream", "a cat-like hat -s 30 -S 7")),
        "InvokeAI",
        {"prompt": "a cat-like hat", "seed": 7},
    ),
    "draw things": (
        texts(
            (
                "XMP",
                XMP.format(
                    attributes="",
                    elements=f"<exif:UserComment><rdf:Alt><rdf:li>{json.dumps(DRAW)}</rdf:li></rdf:Alt></exif:UserComment>",
                ),
            ),
            where="XMP",
        ),
        "Draw Things",
        CAT | SIZE | {"cfg_scale": 7.4, "loras": (Lora("x", 0.6),)},
    ),
    "stability matrix": (
        texts(
            ("parameters", f"a cat\n{LINE}"),
            ("parameters-json", MATRIX),
            ("smproj", {}),
            ("prompt", GRAPH),
        ),
        "StabilityMatrix",
        CAT | SIZE | {"model": "m", "model_hash": "ab", "scheduler": "simple", "workflow": GRAPH},
    ),
    "tensor.art with the seed of its graph": (
        texts(("generation_data", json.dumps(TENSOR) + "\0"), ("prompt", GRAPH)),
        "TensorArt",
        CAT
        | SIZE
        | {
            "seed": 77,
            "model": "m",
            "model_hash": "ab",
            "scheduler": "karras",
            "loras": (Lora("x", 0.8),),
        },
    ),
    "civitai": (
        texts(("UserComment", CIVITAI)),
        "Civitai",
        CAT | {"sampler": "Euler a", "steps": 25, "seed": 3, "model": "graph.safetensors"},
    ),
    "civitai with resource names alone": (
        texts(("UserComment", GRAPH | {"extra": {"airs": ["urn:air:x"]}})),
        "Civitai",
        {"seed": 77},
    ),
    "space": (
        texts(("parameters", SPACE)),
        "HuggingFace Space",
        CAT | SIZE | {"sampler": "DDIM", "model": "m", "model_hash": "AB", "cfg_scale": 5.5},
    ),
    "diffusers": (
        texts(
            (
                "parameters",
                {
                    "prompt": "a cat",
                    "negative_prompt": "bad",
                    "num_inference_steps": 9,
                    "guidance_scale": 1,
                },
            )
        ),
        "diffusers",
        CAT | {"steps": 9},
    ),
    "easy diffusion": (
        texts(*EASY.items()),
        "EasyDiffusion",
        CAT | SIZE | {"seed": 3, "model": "m", "vae": None, "loras": (Lora("x", 0.4),)},
    ),
    "easy diffusion comment": (
        texts(("UserComment", EASY)),
        "EasyDiffusion",
        CAT | {"steps": 25, "cfg_scale": 7.5},
    ),
    "easy diffusion sidecar": (
        texts(
            (
                "sidecar",
                "Prompt: a cat\nNegative Prompt: bad\nSeed: 3\nStable Diffusion model: m\nSteps: 25",
            ),
            where="sidecar:.txt",
        ),
        "EasyDiffusion",
        CAT | {"seed": 3, "model": "m"},
    ),
    "midjourney": (
        texts(
            (
                "Description",
                "a cat, on a mat --ar 16:9 --v 6.1 --no dogs, birds Job ID: "
                "ff495a99-e0f9-4781-b033-52238731f39f",
            ),
            ("Author", "someone"),
        ),
        "Midjourney",
        {"prompt": "a cat, on a mat", "negative_prompt": "dogs, birds", "model": "v6.1"},
    ),
    "artbot": (
        texts(
            ("Software", "ArtBot - Create images with Stable Diffusion, utilizing the AI Horde"),
            ("UserComment", f"a cat\n{LINE}, model: m\0"),
        ),
        "AI Horde (ArtBot)",
        {"prompt": "a cat", "model": "m"},
    ),
    "flat yaml": (
        texts(
            (
                "sidecar",
                "prompt: a cat\nnegative_prompt: 'bad'\nddim_steps: 50\ncfg_scale: 7.5\nseed: 3\nwidth: "
                "64\nheight: 32\ntoggles:\n- 1",
            ),
            where="sidecar:.yaml",
        ),
        None,
        CAT | SIZE | {"steps": 50, "cfg_scale": 7.5},
    ),
    "xmp description": (
        texts(
            (
                "XMP",
                XMP.format(
                    attributes='dc:title="x"',
                    elements=(
                        "<dc:description><rdf:Alt><rdf:li>a "
                        f"&lt;cat&gt;&#xA;{LINE}</rdf:li></rdf:Alt></dc:description>"
                    ),
                ),
            )
        ),
        "AUTOMATIC1111",
        {"prompt": "a <cat>", "seed": 42},
    ),
    "upscaled only": (
        texts(("extras", "Postprocess upscale by: 2")),
        "AUTOMATIC1111",
        {"prompt": "", "parameters": {"Upscale by": "2"}},
    ),
    "mark of a trained model": (
        texts(
            (
                "XMP",
                XMP.format(
                    attributes='Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"',
                    elements="",
                ),
            )
        ),
        "C2PA",
        {"prompt": ""},
    ),
}


@pytest.mark.parametrize(("embedded", "source", "wanted"), CASES.values(), ids=CASES.keys())
def test_generator(embedded: Embedded, source: str | None, wanted: dict[str, Any]) -> None:
    info = read_embedded(embedded)
    assert {name: getattr(info, name) for name in wanted} == wanted
    assert info.source == source
    assert info.found_in


@pytest.mark.parametrize(
    "embedded",
    [
        texts(),
        texts(("Comment", "only saved again")),
        texts(("Software", "Adobe ImageReady"), ("Description", "My cat on a mat, 2019")),
        texts(("UserComment", "Steps of the church"), where="Exif:ExifIFD"),
        texts(("text", "\n\na\n\na\n"), container="text"),
        texts(("comment", '{"title": "a film", "prompt": 5}')),
        Embedded("jpeg", c2pa=b"http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"),
    ],
)
def test_ordinary_files_have_no_info(embedded: Embedded) -> None:
    assert read_embedded(embedded) == GenerationInfo()


def test_credentials_name_the_program() -> None:
    store = b"....softwareAgent.dnamedSora..http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia.."
    assert read_embedded(Embedded("mp4", c2pa=store)).source == "OpenAI Sora"


def test_unparsed_texts_are_kept_raw() -> None:
    text = "made with: steps many, seed unknown, model of my own"
    info = read_embedded(texts(("Comment", text)))
    assert (info.infotext, info.source, info.prompt) == (text, None, "")


def test_broken_json_is_kept_raw_with_a_reason() -> None:
    info = read_embedded(texts(("prompt", '{"1": {"class_type": "KSampler", "inp')))
    assert (info.infotext, info.error) == (
        '{"1": {"class_type": "KSampler", "inp',
        "prompt: not valid JSON",
    )


def test_an_error_of_the_container_is_reported() -> None:
    assert read_embedded(Embedded("png", error="cut in IDAT")).error == "cut in IDAT"
