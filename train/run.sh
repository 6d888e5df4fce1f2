#!/bin/sh
# Trains the phrase spotter's net from the shared data: render, augment, train, export. About 75 minutes on two cores.
# Needs: Debian python3-torch python3-scipy python3-soundfile open-jtalk open-jtalk-mecab-naist-jdic; COMMUSAFE_SHARED.
set -eu
cd "$(dirname "$0")"
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 COMMUSAFE_SHARED="${COMMUSAFE_SHARED:-../../shared}"
PY=${PYTHON:-/usr/bin/python3} COPIES=${COPIES:-4} EPOCHS=${EPOCHS:-18}
mkdir -p work
[ -f work/tts.index.jsonl ] || nice -n 15 "$PY" render.py 1
nice -n 15 "$PY" features.py "$COPIES" 1 > work/features.log 2>&1 &
nice -n 15 "$PY" train.py "$EPOCHS" "$COPIES" > work/train.log
wait
"$PY" export.py
