#!/bin/sh
# Trains all built-in nets from the shared data and writes RESULTS.md. About two hours on two idle cores, most of it the
# phrase spotter's; `./run.sh small` trains the others only, in a quarter of an hour; `./run.sh left-out` trains the spotter that is
# measured on a voice it never heard.
# Needs: Debian python3-torch python3-scipy python3-soundfile open-jtalk open-jtalk-mecab-naist-jdic; Go; COMMUSAFE_SHARED.
set -eu
cd "$(dirname "$0")"
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 COMMUSAFE_SHARED="${COMMUSAFE_SHARED:-../../shared}"
PY=${PYTHON:-/usr/bin/python3} COPIES=${COPIES:-8} EPOCHS=${EPOCHS:-40}
mkdir -p work
rm -f work/anger.npz
[ "${1:-}" = left-out ] || for net in activity anger speaker; do # in this order: the others hear with the voice activity
	nice -n 15 "$PY" $net.py > work/$net.log
done
if [ "${1:-}" = left-out ]; then # a net without the voice that is measured with: for RESULTS.md, never shipped
	export COMMUSAFE_LEAVE_OUT=1 COMMUSAFE_TRAIN_WORK=work/without
	mkdir -p "$COMMUSAFE_TRAIN_WORK"
	nice -n 15 "$PY" render.py 2 4200
	nice -n 15 "$PY" features.py "$COPIES" 1 > "$COMMUSAFE_TRAIN_WORK/features.log" 2>&1 &
	nice -n 15 "$PY" train.py "$EPOCHS" "$COPIES" > work/left-out.log
	wait
	"$PY" export.py work/left-out.bin
elif [ "${1:-}" != small ]; then
	[ -f work/tts.index.jsonl ] || nice -n 15 "$PY" render.py 2 4200
	nice -n 15 "$PY" features.py "$COPIES" 1 > work/features.log 2>&1 &
	nice -n 15 "$PY" train.py "$EPOCHS" "$COPIES" > work/train.log
	wait
	"$PY" export.py
	cp work/train.log spotter.log
fi
make -C .. build
./results.sh
