"""What a tensor is for, by its name: models of one kind name their parts differently from library to library."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

TensorRole: TypeAlias = Literal[
    "token_embedding", "output_head", "position", "query", "key", "value", "attention_output", "gate", "up", "down",
    "norm", "other",
]  # fmt: skip

_LAYER: Final = re.compile(r"(?:^|[._])(?:layers?|blocks?|h|blk|block)[._](\d{1,4})(?=[._])")
_ROLES: Final[tuple[tuple[TensorRole, re.Pattern[str]], ...]] = (
    (
        "position",
        re.compile(r"(?:^|[._])(?:w?position\w*|pos_embed\w*|wpe|embed_positions|rotary\w*|inv_freq|relative_\w+)\b"),
    ),
    ("norm", re.compile(r"(?:norm|layernorm|ln_?\w{0,3}|LayerNorm)[._]?\w{0,8}(?:[._](?:weight|bias|gamma|beta))?$")),
    (
        "token_embedding",
        re.compile(
            r"(?:^|[._])(?:embed_tokens|tok_embeddings|token_embd|word_embeddings|wte|embed_in|shared|tok_embed\w*"
            r"|embedding\.word_embeddings|token_embedding)[._]weight$"
        ),
    ),
    (
        "output_head",
        re.compile(r"(?:^|[._])(?:lm_head|embed_out|output|output_layer|cls\.predictions\.decoder)[._]weight$"),
    ),
    ("query", re.compile(r"[._](?:q_proj|wq|query|attn_q|q_lin)[._]weight$")),
    ("key", re.compile(r"[._](?:k_proj|wk|key|attn_k|k_lin)[._]weight$")),
    ("value", re.compile(r"[._](?:v_proj|wv|value|attn_v|v_lin)[._]weight$")),
    (
        "attention_output",
        re.compile(r"[._](?:o_proj|wo|attn_output|out_lin|out_proj|attention[._]output[._]dense|c_proj)[._]weight$"),
    ),
    ("gate", re.compile(r"[._](?:gate_proj|w1|ffn_gate)[._]weight$")),
    ("up", re.compile(r"[._](?:up_proj|w3|ffn_up|fc1|lin1|intermediate[._]dense|c_fc|dense_h_to_4h)[._]weight$")),
    ("down", re.compile(r"[._](?:down_proj|w2|ffn_down|fc2|lin2|output[._]dense|dense_4h_to_h)[._]weight$")),
)  # fmt: skip
"""In this order: the first that fits counts."""


def find_role(name: str) -> TensorRole:
    """Return what a tensor is for; `other` if its name does not tell."""
    return next((role for role, pattern in _ROLES if pattern.search(name)), "other")


def find_layer(name: str) -> int | None:
    """Return the number of the layer that a tensor belongs to, from 0; None if it belongs to none."""
    found = _LAYER.search(name)
    return int(found[1]) if found else None
