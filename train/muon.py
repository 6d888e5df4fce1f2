"""Muon: momentum whose singular values are all made one, for the matrices inside a net, where a step of Adam's is several times as weak.

Keller Jordan, "Muon: An optimizer for hidden layers in neural networks" (2024); the factor that makes its steps as large as Adam's
is that of Liu et al., "Muon is scalable for LLM training" (2025).
"""

import torch

MOMENTUM, DECAY = 0.95, 0.1
A, B, C = 3.4445, -4.7750, 2.0315  # of the odd polynomial that takes singular values between 0 and 1 to about 1 in five turns


def even(g):
    """(n, a, b) -> the same with singular values of about one, by Newton and Schulz."""
    x = g.bfloat16()
    x = x / (x.float().norm(dim=(1, 2), keepdim=True).bfloat16() + 1e-7)
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.transpose(1, 2)
    for _ in range(5):
        square = torch.bmm(x, x.transpose(1, 2))
        x = A * x + torch.bmm(B * square + C * torch.bmm(square, square), x)
    return (x.transpose(1, 2) if tall else x).float()


class Muon:
    def __init__(self, matrices):
        self.of = {}  # matrices of one shape are made even together
        for m in matrices:
            self.of.setdefault(m.shape, []).append((m, torch.zeros_like(m)))

    @torch.no_grad()
    def step(self, rate):
        for shape, some in self.of.items():
            for m, momentum in some:
                momentum.lerp_(m.grad, 1 - MOMENTUM)
            ups = even(torch.stack([torch.lerp(m.grad, momentum, MOMENTUM) for m, momentum in some]))
            for (m, _), up in zip(some, ups):
                m.mul_(1 - rate * DECAY).add_(up, alpha=-rate * 0.2 * max(shape) ** 0.5)
