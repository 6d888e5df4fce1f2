package listener

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/builtin"
	"commusafe/internal/listener/hear"
)

// voiceLink is what of the bus the comparing of voices needs.
type voiceLink interface {
	SearchVoice(ctx context.Context, q bus.VoiceQuery) (bus.VoiceAnswer, error)
}

var _ voiceLink = (*bus.Link)(nil)

// marks are after how many seconds of the caller's speech he is compared: early, and again when more is known of his voice.
func marks() []int { return []int{10, 20, 40} }

// searchTime is how long an office may take for an answer. The call waits for nothing.
const searchTime = 2 * time.Second

// A voicer has the caller's voice compared with the registered ones, while there are any. It keeps the caller's speech and
// nothing else of the call; speech and vector are in memory only and gone with the call (E-33). What it finds is a hint for
// people. It belongs to the follower's goroutine, but for what search does.
type voicer struct {
	link     voiceLink
	embedder hear.Embedder // nil: nothing is compared
	voices   func() int    // registered ones that can be compared
	activity hear.Activity
	call     call.ID
	log      *slog.Logger

	pcm     []int16 // whose slots are not known yet
	slots   []hear.Slot
	speech  []int16
	from    call.Millis // of the first speech
	marks   []int       // still to come
	asking  bool
	answers chan found
}

// A found is the answer to one search; the zero one is that nothing was found.
type found struct {
	evidence.Voice
	err error
}

func (f *follower) newVoicer() *voicer {
	v := &voicer{call: f.claim.Call, log: f.log}
	p, builtin := f.pair.(*pair)
	l, can := f.w.link.(voiceLink)
	if !builtin || !can || p.voice == nil {
		return v
	}
	v.link, v.embedder, v.activity, v.marks, v.answers = l, p.voice, p.activity.Open(), marks(), make(chan found, 1)
	v.voices = func() int { return int(f.w.voices.Load()) }
	return v
}

// hear takes a frame of the caller's and asks when a mark is reached. While there is nothing to compare with, nothing is
// kept either.
func (v *voicer) hear(ctx context.Context, f audio.Frame) {
	if v.embedder == nil || len(v.marks) == 0 {
		return
	}
	if v.voices() == 0 {
		v.forget()
		return
	}
	v.pcm = append(v.pcm, f.PCM...)
	v.slots = v.activity.Feed(f.PCM, v.slots[:0])
	const slot = hear.SlotMS * audio.SamplesPerMS
	n := 0
	for _, s := range v.slots {
		if n+slot > len(v.pcm) {
			break
		}
		if s.Speech {
			if len(v.speech) == 0 {
				v.from = f.At
			}
			v.speech = append(v.speech, v.pcm[n:n+slot]...)
		}
		n += slot
	}
	v.pcm = v.pcm[:copy(v.pcm, v.pcm[n:])]
	if len(v.speech) >= v.marks[0]*audio.SampleRate && !v.asking {
		v.marks = v.marks[1:]
		v.ask(ctx, f.At+call.Millis(len(f.PCM)/audio.SamplesPerMS))
	}
}

// ask searches with what was spoken so far.
func (v *voicer) ask(ctx context.Context, at call.Millis) {
	vector, ok := v.embedder.Embed(v.speech)
	if len(v.marks) == 0 {
		v.forget() // nothing more is asked
	}
	if !ok {
		return // more speech may do
	}
	v.asking = true
	head := evidence.Head{Party: call.Caller, FromMS: v.from, ToMS: at, Source: v.embedder.Source()}
	go func() { v.answers <- v.search(ctx, head, vector) }()
}

// search asks an office. It touches nothing of the voicer that changes.
func (v *voicer) search(ctx context.Context, h evidence.Head, vector []float32) (out found) {
	defer clear(vector)
	defer func() {
		if r := recover(); r != nil {
			v.log.Error("comparing voices failed; the call is heard on", slog.Any("panic", r), slog.String("stack", string(debug.Stack())))
			out = found{}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	a, err := v.link.SearchVoice(ctx, bus.VoiceQuery{V: bus.Version, Call: v.call, Source: h.Source, AtMS: h.ToMS, Vector: vector})
	return found{evidence.Voice{Head: h, Candidates: a.Candidates}, err}
}

// answered takes an answer in.
func (v *voicer) answered(a found, report hear.Report) {
	v.asking = false
	if a.err != nil {
		v.log.Info("the caller's voice was not compared", slog.Any("error", a.err))
	}
	if len(a.Candidates) > 0 {
		report(a.Voice)
	}
}

// finish waits for an answer that is under way, and lets everything go.
func (v *voicer) finish(report hear.Report) {
	if v.asking {
		v.answered(<-v.answers, report)
	}
	v.forget()
}

// forget drops what was kept of the voice.
func (v *voicer) forget() {
	if len(v.pcm)+len(v.speech) > 0 {
		v.slots = v.activity.Close(v.slots[:0]) // sound begins anew
	}
	clear(v.speech[:cap(v.speech)])
	clear(v.pcm[:cap(v.pcm)])
	v.speech, v.pcm, v.from = nil, nil, 0
}

// ErrShort says that too little was spoken for a voice to be registered.
var ErrShort = errors.New("too little speech")

// enrolLongest is how much speech at most a registered voice is made of, in samples.
const enrolLongest = 120 * audio.SampleRate

// A Voice is a caller's voice as a vector, and what made it.
type Voice struct {
	Source string    `json:"source"`
	Vector []float32 `json:"vector"`
	Speech int       `json:"speech_ms"`
}

// VoiceOf makes the vector of the speech in a leg at 8 kHz, by the embedder that live calls are compared with. Less speech
// than a live call's first comparison needs is an error.
func VoiceOf(pcm []int16) (Voice, error) {
	a, err := builtin.LoadActivity()
	if err != nil {
		return Voice{}, fmt.Errorf("built-in voice activity: %w", err)
	}
	e, err := builtin.LoadEmbedder()
	if err != nil {
		return Voice{}, fmt.Errorf("built-in voice embedding: %w", err)
	}
	speech := hear.SpeechOf(a, pcm)
	if len(speech) < marks()[0]*audio.SampleRate {
		return Voice{}, fmt.Errorf("%d s of speech, %d s are needed: %w", len(speech)/audio.SampleRate, marks()[0], ErrShort)
	}
	vector, ok := e.Embed(speech[:min(len(speech), enrolLongest)])
	if !ok {
		return Voice{}, ErrShort
	}
	return Voice{Source: e.Source(), Vector: vector, Speech: len(speech) / audio.SamplesPerMS}, nil
}
