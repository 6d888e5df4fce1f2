#!/bin/sh
# Trains all built-in nets from the shared data and writes RESULTS.md. About three hours on two idle cores, most of it the
# phrase spotter's (before Muon and deep.c: the whole was not timed since); `./run.sh small` trains the others only, in half an hour (before mix.py, which takes a quarter).
# SENTENCES=300 COPIES=2 EPOCHS=2 ./run.sh shows in half an hour that every step works; its spotter knows little.
# Needs: Debian python3-torch python3-scipy python3-soundfile open-jtalk open-jtalk-mecab-naist-jdic mecab; cc; Go; COMMUSAFE_SHARED.
set -eu
cd "$(dirname "$0")"
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 COMMUSAFE_SHARED="${COMMUSAFE_SHARED:-../../shared}"
PY=${PYTHON:-/usr/bin/python3} COPIES=${COPIES:-16} EPOCHS=${EPOCHS:-45} SENTENCES=${SENTENCES:-9000}
"$PY" names.py
mkdir -p work
rm -f work/anger.npz
for net in activity anger speaker; do # in this order: the others hear with the voice activity
	nice -n 15 "$PY" $net.py > work/$net.log
done
if [ "${1:-}" != small ]; then
	nice -n 15 "$PY" render.py 2 "$SENTENCES" # adds what is not there yet
	nice -n 15 "$PY" pseudo.py > work/pseudo.log # by the net that is shipped
	nice -n 15 "$PY" features.py "$COPIES" 1 > work/features.log 2>&1 &
	nice -n 15 "$PY" train.py "$EPOCHS" "$COPIES" > work/train.log
	wait
	"$PY" export.py
	cp work/train.log spotter.log
fi
nice -n 15 "$PY" language.py > work/language.log
nice -n 15 "$PY" mix.py 2500
rm -f work/misread.npy # the errors are those of the net and the language at hand
nice -n 15 "$PY" gist.py > work/gist.log
make -C .. build
./results.sh
