"""What names an adapter."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LoRARequest:
    """An adapter in a folder."""

    lora_name: str
    lora_int_id: int
    lora_path: str
