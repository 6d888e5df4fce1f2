#!/bin/bash
# Writes docs/quality.md: what the measures print on this machine, with the date and the commands.
#
#   internal/proof/quality.sh [CALLS] [SECONDS] [ROUNDS] [CALLERS]
#   ONLY='TITLE' internal/proof/quality.sh      measures one section anew, under the title that it has there
#
# CALLS, SECONDS and ROUNDS are those of bench relay, CALLERS that of bench reaction. The shared development sets are
# looked for in $COMMUSAFE_SHARED (default: ../shared); what is not there is left out and said so. Needs a built
# bin/commusafe (make build), a quiet machine, and about eight minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
calls=${1:-100} seconds=${2:-10} rounds=${3:-5} callers=${4:-10}
shared=${COMMUSAFE_SHARED:-../shared} sets=train/work
program=$PWD/bin/commusafe
out=docs/quality.md
[ -x "$program" ] || { echo "bin/commusafe is missing: make build" >&2; exit 1; }
part=$(mktemp) && trap 'rm -f "$part"' EXIT

# left_out TITLE: whether another section is wanted; its title is printed all the same, so that sections keep apart.
left_out() {
	[ -n "${ONLY:-}" ] && [ "$ONLY" != "$1" ] && printf '\n## %s\n' "$1"
}

# measure TITLE ARGUMENTS…: one section with the command and what it printed.
measure() {
	local title=$1 && shift
	if left_out "$title"; then return; fi
	echo "… $*" >&2
	printf '\n## %s\n\nLoad average before: %s.\n\n```\n$ commusafe %s\n' "$title" "$(cut -d' ' -f1 /proc/loadavg)" "$*"
	"$program" "$@"
	printf '```\n'
}

# text TITLE FILE: eval text on one of the shared sets.
text() {
	if left_out "$1"; then return; fi
	if [ -f "$shared/$2" ]; then
		(cd "$shared" && measure "$1" eval text --set "$2" "${@:3}")
		printf '\nSHA-256 of the set: %s\n' "$(sha256sum "$shared/$2" | cut -c1-64)"
	else
		printf '\n## %s\n\nThe set %s was not at hand.\n' "$1" "$2"
	fi
}

# sound TITLE FOLDER FILE ARGUMENTS…: a measure run in a folder of the shared data.
sound() {
	local title=$1 folder=$2 file=$3 && shift 3
	if [ -f "$shared/$folder/$file" ]; then (cd "$shared/$folder" && measure "$title" "$@")
	else printf '\n## %s\n\nThe set %s/%s was not at hand.\n' "$title" "$folder" "$file"; fi
}

# made TITLE FILE ARGUMENTS…: a measure on a set that the training scripts made.
made() {
	local title=$1 file=$2 && shift 2
	if [ -f "$sets/$file" ]; then (cd "$sets/$(dirname "$file")" && measure "$title" "$@")
	else printf '\n## %s\n\nThe set was not at hand: train/spotsets.py and train/sets.py make it.\n' "$title"; fi
}

