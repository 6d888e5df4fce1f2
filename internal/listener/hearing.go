package listener

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/listener/builtin"
	"commusafe/internal/listener/hear"
)

// A Hearing is everything that hears, ready for any number of calls. It is safe for several goroutines.
type Hearing struct {
	words    hear.PhraseSpotter
	activity hear.VoiceActivity
	emotion  hear.EmotionReader // nil: nobody reads anger
	voice    hear.Embedder      // nil: voices are not compared
}

// NewHearing opens the named engine ("" is builtin) with the phrases of a lexicon. A reading that can't be used is
// left out and named in the second result; the first error is one of the engine itself.
func NewHearing(engine string, lexicon judge.Lexicon) (h *Hearing, unusable error, err error) {
	if engine == "" {
		engine = "builtin"
	}
	words, err := openEngine(engine)
	if err != nil {
		return nil, nil, err
	}
	activity, err := builtin.LoadActivity()
	if err != nil {
		return nil, nil, fmt.Errorf("built-in voice activity: %w", err)
	}
	emotion, err := builtin.LoadAnger()
	if err != nil {
		return nil, nil, fmt.Errorf("built-in anger reader: %w", err)
	}
	voice, err := builtin.LoadEmbedder()
	if err != nil {
		return nil, nil, fmt.Errorf("built-in voice embedding: %w", err)
	}
	h = &Hearing{words: words, activity: activity, emotion: emotion, voice: voice}
	return h, h.Use(lexicon), nil
}

// Use takes the phrases of a lexicon for all calls from now on. The error names those that can't be used.
func (h *Hearing) Use(lexicon judge.Lexicon) error {
	return h.words.Use(phrases(lexicon))
}

// phrases gives what is listened for.
func phrases(lexicon judge.Lexicon) []hear.Phrase {
	var list []hear.Phrase
	for _, r := range lexicon.Readings() {
		list = append(list, hear.Phrase{ID: r.ID, Reading: r.Kana, Least: r.Least})
	}
	return list
}

// Engine names what hears words, for example builtin/1.
func (h *Hearing) Engine() string { return h.words.Source() }

// Latency is how long after the sound its evidence can come, apart from the windows of evidence.Sound.
func (h *Hearing) Latency() time.Duration { return h.words.Latency() }

// A pair hears both parties of one call: words and mood of the caller, sound of both. One goroutine feeds it.
type pair struct {
	words   hear.Ear
	counter hear.PhonemeCounter // of words; nil where the engine has none
	mood    *hear.Mood          // of sound, the caller's; nil where nobody reads anger
	sound   *hear.Conversation
	step    Step // what is given up

	activity hear.VoiceActivity
	voice    hear.Embedder // for the follower; nil: voices are not compared
}

func (h *Hearing) open() (*pair, error) {
	words, err := h.words.Open(call.Caller)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", h.words.Source(), err)
	}
	p := &pair{words: words, sound: hear.NewConversation(h.activity), activity: h.activity, voice: h.voice}
	p.counter, _ = words.(hear.PhonemeCounter)
	if h.emotion != nil {
		p.mood = p.sound.Read(call.Caller, h.emotion)
	}
	return p, nil
}

func (p *pair) hear(who call.Party, f audio.Frame, report hear.Report) {
	if who == call.Caller {
		if p.step < NoWords {
			p.words.Hear(f, report)
		}
		if p.counter != nil {
			p.sound.Phonemes(who, p.counter.Phonemes())
		}
	}
	p.sound.Hear(who, f, report)
}

// rough gives the caller's rough reading since it was last asked; "" where the engine has none.
func (p *pair) rough(on bool) string {
	if r, ok := p.words.(hear.RoughReader); ok {
		return r.Rough(on)
	}
	return ""
}

// give sets what is given up from now on.
func (p *pair) give(s Step) {
	p.step = s
	if p.mood != nil {
		p.mood.Step = 1
		if s >= SlowEmotion {
			p.mood.Step = 2
		}
		p.mood.Off(s >= NoEmotion)
	}
}

func (p *pair) close(report hear.Report) {
	p.words.Close(report)
	p.sound.Close(report)
}

// A Recording is a finished call at 8 kHz from call time 0. A party without sound is nil.
type Recording struct {
	Caller, Agent []int16
}

// Progress is told how much of a recording was heard, 0–1. It may be nil.
type Progress func(share float64)

// HearCall hears a finished recording as fast as the machine can, in the order in which a live call would give it,
// and gives all evidence in order of its end. The same recording gives the same evidence every time.
func (h *Hearing) HearCall(ctx context.Context, r Recording, progress Progress) ([]evidence.Item, error) {
	var line evidence.Timeline
	err := h.Follow(ctx, r, func(_ call.Millis, it evidence.Item) { line.Add(it) }, progress)
	return line.Items(), err
}

// Follow is HearCall with the moments: each item is told with the call time of the sound that was heard when it was found.
func (h *Hearing) Follow(ctx context.Context, r Recording, tell func(now call.Millis, it evidence.Item), progress Progress) error {
	if len(r.Caller) == 0 && len(r.Agent) == 0 {
		return errors.New("recording has no sound in it")
	}
	p, err := h.open()
	if err != nil {
		return err
	}
	var now call.Millis
	report := func(it evidence.Item) { tell(now, it) }
	caller, agent := &samples{pcm: r.Caller}, &samples{pcm: r.Agent}
	total := float64(len(r.Caller) + len(r.Agent))
	for !caller.done() || !agent.done() {
		for _, s := range []struct {
			who call.Party
			*samples
		}{{call.Caller, caller}, {call.Agent, agent}} {
			f, err := s.Next(ctx)
			if errors.Is(err, io.EOF) {
				continue
			}
			if err != nil {
				return err
			}
			now = f.At + call.Millis(len(f.PCM)/audio.SamplesPerMS)
			p.hear(s.who, f, report)
		}
		if progress != nil {
			progress(float64(caller.at+agent.at) / total)
		}
	}
	p.close(report)
	return nil
}

// batch is what the edge sends at a time, in samples (100 ms).
const batch = 100 * audio.SamplesPerMS

// samples is a Source over sound in memory.
type samples struct {
	pcm []int16
	at  int
}

func (s *samples) done() bool { return s.at >= len(s.pcm) }

// Next gives the next 100 ms.
func (s *samples) Next(ctx context.Context) (audio.Frame, error) {
	if err := ctx.Err(); err != nil {
		return audio.Frame{}, context.Cause(ctx)
	}
	if s.done() {
		return audio.Frame{}, io.EOF
	}
	end := min(s.at+batch, len(s.pcm))
	f := audio.Frame{At: call.Millis(s.at / audio.SamplesPerMS), PCM: s.pcm[s.at:end]}
	s.at = end
	return f, nil
}
