// Package hear says what hearing is: the ports that engines of speech, sound and emotion fill, and what can be
// told from what they give: who is speaking, how loud against the own calm voice, who speaks over whom, whether a voice
// has become angry.
//
// Owns: Source, Report, Ear, Listener, Phrase, the ports VoiceActivity, EmotionReader, Embedder, the calm baselines, the
// sound of a conversation, the mood of a voice.
// Never: deciding what is harassment; nets; sockets.
// Goroutines: none. An Ear belongs to the goroutine that feeds it. Everything runs on call time taken from the
// frames, so the same sound gives the same evidence at any speed.
//
// Flow: Source → Listen → Ear.Hear(frame) → Report(item).
package hear

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// A Source gives one party's frames in order; io.EOF ends it. A bus subscription is one, a WAV file is another.
type Source interface {
	Next(ctx context.Context) (audio.Frame, error)
}

// A Report takes one item of evidence. It is called from the goroutine that feeds the sound and must not block.
type Report func(evidence.Item)

// An Ear is the streaming core of one engine for one party of one call: frames in, evidence out.
type Ear interface {
	// Hear takes the next frame. The frame's samples are valid only during the call.
	Hear(f audio.Frame, report Report)
	// Close reports what was still open. The ear can't be used afterwards.
	Close(report Report)
}

// A PhonemeCounter is an ear that knows how fast somebody speaks.
type PhonemeCounter interface {
	// Phonemes gives how many phonemes were heard since it was last asked.
	Phonemes() int
}

// A RoughReader is an ear that can spell what it hears, roughly. It is for people to look at: nothing is judged by it.
type RoughReader interface {
	// Rough gives the kana heard since it was last asked; with on it goes on to spell.
	Rough(on bool) string
}

// An Engine opens ears. It is safe for several goroutines; its ears are not.
type Engine interface {
	Open(who call.Party) (Ear, error)
	Latency() time.Duration // how long after the sound its evidence can come
	Source() string         // name and version for evidence.Head, for example builtin/1
}

// A PhraseSpotter is an engine that listens for the phrases of the lexicon (簡易検知).
type PhraseSpotter interface {
	Engine
	// Use replaces the phrases for all open and later ears. The error names each phrase that can't be used;
	// the others are in use all the same.
	Use(phrases []Phrase) error
}

// A Phrase is one expression to listen for.
type Phrase struct {
	ID      string  // lexicon entry
	Reading string  // kana as it is pronounced or spelled
	Least   float64 // confidence from which it is told, 0–1; 0 tells all
}

// A Listener turns one party's sound into evidence until the sound ends.
type Listener interface {
	Listen(ctx context.Context, who call.Party, src Source, report Report) error
	Latency() time.Duration
}

// Of makes a Listener of an engine.
func Of(e Engine) Listener { return listener{e} }

type listener struct{ Engine }

// Listen feeds an ear until the source ends. The end of the source is no error; the end of the context is its cause.
func (l listener) Listen(ctx context.Context, who call.Party, src Source, report Report) error {
	ear, err := l.Open(who)
	if err != nil {
		return fmt.Errorf("open %s for the %s: %w", l.Source(), who, err)
	}
	for {
		f, err := src.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			ear.Close(report)
			return nil
		case err != nil:
			ear.Close(report)
			return fmt.Errorf("hear the %s: %w", who, err)
		}
		ear.Hear(f, report)
	}
}