cpu=$(sed -n 's/^model name\t*: //p' /proc/cpuinfo | head -1)
{
	cat <<HEAD
# What the product's own measures say

Written by internal/proof/quality.sh on $(date -u +%F); program $("$program" --version), lexicon $(grep -om1 "shipped/[0-9]*" internal/judge/lexicon.go | head -1);
$cpu, $(nproc) cores.
What the built-in nets hear, and what they do not, stands in [train/RESULTS.md](../train/RESULTS.md).

What these figures do not show:

- **The lexicon was written in view of the first set.** Its shares say that the judge does what its authors meant. In five
  folds each line is judged without the entries that name it and without every longer word that stands in it alone; but
  the authors had read the lines, so strangers' lines will be found less often: the lists of strangers say how much less. Measure on your own calls. The second set was not written for this
  product, but there is hardly any harassment in it: it shows how seldom ordinary talk is taken for harassment, and next
  to nothing of what is missed. Both are read as words: the built-in listener hears phrases, not words, and finds fewer.
- **The statistics were trained with errors from the same spoiler that --errors measures with.** A real recogniser errs in other ways.
- **Absolute times belong to this machine and this hour**: a virtual one with two cores that others use too, on which the
  load generator, the bus, the listener and the relay stand in each other's way. Only ratios of neighbouring runs carry
  over, and with two cores the listener's work is a harder neighbour than it would be on a real server.
- **A load average above the number of cores means that others were at work**: p99 and max of the relay are theirs as
  much as ours then, and their ratio says little.
- **The strangers are language models** that had seen nothing of the product; no caller wrote or said their lines, and the sentences that the statistics are trained on come from
  authors of the same kind. Real calls will give less.
- **The callers of bench reaction are synthetic voices**, of the kind that the recogniser was trained with, and speak at
  the same moment. A real voice is noticed less often; how fast it is answered once noticed does not depend on it.
- Nothing here went over a network: loopback only.

A number that a measure prints is not a promise, and no test asserts one.
HEAD
	text "Judging the phrases that the lexicon was written in view of, and in five folds without what came from them" data/phrases/dev.jsonl --folds 5
	text "Judging text that it was not written in view of" data/text/dev.tsv
	measure "Phrases of a stranger, unread; their totals were in sight while thresholds were set" eval text --set internal/proof/eval/testdata/strangers-unseen.jsonl
	measure "Other phrases of that stranger, which were read" eval text --set internal/proof/eval/testdata/strangers-looked-at.jsonl
	measure "Phrases of another stranger: nobody has read them; totals were in sight while a training was chosen" eval text --set internal/proof/eval/testdata/strangers-blind.jsonl
	measure "Phrases of a further stranger: the same" eval text --set internal/proof/eval/testdata/strangers-blind2.jsonl
	measure "Phrases of one more stranger, 96 of them of people in need, which were read and trained on" eval text --set internal/proof/eval/testdata/strangers-blind3.jsonl
	measure "Phrases of a stranger of people in need and of such as only sound like it: nobody has read them; totals were in sight" eval text --set internal/proof/eval/testdata/strangers-blind4.jsonl
	measure "Phrases of two more strangers of the same two sorts: nobody has read them; totals were in sight" eval text --set internal/proof/eval/testdata/strangers-blind5.jsonl
	text "The same phrases as a recogniser might write them at 8 kHz: by letters, and with what finds entries by their sound" data/phrases/dev.jsonl --errors 0.05,0.1,0.15
	text "The second set with such errors" data/text/dev.tsv --errors 0,0.05,0.1,0.15
	measure "Judging whole conversations" eval dialogue --set internal/proof/eval/testdata/dialogues.jsonl
	measure "Whole conversations by strangers: harassment, people in need, and such as only look or sound like it" eval dialogue --kinds --set internal/proof/eval/testdata/dialogues-strangers.jsonl
	measure "Whole conversations by further strangers: the same, and long ordinary ones" eval dialogue --kinds --set internal/proof/eval/testdata/dialogues-strangers2.jsonl
	measure "Pairs of conversations with nearly the same words (danger now, told; harassment at the agent, not), which nobody has read; totals were in sight" eval dialogue --kinds --set internal/proof/eval/testdata/dialogues-strangers4.jsonl
	measure "The same by two more strangers, measured when everything was decided" eval dialogue --kinds --set internal/proof/eval/testdata/dialogues-strangers5.jsonl
	measure "Whole conversations by two more strangers, which nobody has read" eval dialogue --kinds --set internal/proof/eval/testdata/dialogues-strangers3.jsonl
	if [ -f "$shared/data/text/train.tsv" ]; then
		measure "What is done to 10,000 synthetic ordinary calls" eval dialogue --ordinary 10000 --lines "$shared/data/text/train.tsv" --lines "$shared/data/text/dev.tsv"
	fi
	measure "Recorded calls of the demonstration: sound in, actions out" eval calls --dir internal/proof/eval/testdata/calls
	measure "The relay, with guard work and without" bench relay --calls "$calls" --seconds "$seconds" --rounds "$rounds" 2> >(grep -v '^round' >&2)
	cat <<'NOTE'

*recorded*: a whole edge relays and records every call; nobody listens. *guarded*: the same, and a listener process at the
lowest priority hears every call, the guard judges and proposes (preset 確認してから: nothing is spoken, so that every
packet goes the same way). *engine*: the media engine alone, its taps read and thrown away. Delay is from the sender's
clock to the kernel's receive time of the relayed packet; both ends are the same process. The ratios compare runs that
were neighbours in time.
NOTE
	measure "From the caller's words to the answer" bench reaction --calls "$callers"
	cat <<'NOTE'

The end of an utterance is where the loud part of the sound ends in the recording. A phrase in the middle of a
sentence is noticed before the sentence is out: the figure is negative then. *end of phrase* is where the recogniser
places it. The spotter looks 300 ms ahead and waits a little for a better match. A step that followed a timer instead of
words is not counted: n is lower then.
NOTE
	measure "Judging an hour of dense dialogue" bench judge
	measure "The same with the packs of all trades" bench judge --trade all
	measure "Hearing at the pace of a call, one core" bench listen --legs 100 --seconds 10 --rounds "$rounds" 2> >(grep -v '^round' >&2)
	cat <<'NOTE'

Words, voice activity, anger and sound on every leg, the SIMD path and the generic path in turn, each run a process of its
own with one thread. Lag is from the moment a batch's last sample was due.
NOTE
	measure "Searching registered voices" bench gallery --voices 100000 --rounds 31 2> /dev/null
	measure "Searching a million" bench gallery --voices 1000000 --rounds 9 2> /dev/null
	if [ -x bin/commusafe-plain ]; then
		program=$PWD/bin/commusafe-plain measure "The relay while hearing has twice too much to do (the generic path, so that this machine can be overloaded)" bench relay --overload --seconds 10 --rounds 3 2> /dev/null
		cat <<'NOTE'

The listener has one core. *recorded*: nobody hears. *within*: half of the calls that this core can hear. *overload*: all of them, twice what it can if it
did nothing else; then nine tenths hang up, and *taken back* counts the steps that came back in the minute after. Load generator and relay
use that core too, so hearing may give up under *within* already.
NOTE
	fi
	sound "Anger of unseen acted speakers" data/emotion dev.tsv eval emotion --set dev.tsv
	sound "Anger in vocal bursts, another corpus" data/emotion burst_dev.tsv eval emotion --set burst_dev.tsv
	sound "Voices of unseen speakers (参考)" data/speaker dev_trials.tsv eval speaker --trials dev_trials.tsv --utts dev_utts.tsv
	sound "The same, the test over another line" data/speaker dev_trials.tsv eval speaker --lines --trials dev_trials.tsv --utts dev_utts.tsv
	sound "Recognition of real sentences" data/speech dev.tsv eval speech --set dev.tsv
	# The sets that train/spotsets.py and train/sets.py make.
	made "Phrases: words of an unseen person, alone and joined" spot/joined.tsv eval spot --set joined.tsv --phrases joined.txt
	made "Phrases: real sentences" spot/speech.tsv eval spot --set speech.tsv --phrases speech.txt
	made "Voice activity: left-out voice and noises" sets/vad.tsv eval vad --set vad.tsv
} > "$part"
if [ -n "${ONLY:-}" ]; then
	# The one section takes the place of the one in the page, and says when it was measured and by what.
	/usr/bin/env python3 - "$out" "$part" "$ONLY" "$(date -u +%F), program $("$program" --version)" <<'PY' || exit 1
import re, sys
out, part, title, by = sys.argv[1:]
page, new = (open(p, encoding="utf-8").read() for p in (out, part))
section = re.compile(r"^## " + re.escape(title) + r"\n(.*?)(?=^## |\Z)", re.M | re.S)
found = section.search(new)
if not found or not section.search(page):
    raise SystemExit(f"no section of {out} is called: {title}")
text = f"## {title}\n\nMeasured anew on {by}.\n{found[1].rstrip()}\n\n"
page = section.sub(lambda _: text, page)
open(out, "w", encoding="utf-8").write(page.rstrip() + "\n")
PY
else
	mv "$part" "$out"
	chmod 644 "$out"
fi
rm -f "$part"
trap - EXIT
echo "written: $out" >&2
