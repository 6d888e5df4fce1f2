"""The small net of voice activity: one linear map in, blocks of dilated depthwise and pointwise convolution, two outputs."""

import gzip
import json
import os
import struct

import numpy as np
import torch
from torch import nn

from common import HERE
from net import Norm


class Block(nn.Module):
    def __init__(self, c, past, ahead, dilation):
        super().__init__()
        self.past, self.ahead, self.dilation = past, ahead, dilation
        self.deep = nn.Parameter(torch.randn(c, 1, past + 1 + ahead) * (1 / (past + 1 + ahead)) ** 0.5)
        self.one, self.norm1 = nn.Linear(c, c, bias=False), Norm(c)
        self.two, self.norm2 = nn.Linear(c, c, bias=False), Norm(c)

    def forward(self, x):
        d = self.dilation
        p = nn.functional.pad(x.transpose(1, 2), (self.past * d, self.ahead * d))
        y = nn.functional.conv1d(p, self.deep, groups=x.shape[2], dilation=d).transpose(1, 2)
        return x + self.norm2(self.two(torch.relu(self.norm1(self.one(y)))))


class Tiny(nn.Module):
    def __init__(self, inputs, width, past, ahead, dilations, outputs=2):
        super().__init__()
        self.shape = dict(inputs=inputs, width=width, past=past, ahead=ahead, dilation=list(dilations), blocks=len(dilations))
        self.into, self.norm = nn.Linear(inputs, width, bias=False), Norm(width)
        self.blocks = nn.ModuleList([Block(width, past, ahead, d) for d in dilations])
        self.out = nn.Linear(width, outputs)

    def forward(self, x):
        """x: (batch, slots, inputs). Gives (batch, slots, outputs)."""
        y = self.norm(self.into(x))
        for b in self.blocks:
            y = b(y)
        return self.out(torch.relu(y))


def folded(linear, norm):
    """Weights and bias of a linear map with the batch norm behind it."""
    bn = norm.bn
    gain = bn.weight / torch.sqrt(bn.running_var + bn.eps)
    return [linear.weight * gain[:, None], bn.bias - bn.running_mean * gain]


def export(net, names, path):
    """The net as a weights file of the product: batch norms folded, numbers as float16."""
    out = folded(net.into, net.norm)
    for b in net.blocks:
        out += [b.deep[:, 0].t().contiguous()] + folded(b.one, b.norm1) + folded(b.two, b.norm2)
    body = b"".join(a.detach().numpy().astype("<f2").tobytes() for a in out + [net.out.weight, net.out.bias])
    head = json.dumps({"phonemes": ["_"] + names, "stack": 1, "background": 0, "made": "train/run.sh", **net.shape}).encode()
    path = os.path.join(HERE, "..", "internal", "listener", "builtin", path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(gzip.compress(b"CSNET1\n\0" + struct.pack("<I", len(head)) + head + body, 9, mtime=0))
    return os.path.getsize(path)
