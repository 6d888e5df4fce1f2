"""G.711 mu-law in numpy, and WAV files of format 7 as the product plays them."""

import struct

import numpy as np

_ENDS = np.array([0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF, 0x1FFF])


def encode(x):
    """Float samples in -1..1 to mu-law octets (ITU-T G.711, on 14 bits)."""
    s = np.clip(np.round(x * 32768), -32768, 32767).astype(np.int64) >> 2
    mask = np.where(s < 0, 0x7F, 0xFF)
    s = np.minimum(np.abs(s), 8159) + 33
    seg = np.searchsorted(_ENDS, s)
    low = (s >> (seg + 1)) & 0x0F
    octet = np.where(seg >= 8, 0x7F, (seg << 4) | low)
    return (octet ^ mask).astype(np.uint8)


def _table():
    u = ~np.arange(256) & 0xFF
    t = (((u & 0x0F) << 3) + 0x84) << ((u & 0x70) >> 4)
    return np.where(u & 0x80, 0x84 - t, t - 0x84) / 32768.0


_DECODE = _table()


def decode(octets):
    """Mu-law octets to float samples in -1..1."""
    return _DECODE[octets]


def write_wav(path, x):
    """One channel, 8 kHz, format 7 with the fact chunk of RFC 2361. Returns the file's bytes."""
    data = encode(x).tobytes()
    n = len(data)
    pad = b"\0" * (n % 2)
    body = (b"WAVEfmt " + struct.pack("<IHHIIHHH", 18, 7, 1, 8000, 8000, 1, 8, 0) +
            b"fact" + struct.pack("<II", 4, n) + b"data" + struct.pack("<I", n) + data + pad)
    whole = b"RIFF" + struct.pack("<I", len(body)) + body
    with open(path, "wb") as f:
        f.write(whole)
    return whole


def level(x, dbov):
    """Scale to the RMS level dbov over the parts that are not silent, with a soft limit below full scale."""
    frame = 160
    k = len(x) // frame
    power = (x[:k * frame].reshape(k, frame) ** 2).mean(1)
    loud = power > power.max() * 1e-4
    y = x * (10 ** (dbov / 20) / np.sqrt(power[loud].mean()))
    return np.tanh(y / 0.95) * 0.95
