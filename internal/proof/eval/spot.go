package eval

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/listener/builtin"
	"commusafe/internal/listener/hear"
	"commusafe/internal/text"
)

// SpotOptions say what to measure of the built-in phrase spotter.
type SpotOptions struct {
	Set      string // TSV with header: path, kana or a transcript in kana (empty: none of the phrases is said in it)
	Phrases  string // one phrase in kana a line; # begins a remark
	Wideband bool   // leave G.711 out
	Net      string // weights file of another net; empty: the shipped one
	Progress func(share float64)
}

// A Spot is the measure of the phrase spotter: every phrase against every clip.
type Spot struct {
	Clips, Phrases int
	Seconds        float64
	Rows           []SpotRow
	Total          SpotRow
	RTF            float64 // time of hearing a second of sound with all phrases, in seconds
	busy           time.Duration
}

// A SpotRow is the measure over phrases of one length.
type SpotRow struct {
	Name          string  `json:"name"`
	N             int     `json:"n"` // pairs in which the phrase is said
	Negatives     int     `json:"negatives"`
	EER           float64 `json:"eer"`
	EERLow        float64 `json:"eer_low"` // 95 % interval of the EER, by drawing clips anew (bootstrap)
	EERHigh       float64 `json:"eer_high"`
	RecallAt1     float64 `json:"recall_at_1_percent_fa"`
	RecallAt01    float64 `json:"recall_at_0_1_percent_fa"`
	RecallShipped float64 `json:"recall_shipped"`   // at the phrase's own threshold
	RecallSure    float64 `json:"recall_sure"`      // of those that need no second cue
	FAShipped     float64 `json:"fa_shipped"`       // share of negative pairs
	FAPerHour     float64 `json:"fa_per_hour"`      // of all phrases together, at their own thresholds
	FASurePerHour float64 `json:"fa_sure_per_hour"` // of those that need no second cue
}

// ErrInput marks a set that is missing or malformed.
var ErrInput = errors.New("input")

type clip struct {
	row  row
	said []text.Sound // nil: none of the phrases
}

type pair struct {
	clip     int
	score    float64
	said     bool
	found    bool
	sure     bool
	phonemes int
}

// RunSpot measures. A missing or malformed set is ErrInput with file and line.
func RunSpot(ctx context.Context, o SpotOptions) (*Spot, error) {
	clips, err := readSet(o.Set)
	if err != nil {
		return nil, err
	}
	phrases, err := readPhrases(o.Phrases)
	if err != nil {
		return nil, err
	}
	n, err := o.net()
	if err != nil {
		return nil, err
	}
	scan, err := builtin.NewScanner(n, phrases)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrInput, o.Phrases, err)
	}
	m := &Spot{Clips: len(clips), Phrases: len(phrases)}
	var pairs []pair
	for i, c := range clips {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		some, err := m.clip(i, c, scan, phrases, o.Wideband)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, some...)
		if o.Progress != nil {
			o.Progress(float64(i+1) / float64(len(clips)))
		}
	}
	m.RTF = m.busy.Seconds() / m.Seconds
	m.rows(pairs)
	return m, nil
}

// net gives the net to be measured.
func (o SpotOptions) net() (*builtin.Net, error) {
	if o.Net == "" {
		return builtin.Load()
	}
	b, err := os.ReadFile(o.Net)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	n, err := builtin.ParseNet(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrInput, o.Net, err)
	}
	return n, nil
}

// clip scores all phrases against one clip.
func (m *Spot) clip(number int, c clip, scan *builtin.Scanner, phrases []hear.Phrase, wideband bool) ([]pair, error) {
	pcm, err := c.row.sound(c.row.get("path"), wideband)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	best := scan.Scan(pcm)
	m.busy += time.Since(began)
	m.Seconds += float64(len(pcm)) / audio.SampleRate
	out := make([]pair, len(best))
	for k, b := range best {
		out[k] = pair{clip: number, score: b.Calibrated, found: b.Found(), sure: b.Sure(), phonemes: b.Phonemes}
		if c.said == nil {
			continue
		}
		phrase, err := text.Sounds(phrases[k].Reading)
		if err != nil {
			return nil, fmt.Errorf("phrase %s: %w", phrases[k].ID, err)
		}
		out[k].said = text.Contains(c.said, phrase)
	}
	return out, nil
}

