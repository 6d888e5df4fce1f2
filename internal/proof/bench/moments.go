package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/edge/guard"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/policy"
	"commusafe/internal/proof/demo"
)

// A ReactionRow is how long something took, in milliseconds.
type ReactionRow struct {
	Name  string  `json:"name"`
	N     int     `json:"n"`
	P50MS float64 `json:"p50_ms"`
	P95MS float64 `json:"p95_ms"`
	P99MS float64 `json:"p99_ms"`
	MaxMS float64 `json:"max_ms"`
}

// Rows of the measure of reaction, in their order.
const (
	rowSpotted   = "end of phrase → evidence"
	rowEvidence  = "end of utterance → evidence"
	rowJudgement = "end of utterance → judgement"
	rowPacket    = "judgement → first packet"
	rowAnswer    = "end of phrase → first packet"
	rowCut       = "last packet of the closing text → BYE at the caller"
)

func firstPacket(do policy.Do) string { return "end of utterance → first packet of " + string(do) }

// moments collects durations by row.
type moments struct{ ms map[string][]float64 }

func newMoments() *moments { return &moments{ms: map[string][]float64{}} }

func (m *moments) add(row string, ms float64) { m.ms[row] = append(m.ms[row], ms) }

func (m *moments) rows() []ReactionRow {
	var out []ReactionRow
	for _, name := range []string{rowSpotted, rowEvidence, rowJudgement, rowPacket, rowAnswer, firstPacket(policy.Warn1), firstPacket(policy.Warn2),
		firstPacket(policy.Final), firstPacket(policy.Closing), rowCut} {
		v := slices.Sorted(slices.Values(m.ms[name]))
		r := ReactionRow{Name: name, N: len(v)}
		if n := len(v); n > 0 {
			r.P50MS, r.P95MS, r.P99MS, r.MaxMS = v[n/2], v[n*95/100], v[n*99/100], v[n-1]
		}
		out = append(out, r)
	}
	return out
}

// A history is one call's journal on the way past. Times are milliseconds of call time.
type history struct {
	*moments
	began time.Time
	said  []demo.Span // where the utterances really were
	bye   time.Time   // when the caller's phone was told; zero: it hung up itself

	now    int          // utterance that the last evidence line was of; -1 for other evidence
	known  map[int]bool // utterances with an evidence line
	seen   map[int]bool // utterances with a judgement
	heard  int
	judged float64
	phrase float64 // end of the last phrase, as the recogniser places it
	cause  map[policy.Do]cause
	closed call.Millis // last packet of the closing text
	cut    bool
}

// A cause is what an action answers.
type cause struct {
	said           int // utterance; -1 for something else
	phrase, judged float64
}

func newHistory(m *moments, began, bye time.Time) *history {
	return &history{moments: m, began: began, bye: bye, now: -1, known: map[int]bool{}, seen: map[int]bool{}, cause: map[policy.Do]cause{}}
}

func (c *history) wall(l folder.Line) float64 {
	return float64(l.Wall.Sub(c.began).Microseconds()) / 1000
}

// line takes one journal line in.
func (c *history) line(l folder.Line) error {
	switch l.Kind {
	case folder.KindEvidence:
		return c.evidence(l)
	case folder.KindJudgement:
		c.judged = c.wall(l)
		if c.now >= 0 && !c.seen[c.now] {
			c.seen[c.now] = true
			c.add(rowJudgement, c.judged-float64(c.said[c.now].ToMS))
		}
	case folder.KindPlan:
		var p struct{ Actions []policy.Action }
		if err := json.Unmarshal(l.Data, &p); err != nil {
			return err
		}
		for _, a := range p.Actions {
			if a.Mode == policy.Auto {
				c.cause[a.Do] = cause{c.now, c.phrase, c.judged}
			}
		}
	case folder.KindAction:
		return c.action(l)
	default:
		c.now = -1 // what follows is no answer to words
	}
	return nil
}

