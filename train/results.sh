#!/bin/sh
# Writes RESULTS.md: what the shipped net does, by the product's own commands. Needs COMMUSAFE_SHARED and a Go tool chain.
set -eu
cd "$(dirname "$0")"
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 COMMUSAFE_SHARED="${COMMUSAFE_SHARED:-../../shared}"
PY=${PYTHON:-/usr/bin/python3}
[ -f work/spot/english.tsv ] || "$PY" spotsets.py
go build -o work/commusafe ../cmd/commusafe
run() { echo; echo "### $1"; echo; echo '```'; echo "\$ commusafe eval spot --set $2.tsv --phrases $3.txt"
	work/commusafe eval spot --set "work/spot/$2.tsv" --phrases "work/spot/$3.txt"; echo '```'; }
{
	echo "# What the built-in phrase spotter does"
	echo
	echo "Written by train/results.sh on $(date -u +%Y-%m-%d); $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | sed 's/^ //'), $(nproc --all) cores. Weights: sha256 $(sha256sum ../internal/listener/builtin/weights/spotter.bin | cut -c1-16)…"
	cat results.txt
	run "Real human Japanese sentences (Common Voice, 4 clips with transcript; 6 other human clips as negatives too)" speech speech
	run "Real human words, a speaker who is not in the training (Kanji alive), four words joined" words words
	run "False alarms: innocent Japanese, the shipped lexicon (rendered dialogue, and 2 minutes of real people)" calm shipped
	run "False alarms: innocent English of many real voices, the shipped lexicon" english shipped
	echo; echo "### Demonstration calls"; echo; echo '```'
	for c in enquiry-caller complaint-caller abuse-caller limited-caller threat-caller innocent; do
		echo "$c: $(work/commusafe analyze --json "../internal/proof/demo/sound/$c.wav" | "$PY" -c 'import json, sys
e = [i for i in json.load(sys.stdin)["evidence"] if i["type"] == "phrase"]
print(", ".join("%s %.2f" % (i["id"], i["confidence"]) for i in e) or "nothing")')"
	done
	echo '```'; echo; echo "### Speed, one core, with the other core busy"; echo; echo '```'
	(cd .. && go test ./internal/listener/builtin -run xxx -bench . | grep Benchmark)
	echo '```'; echo; echo "### Training"; echo; echo '```'; cat work/train.log; echo '```'
} > RESULTS.md.part
mv RESULTS.md.part RESULTS.md
