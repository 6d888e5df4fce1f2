"""The front end, frame by frame as internal/listener/builtin does it: 40 log-mel at 8 kHz, running mean."""

import numpy as np

WINDOW, HOP, FFT, MELS = 200, 80, 256, 40
LOW, HIGH = 60.0, 3800.0
FLOOR = 1e-7      # added to a band's power before the logarithm
SCALE, CLIP = 0.4, 4.0
LONG = 400        # frames: the longest memory of the running mean
DECAY = 0.0012    # nats a frame by which the peak level falls
NEAR = 3.0        # nats below the peak that still count as speech
JUMP = 2.3        # nats above the peak that begin a new mean
PRIOR = 20        # frames of SHAPE that a new mean's shape begins with; its level begins with the first frame's
# Nats by which each band of speech lies above their mean, over 400 renderings and human words through telephone lines.
SHAPE = np.array([
    -2.34, -1.4, -0.14, 0.98, 2, 2.28, 1.81, 1.86, 1.36, 1.47, 1.35, 1.34, 1.23, 1.12,
    1, 0.81, 0.57, 0.31, 0.16, -0.16, -0.25, -0.45, -0.49, -0.57, -0.64, -0.67, -0.66, -0.69,
    -0.72, -0.76, -0.82, -0.84, -0.86, -0.82, -0.79, -0.72, -0.74, -0.87, -1.28, -1.98,
])

_HANN = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)


def mel(f):
    return 1127.0 * np.log(1 + f / 700.0)


def filters(warp=1.0):
    """Triangles on the mel scale, (FFT/2+1, MELS); warp bends the frequency axis (VTLP)."""
    edges = np.linspace(mel(LOW), mel(HIGH), MELS + 2)
    hz = 700.0 * (np.exp(edges / 1127.0) - 1) * warp
    bins = np.arange(FFT // 2 + 1) * 8000.0 / FFT
    lo, mid, hi = hz[:-2], hz[1:-1], hz[2:]
    up = (bins[:, None] - lo) / (mid - lo)
    down = (hi - bins[:, None]) / (hi - mid)
    return np.maximum(0, np.minimum(up, down))


def logmel(x, bank, hop=HOP):
    """Samples in -1..1 to (frames, MELS) natural logarithms of band power. A longer hop than HOP is faster speech at the same pitch."""
    n = 1 + (len(x) - WINDOW) // hop
    if n < 1:
        return np.zeros((0, MELS))
    idx = np.arange(WINDOW) + hop * np.arange(n)[:, None]
    power = np.abs(np.fft.rfft(x[idx] * _HANN, FFT)) ** 2
    return np.log(power @ bank + FLOOR)


def normalise(m):
    """Subtract the running mean of the frames near the running peak; causal, the same at any gain."""
    out = np.empty_like(m)
    level = m.mean(1).tolist()
    mean, shape, peak, n = 0.0, None, -1e9, 0
    for t, e in enumerate(level):
        if shape is None or e > peak + JUMP:
            mean, shape, n = e, SHAPE.copy(), 0
        peak = max(e, peak - DECAY)
        if e > peak - NEAR:
            n += 1
            mean += (e - mean) * max(1.0 / LONG, 1.0 / n)
            shape += (m[t] - e - shape) * max(1.0 / LONG, 1.0 / (n + PRIOR))
        out[t] = m[t] - mean - shape
    return np.clip(out * SCALE, -CLIP, CLIP)


def features(x, bank, hop=HOP):
    return normalise(logmel(x, bank, hop))
