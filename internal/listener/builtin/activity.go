package builtin

import (
	_ "embed"

	"commusafe/internal/listener/hear"
)

//go:embed weights/activity.bin
var activityWeights []byte

// ActivitySource names the net of voice activity.
const ActivitySource = "builtin-activity/1"

// Odds of speech (natural logarithm) over which a slot is speech: to begin, and to go on.
const (
	speechBegins = 0.0
	speechStays  = -0.5
)

// An Activity is voice activity by a small net on log-mel: for each slot of 20 ms it looks 0.7 s back and 140 ms ahead.
// It is read-only and safe for several goroutines.
type Activity struct {
	net  *Net
	bank *melBank
}

var _ hear.VoiceActivity = (*Activity)(nil)

// LoadActivity gives the net that comes with the product.
func LoadActivity() (*Activity, error) {
	n, err := parseFor(activityWeights, activityInputs, 2)
	if err != nil {
		return nil, err
	}
	return &Activity{net: n, bank: newVoiceBank()}, nil
}

// Plain gives the same on the generic path, for measuring.
func (a *Activity) Plain() *Activity { return &Activity{net: a.net.Plain(), bank: a.bank} }

// Source names the net.
func (a *Activity) Source() string { return ActivitySource }

// Open begins to follow a party.
func (a *Activity) Open() hear.Activity {
	return a.open()
}

func (a *Activity) open() *activity {
	return &activity{net: newStream(a.net), front: newVoiceFront(a.bank), pcm: make([]int16, voiceBefore)}
}

// An activity follows one party.
type activity struct {
	net    *stream
	front  voiceFront
	level  voiceLevel
	pcm    []int16 // voiceBefore samples, then those of the slots that are still to come
	frames []voiceFrame
	dead   []bool // whether those slots were digital silence
	speech bool
	index  int // of the next slot

	spoken func(f *voiceFrame, window []int16, index int) // told of each slot of speech, if there is one
	ended  func(index int)                                // told how many slots there were, when the sound ends
}

// Feed takes samples and gives the slots that became known.
func (a *activity) Feed(pcm []int16, out []hear.Slot) []hear.Slot {
	a.pcm = append(a.pcm, pcm...)
	a.front.feed(pcm, a.slot)
	return a.decide(a.net.run(), out)
}

// slot puts what the net sees of a slot on its stack.
func (a *activity) slot(f *voiceFrame, _ []int16) {
	n := len(a.net.stack)
	a.net.stack = resized(a.net.stack, n+activityInputs)
	heard := a.level.follow(f)
	if heard {
		a.level.inputs(f, a.net.stack[n:])
	} else {
		clear(a.net.stack[n:])
	}
	a.dead = append(a.dead, !heard)
	if a.spoken != nil {
		a.frames = append(a.frames, *f)
	}
}

// decide turns the net's outputs into slots.
func (a *activity) decide(log []float32, out []hear.Slot) []hear.Slot {
	to, n := a.net.net.out.to, 0
	for ; len(log) > 0 && len(a.pcm) >= voiceBefore+(n+1)*voiceHop; log = log[to:] {
		odds := log[1] - log[0]
		a.speech = !a.dead[n] && (odds > speechBegins || a.speech && odds > speechStays)
		at := voiceBefore + n*voiceHop
		out = append(out, hear.Slot{Level: hear.SlotLevel(a.pcm[at : at+voiceHop]), Speech: a.speech})
		if a.speech && a.spoken != nil && len(a.pcm) >= at-voiceBefore+voiceWindow {
			a.spoken(&a.frames[n], a.pcm[at-voiceBefore:at-voiceBefore+voiceWindow], a.index)
		}
		a.index++
		n++
	}
	a.pcm = a.pcm[:copy(a.pcm, a.pcm[n*voiceHop:])]
	a.dead = a.dead[:copy(a.dead, a.dead[n:])]
	if a.spoken != nil {
		a.frames = a.frames[:copy(a.frames, a.frames[n:])]
	}
	return out
}

// Close gives the slots that were still to come and begins anew; the line's levels are kept.
func (a *activity) Close(out []hear.Slot) []hear.Slot {
	var silence [voiceBefore]int16
	a.front.feed(silence[:], a.slot)
	out = a.decide(a.net.run(), out)
	out = a.decide(a.net.flush(), out)
	if a.ended != nil {
		a.ended(a.index)
	}
	a.net, a.front = newStream(a.net.net), newVoiceFront(a.front.bank)
	a.pcm, a.frames, a.dead, a.speech, a.index = a.pcm[:voiceBefore], a.frames[:0], a.dead[:0], false, 0
	clear(a.pcm)
	return out
}
