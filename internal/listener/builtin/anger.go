package builtin

import (
	"math"
	"slices"
)

// A spokenSlot is what the anger reader keeps of a slot in which somebody spoke.
type spokenSlot struct {
	frame    voiceFrame
	mean     float64               // of the bands, nats
	tone     float64               // semitones over 100 Hz, of voiced slots
	strength float64               // periodicity, 0–1
	index    int                   // of the slot, to tell neighbours
	cepstra  [angerCepstra]float64 // of voiced slots, from the first; a slot is part of three windows
}

// voicedFrom is the periodicity from which a slot counts as voiced.
const voicedFrom = 0.55

func (s *spokenSlot) voiced() bool { return s.strength >= voicedFrom && s.tone != 0 }

func newSpokenSlot(f *voiceFrame, window []int16, index int) spokenSlot {
	s := spokenSlot{frame: *f, mean: f.mean(), index: index}
	hz, strength := pitch(window)
	s.strength = strength
	if hz > 0 {
		s.tone = 12 * math.Log2(hz/100)
	}
	if s.voiced() {
		for k := range s.cepstra {
			s.cepstra[k] = cepstrum(f, k+1)
		}
	}
	return s
}

// Edges of the groups of bands whose differences tell the effort of a voice: about 100–500–1000–2000–3800 Hz.
const (
	lowEnd   = 6
	midEnd   = 11
	upperEnd = 17
)

// tilt gives how far the bands from a to b lie over the low ones, nats.
func (s *spokenSlot) tilt(a, b int) float64 { return average(s.frame[a:b]) - average(s.frame[:lowEnd]) }

// angerCepstra is how many cepstral coefficients are looked at, from the first.
const angerCepstra = 6

// angerInputs is the shape of the voice in some slots of speech, independent of its level: how pitch, level and the
// balance of the spectrum lie and move. Empty without enough voiced slots.
func angerInputs(slots []spokenSlot) []float32 {
	var voiced []spokenSlot
	for _, s := range slots {
		if s.voiced() {
			voiced = append(voiced, s)
		}
	}
	if len(slots) < leastSpoken || len(voiced) < leastVoiced {
		return nil
	}
	out := levelShape(slots)
	out = append(out, float64(len(voiced))/float64(len(slots)))
	out = append(out, toneShape(voiced)...)
	out = append(out, tiltShape(voiced)...)
	out = append(out, cepstralShape(voiced)...)
	row := make([]float32, len(out))
	for i, v := range out {
		row[i] = float32(v)
	}
	return row
}

// Slots that a reading needs at least: 0.5 s of speech, a third of it voiced.
const (
	leastSpoken = 25
	leastVoiced = 9
)

// levelShape tells how the level moves: spread, range, steps, the steepest rises, and peaks a slot.
func levelShape(slots []spokenSlot) []float64 {
	levels := make([]float64, len(slots))
	var steps, rises []float64
	flux, peaks := 0.0, 0.0
	for i, s := range slots {
		levels[i] = s.mean
		if i == 0 || s.index != slots[i-1].index+1 {
			continue
		}
		d := s.mean - slots[i-1].mean
		steps, rises = append(steps, math.Abs(d)), append(rises, max(0, d))
		for b := range s.frame {
			flux += math.Abs(s.frame[b] - slots[i-1].frame[b] - d)
		}
		if i > 1 && i+1 < len(slots) && s.mean > slots[i-1].mean && s.mean > slots[i+1].mean && s.mean > slots[i-2].mean+0.3 {
			peaks++
		}
	}
	n := float64(max(1, len(steps)))
	return []float64{spread(levels), quantile(levels, 0.9) - quantile(levels, 0.1), average(steps), quantile(rises, 0.95),
		flux / n / voiceBands, peaks / n}
}

// toneShape tells where the pitch lies and how it moves, in semitones.
func toneShape(voiced []spokenSlot) []float64 {
	tones, strengths, levels := make([]float64, len(voiced)), make([]float64, len(voiced)), make([]float64, len(voiced))
	var steps []float64
	for i, s := range voiced {
		tones[i], strengths[i], levels[i] = s.tone, s.strength, s.mean
		if i > 0 && s.index == voiced[i-1].index+1 {
			steps = append(steps, min(4, math.Abs(s.tone-voiced[i-1].tone)))
		}
	}
	return []float64{quantile(tones, 0.5), quantile(tones, 0.9), quantile(tones, 0.75) - quantile(tones, 0.25),
		quantile(tones, 0.9) - quantile(tones, 0.1), average(steps), slope(levels, tones), average(strengths), spread(strengths)}
}

// tiltShape tells how strong the upper parts of the spectrum are: in all voiced slots, in the loudest, and how that
// follows the level, which is the effort of a voice and not its distance from the microphone.
func tiltShape(voiced []spokenSlot) []float64 {
	var levels []float64
	for _, s := range voiced {
		levels = append(levels, s.mean)
	}
	loud := quantile(levels, 0.7)
	var out []float64
	for _, g := range [][2]int{{lowEnd, midEnd}, {midEnd, upperEnd}, {upperEnd, voiceBands}} {
		var all, top []float64
		for _, s := range voiced {
			t := s.tilt(g[0], g[1])
			all = append(all, t)
			if s.mean >= loud {
				top = append(top, t)
			}
		}
		out = append(out, average(all), spread(all), average(top), slope(levels, all))
	}
	return out
}

// cepstralShape is the mean and the spread of the first cepstral coefficients.
func cepstralShape(voiced []spokenSlot) []float64 {
	var out []float64
	for k := range angerCepstra {
		c := make([]float64, len(voiced))
		for i := range voiced {
			c[i] = voiced[i].cepstra[k]
		}
		out = append(out, average(c), spread(c))
	}
	return out
}

// cepstrum is the k-th coefficient of the cosine transform of a frame.
func cepstrum(f *voiceFrame, k int) float64 {
	var sum float64
	for b, v := range f {
		sum += v * math.Cos(math.Pi*float64(k)*(float64(b)+0.5)/voiceBands)
	}
	return sum / voiceBands
}

func average(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v
	}
	return sum / float64(max(1, len(x)))
}

// spread is the standard deviation.
func spread(x []float64) float64 {
	m, sum := average(x), 0.0
	for _, v := range x {
		sum += (v - m) * (v - m)
	}
	return math.Sqrt(sum / float64(max(1, len(x))))
}

// quantile gives the value under which a share of the values lies; 0 of none.
func quantile(x []float64, share float64) float64 {
	if len(x) == 0 {
		return 0
	}
	s := slices.Clone(x)
	slices.Sort(s)
	return s[int(share*float64(len(s)-1)+0.5)]
}

// slope is that of the regression of y on x, bounded, 0 where x doesn't move.
func slope(x, y []float64) float64 {
	mx, my := average(x), average(y)
	var xy, xx float64
	for i := range x {
		xy += (x[i] - mx) * (y[i] - my)
		xx += (x[i] - mx) * (x[i] - mx)
	}
	if xx < 1e-6 {
		return 0
	}
	return max(-5, min(5, xy/xx))
}
