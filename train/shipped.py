"""The phrase spotter as it is shipped, read back from its file: to read with, and to go on training from."""

import gzip
import json
import os
import struct

import numpy as np
import torch

from common import HERE, PHONEMES
from export import BLANK
from net import BLOCKS, Net

PATH = os.path.join(HERE, "..", "internal", "listener", "builtin", "weights", "spotter.bin")


class Shipped:
    def __init__(self, path=PATH):
        with open(path, "rb") as f:
            data = gzip.decompress(f.read())
        size, = struct.unpack_from("<I", data, 8)
        head = json.loads(data[12:12 + size])
        assert data[:8] == b"CSNET1\n\0" and head["phonemes"] == PHONEMES and head["blocks"] == BLOCKS
        w, n = head["width"], len(PHONEMES)
        kernel = head["past"] + 1 + head["ahead"]
        shapes = [(w, 40 * head["stack"]), (w,)] + [(kernel, w), (w, w), (w,), (w, w), (w,)] * BLOCKS + [(n, w), (n,)]
        self.arrays, at = [], 12 + size
        for shape in shapes:
            a = np.frombuffer(data, "<f2", int(np.prod(shape)), at)
            at += a.nbytes
            self.arrays.append(torch.from_numpy(a.astype(np.float32).reshape(shape)))
        self.arrays[-1][0] -= BLANK  # as it was trained
        self.net = self.unfolded()

    def unfolded(self):
        """The net with batch norms that do nothing: measure() gives them the statistics that a training needs."""
        net, it = Net(), iter(self.arrays)
        with torch.no_grad():
            self.fill(net.into, net.norm, next(it), next(it))
            for b in net.blocks:
                b.deep.copy_(next(it).t()[:, None])
                self.fill(b.one, b.norm1, next(it), next(it))
                self.fill(b.two, b.norm2, next(it), next(it))
            net.out.weight.copy_(next(it))
            net.out.bias.copy_(next(it))
        return net.eval()

    @staticmethod
    def fill(linear, norm, weight, bias):
        linear.weight.copy_(weight)
        norm.bn.weight.fill_(np.sqrt(1 + norm.bn.eps))
        norm.bn.bias.copy_(bias)

    def measure(self, batches):
        """Gives the batch norms the means and variances of these batches (as of Net.forward), and leaves what the net says as it is."""
        sums = {}

        def note(bn, got, _):
            s = sums.setdefault(bn, [0, 0.0, 0.0])
            s[0] += len(got[0])
            s[1] += got[0].double().sum(0)
            s[2] += (got[0].double() ** 2).sum(0)
        norms = [m for m in self.net.modules() if isinstance(m, torch.nn.BatchNorm1d)]
        hooks = [bn.register_forward_hook(note) for bn in norms]
        with torch.no_grad():
            for x in batches:
                self.net(x)
        for h in hooks:
            h.remove()
        for bn, (n, total, square) in sums.items():
            mean = total / n
            bn.running_mean.copy_(mean)
            bn.running_var.copy_(square / n - mean ** 2)
            bn.weight.data.copy_(torch.sqrt(bn.running_var + bn.eps))
            bn.bias.data.add_(bn.running_mean)
        return self.net

    def logs(self, feats):
        """Log posteriors (steps, phonemes) of features (frames, 40)."""
        with torch.no_grad():
            return self.net(torch.from_numpy(feats.astype(np.float32))[None])[0].numpy()
