package voices

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/evidence"
	"commusafe/internal/office/staff"
	"commusafe/internal/voiceprint"
)

// mostCandidates is how many voices a caller's may be like at once.
const mostCandidates = 3

// mostLookedAt is how many of the most alike are looked at, as some may have ended since the last renewal.
const mostLookedAt = 50

// Renew brings the galleries in line with the store and with what the centre has decided: whether voices are compared, and
// how long they are kept. What has ended is erased, everything when it is off. It gives how many voices can be compared, by
// the source of their vectors.
func (b *Book) Renew(ctx context.Context, on bool, keep time.Duration) (map[string]int, error) {
	b.renewing.Lock()
	defer b.renewing.Unlock()
	b.decide(on, keep)
	all, err := b.Store.ListVoices(ctx)
	if err != nil {
		return nil, err
	}
	live, gone := map[string]bool{}, map[string]bool{}
	var errs []error
	for _, p := range all {
		if why := over(p, on, keep, b.Now()); p.Sealed != "" && why != "" {
			_, err := b.Store.EraseVoice(ctx, p.ID, why, staff.Deed{What: "trail.voice_erase", Subject: p.ID, Detail: why, At: b.Now()})
			errs, gone[p.ID] = append(errs, err), err == nil
			continue
		}
		if gone[p.ID] = p.Sealed == ""; !gone[p.ID] {
			live[p.ID] = true
			b.enrol(p)
		}
	}
	counts := b.drop(live)
	return counts, errors.Join(append(errs, b.scrub(ctx, gone))...)
}

// scrub has the store scrubbed once after each erasure, whoever did it, and once at the start; what fails is tried again at the next
// renewal.
func (b *Book) scrub(ctx context.Context, gone map[string]bool) error {
	if maps.Equal(gone, b.scrubbed) {
		return nil
	}
	for id, erased := range gone {
		if erased && !b.scrubbed[id] {
			if err := b.Store.Scrub(ctx); err != nil {
				return err
			}
			break
		}
	}
	b.scrubbed = gone
	return nil
}

// decide puts in force whether voices are compared: at once, before anything is erased.
func (b *Book) decide(on bool, keep time.Duration) {
	if on && b.Key == nil && !b.told {
		b.told = true
		b.Log.Error("voices are turned on, and none can be registered or compared: the key is missing; calls go on", slog.Any("error", b.NoKey))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.on, b.keep = on, keep
	if b.known == nil {
		b.known, b.galleries = map[string]Print{}, map[string]*voiceprint.Gallery{}
	}
}

// over tells why a print has to be erased; empty while it may be kept.
func over(p Print, on bool, keep time.Duration, now time.Time) string {
	switch {
	case !on:
		return Off
	case !now.Before(p.Expires), !now.Before(p.Made.Add(min(keep, MaxKeep))):
		return Ended
	}
	return ""
}

// enrol puts a print into its gallery, if it isn't there. One that can't be opened is told of once and left as it is.
func (b *Book) enrol(p Print) {
	b.mu.RLock()
	_, there := b.known[p.ID]
	b.mu.RUnlock()
	if there || b.trouble[p.ID] || b.Key == nil {
		return
	}
	vector, err := b.Key.Open(p)
	defer clear(vector)
	if err == nil {
		err = b.into(p, vector)
	}
	if err != nil {
		if b.trouble == nil {
			b.trouble = map[string]bool{}
		}
		b.trouble[p.ID] = true
		b.Log.Error("a registered voice can't be compared with; put the old key back, or lift its limit", slog.String("voice", p.ID), slog.Any("error", err))
	}
}

func (b *Book) into(p Print, vector []float32) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.galleries[p.Source]
	if g == nil {
		var err error
		if g, err = voiceprint.NewGallery(len(vector)); err != nil {
			return err
		}
		b.galleries[p.Source] = g
	}
	if err := g.Enrol(p.ID, vector); err != nil {
		return err
	}
	p.Sealed = ""
	b.known[p.ID] = p
	return nil
}

// drop takes what is not live any more out of memory, and counts what is left.
func (b *Book) drop(live map[string]bool) map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, p := range b.known {
		if !live[id] {
			b.galleries[p.Source].Erase(id)
			delete(b.known, id)
		}
	}
	counts := map[string]int{}
	for source, g := range b.galleries {
		if n := g.Len(); n > 0 {
			counts[source] = n
		}
	}
	return counts
}

// Search gives the registered voices that a caller's is like. Each of them stands in the trail first (E-34): what can't be
// written there is not told. The vector is compared in memory and let go (E-33).
func (b *Book) Search(ctx context.Context, q bus.VoiceQuery) bus.VoiceAnswer {
	defer clear(q.Vector)
	out := bus.VoiceAnswer{V: bus.Version}
	for _, m := range b.alike(q) {
		score := math.Round(1000*float64(m.Score)) / 1000
		d := staff.Deed{What: "trail.voice_match", Subject: m.ID, Detail: fmt.Sprintf("call %s, score %.3f, %s", q.Call, score, q.Source), At: b.Now()}
		if err := b.Store.AppendTrail(ctx, d); err != nil {
			b.Log.Error("a voice was like a registered one; it is not shown, as it can't be written into the trail", slog.String("call_id", string(q.Call)), slog.Any("error", err))
			continue
		}
		out.Candidates = append(out.Candidates, evidence.Candidate{Voiceprint: m.ID, Score: score})
	}
	return out
}

// alike gives the matches over the threshold of the vector's source.
func (b *Book) alike(q bus.VoiceQuery) (out []voiceprint.Match) {
	least, measured := voiceprint.Threshold(q.Source)
	b.mu.RLock()
	defer b.mu.RUnlock()
	g := b.galleries[q.Source]
	if !measured || g == nil {
		return nil
	}
	found, err := g.Identify(q.Vector, mostLookedAt) // that a vector is of another size, or none, is nobody's likeness
	for _, m := range found {
		if err == nil && m.Score >= least && over(b.known[m.ID], b.on, b.keep, b.Now()) == "" && len(out) < mostCandidates {
			out = append(out, m)
		}
	}
	return out
}
