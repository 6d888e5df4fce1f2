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


def logmel(x, bank):
    """Samples in -1..1 to (frames, MELS) natural logarithms of band power."""
    n = 1 + (len(x) - WINDOW) // HOP
    if n < 1:
        return np.zeros((0, MELS))
    idx = np.arange(WINDOW) + HOP * np.arange(n)[:, None]
    power = np.abs(np.fft.rfft(x[idx] * _HANN, FFT)) ** 2
    return np.log(power @ bank + FLOOR)


def normalise(m):
    """Subtract the running mean of the frames near the running peak; causal, the same at any gain."""
    out = np.empty_like(m)
    level = m.mean(1).tolist()
    mean, peak, n = None, -1e9, 0
    for t, e in enumerate(level):
        if mean is None or e > peak + JUMP:
            mean, n = m[t].copy(), 0
        peak = max(e, peak - DECAY)
        if e > peak - NEAR:
            n += 1
            mean += (m[t] - mean) * max(1.0 / LONG, 1.0 / n)
        out[t] = m[t] - mean
    return np.clip(out * SCALE, -CLIP, CLIP)


def features(x, bank):
    return normalise(logmel(x, bank))
