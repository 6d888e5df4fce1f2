package hear

import (
	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// SoundSource is the name of this part in evidence.
const SoundSource = "sound/1"

// WindowMS is the step at which the sound of a conversation is told.
const WindowMS = 2000

const (
	windowSlots = WindowMS / SlotMS
	waitSlots   = 1000 / SlotMS // how far one party's sound may lag before the other's window is told without it
	leastSpeech = 15            // speech slots (300 ms) that a window must have to tell a loudness
	rateSpeech  = 40            // speech slots (800 ms) that it must have to tell a speech rate
	longestHole = 4 * 3600 * 1000 / SlotMS
	breakMS     = 500 // a jump of a party's call time that is a hole, not jitter
)

// A Conversation hears both parties of one call as sound: who speaks, how loud against the own calm voice, over whom,
// how long silent. It tells one evidence.Sound for each party and window in which it spoke, and at the end of a
// silence that has grown by a window's length. It belongs to the goroutine that feeds both parties.
type Conversation struct {
	sides map[call.Party]*side
	told  int // windows told so far
}

// A side is one party's slots. Slot k covers call time k·20 ms.
type side struct {
	activity Activity
	mood     *Mood // nil: nobody reads anger
	base     Baseline
	slots    []Slot // of windows not yet told
	from     int    // index of slots[0]
	pos      int    // index of the next slot by call time
	next     call.Millis
	started  bool
	talked   int // speech slots so far
	silent   int // slots since the last speech
	scratch  []Slot
	phonemes int  // heard since the last window
	alive    bool // something other than digital silence has come
	oneWay   bool // told that nothing comes from this party
}

// NewConversation begins to hear a call.
func NewConversation(v VoiceActivity) *Conversation {
	return &Conversation{sides: map[call.Party]*side{call.Caller: {activity: v.Open()}, call.Agent: {activity: v.Open()}}}
}

// Read has the anger of one party's voice told as well, from its first frame on.
func (c *Conversation) Read(who call.Party, r EmotionReader) *Mood {
	s := c.sides[who]
	s.mood = newMood(r, who, s.activity)
	return s.mood
}

// Hear takes the next frame of one party; frames of a party come in order. Sound before call time 0 is dropped.
func (c *Conversation) Hear(who call.Party, f audio.Frame, report Report) {
	s, ok := c.sides[who]
	if !ok || f.At < 0 {
		return
	}
	if !s.started || f.At-s.next > breakMS || s.next-f.At > breakMS {
		s.flush()
		s.started, s.pos, s.next = true, int(f.At/SlotMS), f.At
		if s.mood != nil {
			s.mood.begin(f.At, report)
		}
	}
	s.next += call.Millis(len(f.PCM) / audio.SamplesPerMS)
	s.scratch = s.activity.Feed(f.PCM, s.scratch[:0])
	for _, v := range s.scratch {
		s.place(v)
	}
	if s.mood != nil {
		s.mood.hear(f, report)
	}
	for {
		a, b := c.sides[call.Caller], c.sides[call.Agent]
		need := (c.told + 1) * windowSlots
		if min(a.end(), b.end()) < need && max(a.end(), b.end()) < need+waitSlots {
			return
		}
		c.window(report)
	}
}

// Phonemes tells how many phonemes a recogniser has heard of a party since it was last told, for the speech rate.
func (c *Conversation) Phonemes(who call.Party, n int) {
	if s, ok := c.sides[who]; ok {
		s.phonemes += n
	}
}

// flush places the slots that were still to come.
func (s *side) flush() {
	s.scratch = s.activity.Close(s.scratch[:0])
	for _, v := range s.scratch {
		s.place(v)
	}
}

// Close tells the last, shorter window.
func (c *Conversation) Close(report Report) {
	for _, who := range []call.Party{call.Caller, call.Agent} {
		s := c.sides[who]
		s.flush()
		if s.mood != nil {
			s.mood.end(report)
		}
	}
	for max(c.sides[call.Caller].end(), c.sides[call.Agent].end()) > c.told*windowSlots {
		c.window(report)
	}
}

func (s *side) end() int { return s.from + len(s.slots) }

// place puts a slot where call time has it: a hole before it is silence, what was already told is not told again.
func (s *side) place(v Slot) {
	k := s.pos
	s.pos++
	if k < s.end() || k > s.end()+longestHole {
		return
	}
	s.alive = s.alive || v.Level > audio.Floor
	for s.end() < k {
		s.slots = append(s.slots, Slot{Level: audio.Floor})
	}
	s.slots = append(s.slots, v)
}

// window tells the next window of both parties and forgets it.
func (c *Conversation) window(report Report) {
	first := c.told * windowSlots
	a, b := c.sides[call.Caller].cut(first), c.sides[call.Agent].cut(first)
	c.told++
	both := 0
	for i := range min(len(a), len(b)) {
		if a[i].Speech && b[i].Speech {
			both++
		}
	}
	for _, p := range []struct {
		who   call.Party
		slots []Slot
	}{{call.Caller, a}, {call.Agent, b}} {
		c.sides[p.who].count(p.slots)
	}
	c.tell(call.Caller, a, first, both, report)
	c.tell(call.Agent, b, first, both, report)
	c.tellOneWay(first, report)
}

// Numbers that tell a line on which nothing comes from a silent party: from the beginning not a single sample that is
// not zero, while the other party has been heard to speak.
const (
	oneWayAfter = 10000 / SlotMS
	oneWayTalk  = 2000 / SlotMS
)

// tellOneWay tells once that nothing at all comes from the caller. A caller who is silent has at least his line's noise.
// Of the agent it is not told: while a voicebot answers there is none.
func (c *Conversation) tellOneWay(first int, report Report) {
	s, agent := c.sides[call.Caller], c.sides[call.Agent]
	if s.alive || s.oneWay || first+windowSlots < oneWayAfter || agent.talked < oneWayTalk {
		return
	}
	s.oneWay = true
	report(evidence.Gap{Head: evidence.Head{Party: call.Caller, ToMS: call.Millis((first + windowSlots) * SlotMS), Source: SoundSource},
		What: "sound", Why: "one_way"})
}

// cut takes the slots of the window that begins at first off the side.
func (s *side) cut(first int) []Slot {
	drop := min(max(0, first-s.from), len(s.slots))
	s.slots, s.from = s.slots[drop:], s.from+drop
	n := min(windowSlots, len(s.slots))
	if s.from > first {
		n = max(0, min(n, first+windowSlots-s.from))
	}
	w := s.slots[:n:n]
	s.slots, s.from = s.slots[n:], s.from+n
	if len(s.slots) == 0 {
		s.slots, s.from = nil, max(s.from, first+windowSlots)
	}
	return w
}

// count keeps the totals of a window.
func (s *side) count(w []Slot) {
	for _, v := range w {
		if v.Speech {
			s.talked++
			s.silent = 0
		} else {
			s.silent++
		}
	}
	s.silent += windowSlots - len(w)
}

func (c *Conversation) tell(who call.Party, w []Slot, first, both int, report Report) {
	s := c.sides[who]
	levels := make([]float64, 0, len(w))
	for _, v := range w {
		if v.Speech {
			levels = append(levels, v.Level)
		}
	}
	bangs := bangs(w, s.base.peak)
	rate := 0.0
	if len(levels) >= rateSpeech {
		rate = float64(s.phonemes) / (float64(len(levels)*SlotMS) / 1000)
	}
	s.phonemes = 0
	grown := s.silent >= windowSlots && s.silent%(5*windowSlots) < windowSlots
	if len(levels) < leastSpeech && !grown && bangs == 0 || len(w) == 0 {
		return
	}
	item := evidence.Sound{
		Head: evidence.Head{Party: who, FromMS: call.Millis(first * SlotMS),
			ToMS: call.Millis((first + len(w)) * SlotMS), Source: SoundSource},
		SilenceMS: int64(s.silent * SlotMS),
		Overlap:   float64(both) / float64(len(w)), SpeechRate: rate, Bangs: bangs,
	}
	if len(levels) >= leastSpeech {
		item.LoudnessDB = s.base.Difference(levels)
	}
	for _, l := range levels {
		s.base.Add(l)
	}
	if all := s.talked + c.sides[who.Other()].talked; all > 0 {
		item.TalkShare = float64(s.talked) / float64(all)
	}
	report(item)
}
