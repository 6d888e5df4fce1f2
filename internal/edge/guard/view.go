package guard

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// keepLines is how many lines, and how many gaps, a view carries; the journal has all.
const keepLines = 80

// showEvery is the least time between two updates that tell nothing important.
const showEvery = 200 * time.Millisecond

// A view is what consoles see of the call. It belongs to the goroutine of Watch.
type view struct {
	bus.CallView
	seq       int
	commands  map[string]error // what was answered to each, by its ID: a repeated one is harmless
	lastShown time.Time
	gone      bool
}

func jsonRaw(b []byte) json.RawMessage { return json.RawMessage(b) }

func (v *view) init(g *Guard) {
	v.CallView = bus.CallView{Incoming: g.Call, Edge: g.Edge, Line: bus.LineRinging, Preset: g.Policy.Preset,
		Can: g.Line.Can(), Limit: g.Limit, Matter: g.Matter, Meter: map[call.Party]int{}}
	v.commands = map[string]error{}
}

// show publishes the view; unimportant changes wait for the next beat.
func (g *Guard) show(important bool) {
	if g.Publish == nil || !important && time.Since(g.view.lastShown) < showEvery {
		return
	}
	v := &g.view
	v.Revision++
	v.AtMS, v.State, v.Judgement, v.Outlook, v.Peak = g.now(), g.course.State(), g.course.Judgement(), g.course.Outlook(), g.course.Peak()
	v.Proposed = slices.Clone(g.course.Proposed())
	v.Bot = g.summary()
	v.lastShown = time.Now()
	out := v.CallView
	out.Lines, out.Lost, out.Actions = slices.Clone(v.Lines), slices.Clone(v.Lost), slices.Clone(v.Actions)
	out.Marks, out.Gaps, out.Voices = slices.Clone(v.Marks), slices.Clone(v.Gaps), slices.Clone(v.Voices)
	out.Meter = map[call.Party]int{call.Caller: v.Meter[call.Caller], call.Agent: v.Meter[call.Agent]}
	g.Publish(out)
}

func (v *view) add(l bus.ViewLine) {
	l.Seq = v.seq
	v.seq++
	if n := len(v.Lines); n > 0 && v.Lines[n-1].Kind == "partial" {
		v.Lines = v.Lines[:n-1]
	}
	v.Lines = append(v.Lines, l)
	if over := len(v.Lines) - keepLines; over > 0 {
		v.Lines = slices.Delete(v.Lines, 0, over)
	}
}

func (v *view) partial(u evidence.Utterance) {
	if n := len(v.Lines); n > 0 && v.Lines[n-1].Kind == "partial" {
		v.Lines = v.Lines[:n-1]
	}
	v.Lines = append(v.Lines, bus.ViewLine{Seq: -1, AtMS: u.ToMS, Kind: "partial", Party: u.Party, Text: u.Text, Confidence: u.Confidence, Source: u.Source})
}

func (v *view) item(it evidence.Item, r *judge.Rules) {
	h := it.Span()
	l := bus.ViewLine{AtMS: h.ToMS, Kind: string(it.Kind()), Party: h.Party, Source: h.Source}
	switch it := it.(type) {
	case evidence.Utterance:
		l.Text, l.Confidence = it.Text, it.Confidence
	case evidence.Phrase:
		l.Text, l.Category, _ = r.Surface(it.ID)
		if l.Text == "" {
			l.Text = it.Reading // entered after the call began, or known by its sound only
		}
		l.Confidence = it.Confidence
	case evidence.Gist:
		if !judge.IsSign(it) {
			return
		}
		l.Category, l.Confidence = judge.Category(it.Category), it.Harm
	case evidence.Sound:
		v.Meter[h.Party] = int(it.LoudnessDB)
		return
	case evidence.DTMF:
		l.Text = it.Digit
	case evidence.Voice:
		for _, c := range it.Candidates {
			l.Voice, l.Confidence = c.Voiceprint, c.Score
			v.add(l)
			v.resembles(c)
		}
		return
	case evidence.Mark:
		if it.Source == evidence.SourceEdge {
			return // hold and resume have lines of their own
		}
		l.Text, l.By = it.Mark, it.By
		v.Marks = append(v.Marks, it)
	case evidence.Gap:
		l.Text, l.Because = it.What, it.Why
		v.Gaps = append(v.Gaps, it)
		v.Gaps = slices.Delete(v.Gaps, 0, max(0, len(v.Gaps)-keepLines))
		if it.What == "recording" {
			v.lost("recording")
		}
	default:
		return
	}
	v.add(l)
}

