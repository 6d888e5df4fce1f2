"""Step 1: render the corpus sentences with Open JTalk voices into work/tts.{i16,jsonl}.

One rendering a sentence and round, with voice, formants, pitch and rate drawn by a fixed seed; the first COUNT of them in
an order drawn by one. What is there already stays; the rest is added.
"""

import json
import multiprocessing
import os
import random
import re
import sys

import numpy as np

from common import WORK, fold, jtalk, shared

LEFT_OUT = "tohoku-f01-angry"  # spotsets.py measures with it, so it is never rendered for training
VOICES = ["mei_normal", "mei_happy", "mei_sad", "mei_angry", "mei_bashful",
          "tohoku-f01-neutral", "tohoku-f01-happy", "tohoku-f01-sad"]


def sentences():
    out = []
    for name in ("rohan4600", "ita_emotion", "ita_recitation"):
        with open(shared("data", "corpora", name + ".txt"), encoding="utf-8") as f:
            for line in f:
                key, rest = line.strip().split(":", 1)
                out.append((key, re.sub(r"\([^)]*\)", "", rest.rsplit(",", 1)[0])))
    return out


def one(job):
    number, key, text, round_ = job
    r = random.Random(f"{key}/{round_}")
    voice = r.choice(VOICES)
    try:
        x, phones = jtalk(text, voice, alpha=r.uniform(0.53, 0.66), semitones=r.uniform(-14, 3),
                          rate=r.uniform(0.8, 1.55), gv=r.uniform(0.8, 1.3))
        labels = fold([p for p, _, _ in phones])
    except (KeyError, IndexError) as e:
        print("left out", key, e, file=sys.stderr)
        return None
    x = x / max(1e-3, np.abs(x).max()) * 0.7
    return number, key, voice, labels, (x * 32767).astype(np.int16)


def main(rounds, count):
    todo = [(n, k, t, r) for r in range(rounds) for n, (k, t) in enumerate(sentences())]
    random.Random(1).shuffle(todo)
    os.makedirs(WORK, exist_ok=True)
    done, start = os.path.join(WORK, "tts.index.jsonl"), 0
    rows = []
    if os.path.exists(done):
        with open(done, encoding="utf-8") as f:
            rows = [json.loads(line) for line in f]
        start = rows[-1]["from"] + rows[-1]["n"]
    todo = todo[len(rows):count]
    with multiprocessing.Pool(2) as pool, open(os.path.join(WORK, "tts.i16"), "ab") as sound:
        sound.truncate(2 * start)
        for got in pool.imap(one, todo, chunksize=8):
            if got is None:
                continue
            n, key, voice, labels, x = got
            sound.write(x.tobytes())
            rows.append({"key": key, "voice": voice, "labels": labels, "from": start, "n": len(x)})
            start += len(x)
    with open(done + ".part", "w", encoding="utf-8") as index:
        index.writelines(json.dumps(row) + "\n" for row in rows)
    os.rename(done + ".part", done)
    print(f"{start / 8000 / 3600:.2f} h rendered")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
