"""The loss of a frozen head against cross-entropy of its logits."""

import torch
import torch.nn.functional as F

from training.frozen_head import ROWS, FrozenHeadNats, gpu_nats_and_slopes, nats_and_slopes


def test_nats_and_gradient_are_those_of_cross_entropy():
    torch.manual_seed(1)
    vocab, dim, mask_id = 37, 8, 5
    head = torch.randn(vocab, dim)
    weights = torch.rand(2 * ROWS + 3)
    targets = torch.randint(6, vocab, (len(weights),))
    hidden = torch.randn(len(weights), dim, requires_grad=True)
    nats = FrozenHeadNats.apply(hidden, head, targets, mask_id)
    (nats * weights).sum().backward()

    plain = hidden.detach().clone().requires_grad_()
    logits = F.linear(plain, head).index_fill(1, torch.tensor([mask_id]), -torch.inf)
    expected = F.cross_entropy(logits, targets, reduction="none")
    (expected * weights).sum().backward()
    torch.testing.assert_close(nats, expected)
    torch.testing.assert_close(hidden.grad, plain.grad)


def test_what_a_gpu_computes_is_the_same():
    torch.manual_seed(1)
    logits, targets = torch.randn(9, 37), torch.randint(6, 37, (9,))
    nats, slopes = gpu_nats_and_slopes(logits.clone(), targets, 5)
    expected_nats, expected_slopes = nats_and_slopes(logits, targets, 5)
    torch.testing.assert_close(nats, expected_nats)
    torch.testing.assert_close(slopes, expected_slopes)