// resembles keeps the best score of a registered voice.
func (v *view) resembles(c evidence.Candidate) {
	i := slices.IndexFunc(v.Voices, func(o evidence.Candidate) bool { return o.Voiceprint == c.Voiceprint })
	switch {
	case i < 0:
		v.Voices = append(v.Voices, c)
	case v.Voices[i].Score < c.Score:
		v.Voices[i] = c
	}
	slices.SortStableFunc(v.Voices, func(a, b evidence.Candidate) int { return cmp.Compare(b.Score, a.Score) })
}

func (v *view) note(now call.Millis, n Note) {
	if n.Line != "" {
		v.Line = n.Line
	}
	if n.OnHold != nil {
		v.OnHold = *n.OnHold
	}
	if n.Heard != nil {
		v.Listener, v.Engine = n.Heard.Listener, n.Heard.Engine
	}
	if n.Lost != "" {
		v.lost(n.Lost)
	}
	if n.Kind == folder.KindCall || n.Kind == folder.KindNotice {
		text, _ := json.Marshal(n.Data)
		l := bus.ViewLine{AtMS: now, Kind: string(n.Kind)}
		var what struct {
			What string `json:"what"`
		}
		if json.Unmarshal(text, &what) == nil {
			l.Text = what.What
		}
		v.add(l)
	}
}

func (v *view) lost(what string) {
	if !slices.Contains(v.Lost, what) {
		v.Lost = append(v.Lost, what)
	}
}

func (v *view) command(now call.Millis, c CommandLine) {
	v.add(bus.ViewLine{AtMS: now, Kind: "command", Text: c.Command.Do, By: c.By, Because: c.Refused})
}

func (v *view) plan(now call.Millis, acts []policy.Action, stage policy.Stage) {
	for _, a := range acts {
		if a.Mode == policy.AskFirst {
			v.add(bus.ViewLine{AtMS: now, Kind: "proposal", Do: a.Do, Mode: a.Mode, Stage: stage})
		}
	}
}

func (v *view) action(now call.Millis, l ActionLine) {
	v.add(bus.ViewLine{AtMS: now, Kind: "action", Do: l.Do, Phase: l.Phase, By: l.By, Because: l.Error})
	if l.Phase == Done {
		v.Actions = append(v.Actions, l.Do)
	}
	if l.Phase == Begun || v.gone {
		return
	}
	switch l.Do {
	case policy.Warn1, policy.Warn2, policy.Final, policy.AskKey, policy.Announce, policy.Rejoin:
		v.Line = bus.LineWatching
	}
}

func (v *view) begins(d policy.Do) {
	switch d {
	case policy.Warn1, policy.Warn2, policy.Final, policy.AskKey, policy.Announce:
		v.Line = bus.LineAnnouncing
	case policy.Closing, policy.Cut, policy.End:
		v.Line = bus.LineCutting
	case policy.Voicebot:
		v.Line = bus.LineBot
	case policy.Rejoin:
		v.Line = bus.LineRejoining
	}
}

func (v *view) ended(r call.EndReason) {
	v.Line, v.Ended, v.gone = bus.LineEnded, &r, true
}

func (v *view) limited(l policy.Limit) { v.New = &l }
