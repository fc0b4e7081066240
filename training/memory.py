"""Memory that a step has used stays with the process, for the next one."""

import ctypes

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
LARGEST = 2**31 - 1


def keep_memory() -> None:
    """Tells glibc to give nothing back to the system; elsewhere it does nothing.

    By default every large tensor is mapped anew, and touching fresh pages can take most of a step on a CPU.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, LARGEST)
        mallopt(M_TOP_PAD, 2**28)
