#!/bin/sh
# Writes RESULTS.md: what the shipped nets do, by the product's own commands. Needs COMMUSAFE_SHARED and a Go tool chain.
set -eu
cd "$(dirname "$0")"
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 COMMUSAFE_SHARED="${COMMUSAFE_SHARED:-../../shared}"
PY=${PYTHON:-/usr/bin/python3}
[ -f work/spot/english.tsv ] || "$PY" spotsets.py
[ -f work/sets/readers.tsv ] || "$PY" sets.py
[ -f work/calls/ordinary/expect.tsv ] || "$PY" callsets.py
[ -f ../bin/commusafe ] || make -C .. build
product=$PWD/../bin/commusafe
section() { printf '\n### %s\n\n```\n' "$1"; shift; echo "\$ commusafe $*"; "$product" "$@"; echo '```'; }
spot() { (cd work/spot && section "$1" eval spot --set "$2.tsv" --phrases "$3.txt"); }
# The speed is measured once and kept in work/speed.txt: on a busy machine measure it again in a quiet hour.
speed() {
	printf '\nLoad average before: %s.\n' "$(cut -d' ' -f1 /proc/loadavg)"
	section "All built-in listeners at the pace of a call, one core" bench listen --legs 200 --plain-legs 60 --seconds 8 --rounds 5 2> /dev/null
}
small() { (cd work/sets && section "$@"); }
{
	echo "# What the built-in nets do"
	echo
	echo "Written by train/results.sh on $(date -u +%Y-%m-%d); $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | sed 's/^ //'), $(nproc --all) cores."
	echo
	for w in ../internal/listener/builtin/weights/*.bin; do echo "- $(basename "$w"): $(wc -c < "$w") bytes, sha256 $(sha256sum "$w" | cut -c1-16)…"; done
	cat results.txt
	printf '\n## Phrase spotter\n'
	spot "Real people: words of a speaker who is not in the training (Kanji alive), alone and joined by two or three; every phrase against every clip" joined joined
	spot "Real people: the training speakers' words that were left out (fold 0), alone and joined" fold fold
	spot "Real people: the unseen speaker, four words joined, phrases of two" words words
	spot "Real people: sentences (Common Voice, 4 clips, kana by hand; 6 other human clips as negatives too)" speech speech
	spot "Rendered: the phrases of data/phrases by a voice that the net never heard, in left-out noises, rooms and G.711; every innocent human clip that no training heard as negative" rendered rendered
	spot "Rendered, the same with noise at least 15 dB under the voice" quieter quieter
	spot "False alarms: innocent Japanese, the shipped lexicon (rendered dialogue, and 2 minutes of real people)" calm shipped
	spot "False alarms: innocent English of many real voices, the shipped lexicon" english shipped
	spot "False alarms: the same innocent Japanese, the entries that are heard only (the judge asks more of them than the spotter: confidence 0.5, and -1.3 nats a phoneme)" calm heard
	(cd work/spot && section "Rough reading of real sentences" eval speech --set speech.tsv)
	(cd work/spot && section "Rough reading of real words" eval speech --set joined.tsv)
	printf '\n## Voice activity\n'
	small "Scenes of a left-out voice in left-out noises, by signal-to-noise ratio" eval vad --set vad.tsv
	small "The same by noise" eval vad --set vad_noise.tsv
	if [ -d ../.cache/sherpa/package ] && [ -f "$COMMUSAFE_SHARED/models/vad/silero_vad.onnx" ]; then
		small "The same with Silero's net beside it, by sherpa-onnx" eval vad --set vad.tsv --silero "$(realpath --relative-to=work/sets "$COMMUSAFE_SHARED")/models/vad/silero_vad.onnx" --runtime ../../../.cache/sherpa/package
	fi
	small "The same by the method without a net" eval vad --level --set vad.tsv
	printf '\n## Anger\n'
	small "Unseen speakers, without any baseline (bursts are another corpus, not trained with)" eval emotion --set emotion.tsv
	small "Calm reading of people whom no training heard: how often it is taken for anger" eval emotion --set readers.tsv
	small "Another language and a synthesiser: angry and calm styles of two rendered Japanese voices, mei never trained on" eval emotion --set language.tsv
	small "Calls put together of the unseen speakers' clips, without the calm baseline" eval emotion --set calls.tsv
	small "The same with it" eval emotion --baseline --set calls.tsv
	small "Calls put together of rendered Japanese, without the calm baseline" eval emotion --set calls_language.tsv
	small "The same with it" eval emotion --baseline --set calls_language.tsv
	printf '\n## Voice embedding (参考)\n'
	(cd "$COMMUSAFE_SHARED/data/speaker" && section "Unseen speakers, both clips as they are" eval speaker --trials dev_trials.tsv --utts dev_utts.tsv)
	(cd "$COMMUSAFE_SHARED/data/speaker" && section "Enrolment and test over different lines, noises and levels" eval speaker --lines --trials dev_trials.tsv --utts dev_utts.tsv)
	small "The same voice calm and angry (acted speakers)" eval speaker --trials style.tsv
	printf '\n## Demonstration calls\n\n```\n'
	for c in enquiry-caller complaint-caller abuse-caller limited-caller threat-caller innocent; do
		echo "$c: $("$product" analyze --json "../internal/proof/demo/sound/$c.wav" | "$PY" -c 'import json, sys
items = json.load(sys.stdin)["evidence"]
e = [i for i in items if i["type"] == "phrase"]
g = [i for i in items if i["type"] == "gist"]
a = max([i["anger"] for i in items if i["type"] == "emotion"] or [0])
print(", ".join(["%s %.2f" % (i["id"], i["confidence"]) for i in e] + ["like %s %.2f" % (i["category"], i["harm"]) for i in g if i["harm"] >= 0.8]) or "nothing", "; greatest anger %.2f" % a)')"
	done
	printf '```\n\n## Whole calls: sound in, actions out (callsets.py; the built-in listener alone)\n'
	(cd work/calls && section "Ordinary service dialogues, each caller another voice" eval calls --dir ordinary)
	(cd work/calls && section "The calls of dialogues.jsonl under four minutes, by a voice that no training heard; expected is what is expected of the words" eval calls --dir dialogues)
	(cd work/calls && section "Lines of strangers, eight in a call, by that voice: harassment of one kind, and what only looks like it, people in a crisis among it" eval calls --dir strangers)
	(cd work/calls && section "Lines of one more stranger, by that voice: the same, and people in need eight lines in a call or one alone among three others (passing)" eval calls --dir further)
	(cd work/calls && section "Whole calls of strangers, by that voice: harassers, people in need, such as only sound like it, upset customers" eval calls --dir people)
	(cd work/calls && section "The same of further strangers, and long ordinary calls" eval calls --dir people2)
	(cd work/calls && section "The same of two more strangers; nobody has read them" eval calls --dir people3)
	(cd work/calls && section "People in need, such as only sound like it and upset customers of the first of these sets, by a voice that the net knows" eval calls --dir known)
	printf '\n## Speed\n'
	[ -f work/speed.txt ] || speed > work/speed.txt
	cat work/speed.txt
	printf '\n## Training\n\nSpotter:\n\n```\n'; cat spotter.log
	for n in activity anger speaker language gist; do printf '```\n\n%s.py:\n\n```\n' $n; cat "work/$n.log"; done
	echo '```'
} > RESULTS.md.part
mv RESULTS.md.part RESULTS.md
