"""Tags that show how a model is built, or that it was trained from another model: facts about the Hub, as of 2026."""

from __future__ import annotations

from typing import Final

TYPES: Final = (
    *("albert", "audio-spectrogram-transformer", "baichuan", "bark", "bart", "beit", "bert", "big_bird", "blip"),
    *("blip-2", "bloom", "camembert", "chatglm", "clip", "codegen", "cohere", "conditional_detr", "convnext"),
    *("convnextv2", "data2vec-audio", "dbrx", "deberta", "deberta-v2", "deepseek", "deepseek_v2", "deepseek_v3"),
    *("deit", "deta", "detr", "dinov2", "distilbert", "donut", "electra", "encodec", "ernie", "esm", "exaone"),
    *("falcon", "falcon_h1", "flaubert", "funnel", "fuyu", "gemma", "gemma2", "gemma3", "gemma3_text", "git", "glm"),
    *("gpt2", "gpt_bigcode", "gpt_neo", "gpt_neox", "gpt_oss", "gptj", "granite", "hubert", "idefics2", "idefics3"),
    *("internlm", "internlm2", "jamba", "layoutlm", "layoutlmv2", "layoutlmv3", "led", "llama", "llama4", "llava"),
    *("llava_next", "longformer", "longt5", "luke", "m2m_100", "mamba", "marian", "mbart", "minicpm", "mistral"),
    *("mistral3", "mixtral", "mllama", "mobilebert", "mobilevit", "modernbert", "mpnet", "mpt", "mt5", "musicgen"),
    *("nezha", "nomic_bert", "olmo", "olmo2", "opt", "paligemma", "pegasus", "persimmon", "phi", "phi-msft", "phi3"),
    *("pix2struct", "qwen", "qwen2", "qwen2_5_vl", "qwen2_moe", "qwen2_vl", "qwen3", "qwen3_moe", "rembert", "resnet"),
    *("roberta", "roformer", "rwkv", "seamless_m4t", "segformer", "siglip", "smollm3", "speecht5", "splinter"),
    *("squeezebert", "stablelm", "stablelm_epoch", "starcoder2", "swin", "swinv2", "switch_transformers", "t5"),
    *(
        "table-transformer",
        "timesformer",
        "udop",
        "umt5",
        "unispeech-sat",
        "videomae",
        "vilt",
        "vision-encoder-decoder",
    ),
    *("vit", "vits", "wav2vec2", "wav2vec2-bert", "wavlm", "whisper", "xglm", "xlm", "xlm-roberta", "xlnet", "xmod"),
    *("yolos",),
)
"""Tags that are the `model_type` of a configuration."""

MARKS: Final = (
    *("adapter-transformers", "alignment-handbook", "autotrain", "axolotl", "controlnet", "custom-diffusion", "dpo"),
    *("dreambooth", "generated_from_keras_callback", "generated_from_trainer", "llama-factory", "lora", "peft"),
    *("qlora", "setfit", "sft", "stable-diffusion", "stable-diffusion-diffusers", "stable-diffusion-xl"),
    *("stable-diffusion-xl-diffusers", "textual_inversion", "trl", "unsloth"),
)
"""Tags that training leaves on a model that was trained from another one."""

TRAINERS: Final = frozenset(
    {
        *("alignment-handbook", "autotrain", "axolotl", "dpo", "generated_from_keras_callback"),
        *("generated_from_trainer", "llama-factory", "orpo", "setfit", "sft", "trl", "unsloth"),
    }
)
"""Tags by which programs that train mark the models they make."""

PARTIAL: Final = frozenset(
    {
        *("controlnet", "custom-diffusion", "hypernetwork", "ip-adapter", "t2i-adapter", "t2iadapter"),
        *("template:diffusion-lora", "template:sd-lora", "textual-inversion", "textual_inversion"),
    }
)
"""Tags of image models that run only on top of their base: something beside it, or a few of its weights."""
