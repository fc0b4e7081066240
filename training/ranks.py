"""The processes of one run under `torchrun`; a process started by hand is the only one."""

import os
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import nn

Value = TypeVar("Value")


def own_device() -> torch.device:
    """What this process computes on: its GPU, or the CPU where there is none."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
    torch.cuda.set_device(device)
    return device


def join() -> torch.device:
    """Joins the other processes of the run, if there are any, and returns this one's device."""
    device = own_device()
    if "WORLD_SIZE" in os.environ:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return device


def rank() -> int:
    """This process's number, from 0, which is the one that logs and saves."""
    return dist.get_rank() if dist.is_initialized() else 0


def count() -> int:
    """How many processes the run has."""
    return dist.get_world_size() if dist.is_initialized() else 1


def sum_gradients(model: nn.Module) -> None:
    """Adds up the processes' gradients, in place."""
    if dist.is_initialized():
        for parameter in model.parameters():
            if parameter.grad is not None:
                dist.all_reduce(parameter.grad)


def sum_up(value: torch.Tensor) -> None:
    """Adds up the processes' values, in place."""
    if dist.is_initialized():
        dist.all_reduce(value)


def from_first(value: Value) -> Value:
    """What the first process has, in all of them."""
    if not dist.is_initialized():
        return value
    box = [value]
    dist.broadcast_object_list(box)
    return box[0]


def leave() -> None:
    """Ends the run of several processes."""
    if dist.is_initialized():
        dist.destroy_process_group()
