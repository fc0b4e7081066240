"""Nothing is compiled, and one thread is enough: the tensors are tiny, and the machine may have other work."""

import torch

torch.set_num_threads(1)
torch.compiler.set_stance("force_eager")
