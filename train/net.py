"""The phoneme net: stacked frames -> linear -> blocks of depthwise and pointwise convolution -> log posteriors."""

import torch
from torch import nn

from common import PHONEMES
from deep import Deep

STACK, WIDTH, BLOCKS, PAST, AHEAD = 3, 256, 10, 5, 1  # frames of 30 ms a side of the depthwise kernel
DROP = 0.05  # share of a block's channels that are left out for a whole clip while training


class Norm(nn.Module):
    """Batch norm over every frame of (batch, time, channel)."""

    def __init__(self, c):
        super().__init__()
        self.bn = nn.BatchNorm1d(c, momentum=0.02)

    def forward(self, x):
        return self.bn(x.reshape(-1, x.shape[-1])).reshape(x.shape)


class Half(nn.Linear):
    """A linear map without bias, in bfloat16 while training (four times the speed), in float32 afterwards."""

    def __init__(self, a, b):
        super().__init__(a, b, bias=False)

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        return nn.functional.linear(x.reshape(-1, x.shape[-1]).bfloat16(), self.weight.bfloat16()).float().view(*x.shape[:-1], -1)


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        k = PAST + 1 + AHEAD
        self.deep = nn.Parameter(torch.randn(c, 1, k) * (1 / k) ** 0.5)
        self.one, self.norm1 = Half(c, c), Norm(c)
        self.two, self.norm2 = Half(c, c), Norm(c)
        self.drop = DROP

    def forward(self, x):
        if self.training:
            y = Deep.apply(x, self.deep[:, 0].t(), PAST)
        else:
            p = nn.functional.pad(x.transpose(1, 2), (PAST, AHEAD))
            y = nn.functional.conv1d(p, self.deep, groups=x.shape[2]).transpose(1, 2)
        y = torch.relu(self.norm1(self.one(y)))
        if self.training and self.drop:
            y = y * ((torch.rand(y.shape[0], 1, y.shape[2]) >= self.drop).float() / (1 - self.drop))
        return x + self.norm2(self.two(y))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.into, self.norm = Half(40 * STACK, WIDTH), Norm(WIDTH)
        self.blocks = nn.ModuleList([Block(WIDTH) for _ in range(BLOCKS)])
        self.out = nn.Linear(WIDTH, len(PHONEMES))

    def grow(self, state):
        """Take the weights of a net with fewer blocks: the blocks that it lacks begin by adding nothing."""
        missing = self.load_state_dict(state, strict=False).missing_keys
        for k, block in enumerate(self.blocks):
            if f"blocks.{k}.norm2.bn.weight" in missing:
                nn.init.zeros_(block.norm2.bn.weight)

    def matrices(self):
        """The linear maps inside, each with the batch norm behind it."""
        return [(self.into, self.norm)] + [pair for b in self.blocks for pair in ((b.one, b.norm1), (b.two, b.norm2))]

    def level(self):
        """Gives the matrices, which may have any scale before a batch norm, singular values of about one. What the net says stays."""
        with torch.no_grad():
            for linear, norm in self.matrices():
                scale = float(linear.weight.norm()) / min(linear.weight.shape) ** 0.5
                linear.weight.div_(scale)
                norm.bn.running_mean.div_(scale)
                norm.bn.running_var.div_(scale * scale)
        return self

    def forward(self, x):
        """x: (batch, frames of 10 ms, 40), cut to whole stacks. Gives log posteriors (batch, frames / 3, phonemes)."""
        b, t, m = x.shape
        t -= t % STACK
        y = self.norm(self.into(x[:, :t].reshape(b, t // STACK, m * STACK)))
        for block in self.blocks:
            y = block(y)
        return torch.log_softmax(self.out(torch.relu(y)), -1)
