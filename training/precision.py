"""The number format of matrix products: bf16 where the processor multiplies it, f32 elsewhere.

Without instructions for it a CPU takes seven times as long in bf16 as in f32 (docs/LOG.md).
"""

import torch


def product_dtype(device: torch.device) -> torch.dtype:
    """What matrices are multiplied in on a device."""
    if device.type != "cpu":
        return torch.bfloat16
    known = torch.cpu.get_capabilities()
    return torch.bfloat16 if known.get("avx512_bf16") or known.get("amx_bf16") else torch.float32


def products(device: torch.device) -> torch.autocast:
    """A context in which matrices are multiplied in `product_dtype`."""
    dtype = product_dtype(device)
    return torch.autocast(device.type, torch.bfloat16, enabled=dtype == torch.bfloat16)