func (m *Spot) rows(pairs []pair) {
	for _, r := range []struct {
		name     string
		from, to int
	}{{"length/1-8", 1, 8}, {"length/9-12", 9, 12}, {"length/13-16", 13, 16}, {"length/17-", 17, 1000}} {
		var some []pair
		for _, p := range pairs {
			if p.phonemes >= r.from && p.phonemes <= r.to {
				some = append(some, p)
			}
		}
		if len(some) > 0 {
			m.Rows = append(m.Rows, m.row(r.name, some))
		}
	}
	m.Total = m.row("total", pairs)
}

// row gives the figures of a set of pairs.
func (m *Spot) row(name string, pairs []pair) SpotRow {
	r := SpotRow{Name: name}
	var yes, no []float64
	var hits, alarms, sureHits, sureAlarms int
	for _, p := range pairs {
		if p.said {
			yes = append(yes, p.score)
			hits += count(p.found)
			sureHits += count(p.sure)
		} else {
			no = append(no, p.score)
			alarms += count(p.found)
			sureAlarms += count(p.sure)
		}
	}
	r.N, r.Negatives = len(yes), len(no)
	slices.Sort(yes)
	slices.Sort(no)
	r.EER = equalErrorRate(yes, no)
	r.EERLow, r.EERHigh = interval(pairs)
	r.RecallAt1, r.RecallAt01 = recallAt(yes, no, 0.01), recallAt(yes, no, 0.001)
	if len(yes) > 0 {
		r.RecallShipped = float64(hits) / float64(len(yes))
		r.RecallSure = float64(sureHits) / float64(len(yes))
	}
	if len(no) > 0 {
		r.FAShipped = float64(alarms) / float64(len(no))
		r.FAPerHour = float64(alarms) / (m.Seconds / 3600)
		r.FASurePerHour = float64(sureAlarms) / (m.Seconds / 3600)
	}
	return r
}

// Numbers of the bootstrap.
const (
	resamples = 200
	mostPairs = 40000 // of those not said that are looked at each time
)

// interval is the 95 % interval of the EER when the clips are drawn anew: pairs of one clip go together, since they are
// one voice on one line. The seed is fixed.
func interval(pairs []pair) (low, high float64) {
	clips := map[int][]pair{}
	for _, p := range pairs {
		clips[p.clip] = append(clips[p.clip], p)
	}
	numbers := slices.Sorted(maps.Keys(clips))
	r := rand.New(rand.NewPCG(17, 17))
	thin := 1 + len(pairs)/mostPairs
	var rates []float64
	for range resamples {
		var yes, no []float64
		for range numbers {
			for i, p := range clips[numbers[r.IntN(len(numbers))]] {
				switch {
				case p.said:
					yes = append(yes, p.score)
				case i%thin == 0:
					no = append(no, p.score)
				}
			}
		}
		if len(yes) == 0 || len(no) == 0 {
			continue
		}
		slices.Sort(yes)
		slices.Sort(no)
		rates = append(rates, equalErrorRate(yes, no))
	}
	if len(rates) == 0 {
		return 0, 0
	}
	slices.Sort(rates)
	return rates[len(rates)*25/1000], rates[len(rates)*975/1000]
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// over gives the share of the sorted scores at or over t.
func over(sorted []float64, t float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i, _ := slices.BinarySearch(sorted, t)
	return float64(len(sorted)-i) / float64(len(sorted))
}

// equalErrorRate is where misses and false alarms are equally frequent; both lists ascend.
func equalErrorRate(yes, no []float64) float64 {
	if len(yes) == 0 || len(no) == 0 {
		return 0
	}
	best, rate := 2.0, 0.0
	for _, t := range yes {
		miss, alarm := 1-over(yes, t), over(no, t)
		if d := max(miss, alarm) - min(miss, alarm); d < best {
			best, rate = d, (miss+alarm)/2
		}
	}
	return rate
}

// recallAt is the share found when the given share of negatives is over the threshold.
func recallAt(yes, no []float64, alarms float64) float64 {
	if len(yes) == 0 || len(no) == 0 {
		return 0
	}
	least := scoreAt(no, alarms)
	i, _ := slices.BinarySearch(yes, least)
	for i < len(yes) && yes[i] <= least {
		i++
	}
	return float64(len(yes)-i) / float64(len(yes))
}

// scoreAt is the threshold over which the given share of negatives lies; no is sorted.
func scoreAt(no []float64, alarms float64) float64 {
	if len(no) == 0 {
		return 0
	}
	return no[max(0, len(no)-1-int(alarms*float64(len(no))))]
}