func (c *history) evidence(l folder.Line) error {
	it, err := evidence.Unmarshal(l.Data)
	if err != nil {
		return err
	}
	c.now = -1
	p, ok := it.(evidence.Phrase)
	if !ok || p.Party != call.Caller {
		return nil
	}
	c.phrase = float64(p.ToMS)
	c.add(rowSpotted, c.wall(l)-c.phrase)
	const slack = 300 // the recogniser's own idea of a phrase's place
	for i, u := range c.said {
		if int64(p.FromMS) >= u.FromMS-slack && int64(p.ToMS) <= u.ToMS+slack {
			c.now = i
		}
	}
	if c.now >= 0 && !c.known[c.now] {
		c.known[c.now] = true
		c.heard++
		c.add(rowEvidence, c.wall(l)-float64(c.said[c.now].ToMS))
	}
	return nil
}

func (c *history) action(l folder.Line) error {
	var a guard.ActionLine
	if err := json.Unmarshal(l.Data, &a); err != nil {
		return err
	}
	if a.Phase != guard.Done {
		return nil
	}
	c.cut = c.cut || a.Do == policy.Cut
	if why, ok := c.cause[a.Do]; ok && why.said >= 0 && a.Spoken != nil && a.Spoken.Packets > 0 {
		first := float64(a.Spoken.FirstMS)
		c.add(firstPacket(a.Do), first-float64(c.said[why.said].ToMS))
		c.add(rowPacket, first-why.judged)
		c.add(rowAnswer, first-why.phrase)
	}
	if a.Do == policy.Closing && a.Spoken != nil {
		c.closed = a.Spoken.LastMS
	}
	c.now = -1
	return nil
}

// end counts the cut, when it was one.
func (c *history) end() {
	if c.cut && c.closed > 0 && !c.bye.IsZero() {
		c.add(rowCut, float64(c.bye.Sub(c.began).Microseconds())/1000-float64(c.closed))
	}
}

// place finds where the caller's utterances stand in the recording: what was sent is looked up in what came, octet by
// octet, so that set-up and the phone's own clock are no part of the figures.
func place(dir string, sent []byte, said []demo.Span) ([]demo.Span, error) {
	b, err := os.ReadFile(filepath.Join(dir, folder.CallerWAV))
	if err != nil {
		return nil, err
	}
	_, came, err := audio.ParseG711(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	const mark = 100 * audio.SamplesPerMS
	offset, known, out := 0, false, []demo.Span(nil)
	for _, u := range said {
		at := int(u.FromMS+u.ToMS) / 2 * audio.SamplesPerMS
		from, to := 0, len(came)
		if known { // said again it is the same sound: look near where it must be
			from, to = min(len(came), max(0, at+offset-audio.SampleRate)), min(len(came), at+offset+audio.SampleRate)
		}
		i := bytes.Index(came[from:to], sent[at:at+mark])
		if i < 0 {
			continue // never said: the call was over
		}
		offset, known = from+i-at, true
		later := int64(offset / audio.SamplesPerMS)
		out = append(out, demo.Span{FromMS: u.FromMS + later, ToMS: u.ToMS + later, Text: u.Text})
	}
	return out, nil
}

// Text prints the table for people.
func (r ReactionResult) Text(out io.Writer) error {
	fmt.Fprintf(out, "%d calls at once, %d ended by the machine; %d of %d utterances (harmless ones included) led to evidence\n", r.Calls, r.Cut, r.Heard, r.Said)
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "milliseconds (negative: before the whole utterance was out)\tn\tp50\tp95\tp99\tmax")
	for _, w := range r.Rows {
		fmt.Fprintf(t, "%s\t%d\t%.0f\t%.0f\t%.0f\t%.0f\n", w.Name, w.N, w.P50MS, w.P95MS, w.P99MS, w.MaxMS)
	}
	return t.Flush()
}
