package policy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/judge"
)

func strikes(at ...call.Millis) []judge.Strike {
	var out []judge.Strike
	for _, t := range at {
		out = append(out, judge.Strike{AtMS: t, Category: judge.Abuse, Channel: judge.Manner, Level: judge.Warning})
	}
	return out
}

func judgement(at call.Millis, l judge.Level, hits ...call.Millis) judge.Judgement {
	j := judge.Judgement{AtMS: at, Level: l, Strikes: strikes(hits...)}
	if l > judge.None {
		j.Findings = []judge.Finding{{Category: judge.Abuse, Channel: judge.Manner, Level: l, Entry: "ABUSE-01"}}
	}
	return j
}

// The table of contracts §8, as it stands there.
func TestPresets(t *testing.T) {
	table := map[Preset]map[Do]Mode{
		PresetWatch: {Notify: Auto, Alert: Auto, Warn1: Off, Warn2: Off, Announce: Off, Final: Off, Closing: Off, Cut: Off, LimitNow: Off},
		PresetAsk:   {Notify: Auto, Alert: Auto, Warn1: AskFirst, Warn2: AskFirst, Announce: AskFirst, Final: AskFirst, Closing: AskFirst, Cut: AskFirst, LimitNow: AskFirst},
		PresetAuto:  {Notify: Auto, Alert: Auto, Warn1: Auto, Warn2: Auto, Announce: Auto, Final: Auto, Closing: Auto, Cut: Auto, LimitNow: Auto},
	}
	for p, row := range table {
		for do, want := range row {
			if got := ShippedRules(p).Mode(do); got != want {
				t.Errorf("%s %s: %s, want %s", p, do, got, want)
			}
		}
	}
	r := ShippedRules(PresetAuto)
	r.LifeLine = true
	if r.Mode(Cut) != AskFirst || r.Mode(Closing) != AskFirst || r.Mode(Warn1) != Auto {
		t.Error("a life-line service is never cut by itself")
	}
}

func does(acts []Action) string {
	var out []string
	for _, a := range acts {
		out = append(out, string(a.Do)+":"+string(a.Mode))
	}
	return strings.Join(out, " ")
}

// One outburst, however grave, never speaks to the caller or cuts by itself.
func TestASingleOutburstNeverActs(t *testing.T) {
	r := ShippedRules(PresetAuto)
	for l := judge.Caution; l <= judge.Emergency; l++ {
		_, acts := r.Plan(Begin(0), judgement(20000, l, 20000))
		for _, a := range acts {
			if a.Do != Notify && a.Do != Alert {
				t.Errorf("one hit of %s led to %s", l, does(acts))
			}
		}
	}
}

func TestTheWholeLadder(t *testing.T) {
	r := ShippedRules(PresetAuto)
	s := Begin(0)
	step := func(at call.Millis, want string, hits ...call.Millis) {
		t.Helper()
		var acts []Action
		s, acts = r.Plan(s, judgement(at, judge.Warning, hits...))
		if got := does(acts); got != want {
			t.Fatalf("at %s: %q, want %q (stage %s)", at, got, want, s.Stage)
		}
	}
	step(20000, "notify:auto", 20000)
	step(31000, "warn1:auto", 20000, 31000)
	step(33000, "", 20000, 31000) // busy
	s = r.Done(s, Warn1, 44000, true)
	step(50000, "", 20000, 31000, 50000) // too soon after the warning
	step(60000, "warn2:auto", 20000, 31000, 50000, 60000)
	s = r.Done(s, Warn2, 70000, true)
	step(90000, "final:auto", 31000, 60000, 90000)
	s = r.Done(s, Final, 100000, true)
	step(105000, "", 90000, 105000)
	step(120000, "closing:auto cut:auto limit:auto", 90000, 105000, 120000)
}

// What statistics alone see, and a rule that they hardly bear out, is shown to people and moves the machine to nothing, however grave it looks (E-12).
func TestStatisticsMoveTheMachineToNothing(t *testing.T) {
	r := ShippedRules(PresetAuto)
	of := []judge.Category{judge.Dogeza, judge.Sexual, judge.Threat}
	for i, c := range slices.Concat(of, of, of, of) {
		because := []string{"because.statistics", "because.gists", "because.signs", "because.words_only"}[i/3]
		var s State
		for at := call.Millis(20000); at <= 200000; at += 20000 {
			var acts []Action
			j := judge.Judgement{AtMS: at, Level: judge.Severe, Findings: []judge.Finding{{Category: c, Channel: c.Channel(), Level: judge.Severe, Because: because, ToMS: at}}}
			for k := call.Millis(20000); k <= at; k += 20000 {
				j.Strikes = append(j.Strikes, judge.Strike{AtMS: k, Category: c, Channel: c.Channel(), Level: judge.Severe, Statistical: true})
			}
			s, acts = r.Plan(s, j)
			if got := does(acts); got != "" && got != "notify:auto" {
				t.Fatalf("%s at %s, %s: %s", c, at, because, got)
			}
		}
	}
	// What an entry says twice after that begins at the final notice, and what statistics say beside it changes nothing of it.
	j := judgement(60000, judge.Severe, 20000, 60000)
	j.Findings[0].Category, j.Findings[0].Channel = judge.Dogeza, judge.Manner
	if _, acts := r.Plan(State{Stage: StageWatch, Notified: judge.Severe}, j); does(acts) != "final:auto" {
		t.Errorf("%s", does(acts))
	}
}

// What the caller did not hear to its end does not count as said.
func TestAnInterruptedNoticeIsNoNotice(t *testing.T) {
	r := ShippedRules(PresetAuto)
	s := State{Stage: StageWarn2, SinceMS: 1000, Warn2Heard: true, Busy: Final}
	s = r.Done(s, Final, 5000, false)
	if s.Stage != StageWarn2 || s.FinalHeard {
		t.Errorf("%+v", s)
	}
	_, acts := r.Plan(State{Stage: StageFinal, SinceMS: 1000, Warn2Heard: true}, judgement(60000, judge.Severe, 20000, 40000))
	if does(acts) != "notify:auto" {
		t.Errorf("cut without a final notice: %s", does(acts))
	}
}

func TestWhatHoldsTheCut(t *testing.T) {
	ready := State{Stage: StageFinal, SinceMS: 100000, Warn2Heard: true, FinalHeard: true, Notified: judge.Severe}
	for name, c := range map[string]struct {
		change func(*Rules, *State, *judge.Judgement)
		want   string
	}{
		"nothing":     {func(*Rules, *State, *judge.Judgement) {}, "closing:auto cut:auto limit:auto"},
		"the cap":     {func(r *Rules, s *State, _ *judge.Judgement) { s.CutsToday = 3 }, "closing:ask"},
		"a life line": {func(r *Rules, _ *State, _ *judge.Judgement) { r.LifeLine = true }, "closing:ask"},
		"a guard": {func(_ *Rules, _ *State, j *judge.Judgement) {
			j.Counter = []judge.Finding{{Category: judge.GRights, ToMS: 110000}}
		}, "closing:ask"},
		"an old guard": {func(_ *Rules, _ *State, j *judge.Judgement) {
			j.Counter = []judge.Finding{{Category: judge.GRights, ToMS: 9000}}
		}, "closing:auto cut:auto limit:auto"},
		"warning 2 not heard": {func(_ *Rules, s *State, _ *judge.Judgement) { s.Warn2Heard = false }, "closing:ask"},
		"one strike only":     {func(_ *Rules, _ *State, j *judge.Judgement) { j.Strikes = strikes(120000) }, ""},
		"persistence alone": {func(_ *Rules, _ *State, j *judge.Judgement) {
			j.Strikes[0].Channel, j.Strikes[1].Channel = judge.Persistence, judge.Persistence
		}, ""},
		"a person took over": {func(_ *Rules, s *State, _ *judge.Judgement) { s.HandsOff = true }, ""},
		"an emergency":       {func(_ *Rules, _ *State, j *judge.Judgement) { j.Level = judge.Emergency }, "alert:auto"},
		"the preset 確認してから":  {func(r *Rules, _ *State, _ *judge.Judgement) { r.Preset = PresetAsk }, "closing:ask"},
		"the preset 見守り":     {func(r *Rules, _ *State, _ *judge.Judgement) { r.Preset = PresetWatch }, ""},
	} {
		r, s, j := ShippedRules(PresetAuto), ready, judgement(130000, judge.Severe, 120000, 130000)
		c.change(&r, &s, &j)
		if _, acts := r.Plan(s, j); does(acts) != c.want {
			t.Errorf("%s: %q, want %q", name, does(acts), c.want)
		}
	}
}

func TestAProposalIsMadeOnce(t *testing.T) {
	r := ShippedRules(PresetAsk)
	s, acts := r.Plan(Begin(0), judgement(31000, judge.Warning, 20000, 31000))
	if does(acts) != "notify:auto warn1:ask" {
		t.Fatal(does(acts))
	}
	s, acts = r.Plan(s, judgement(40000, judge.Warning, 20000, 31000, 40000))
	if does(acts) != "" {
		t.Errorf("proposed again: %s", does(acts))
	}
	s, acts, err := r.Command(s, Command{Do: CommandWarn, By: "sv"}, judgement(41000, judge.Warning), call.Ability{Announce: true})
	if err != nil || does(acts) != "warn1:auto" || s.Busy != Warn1 || acts[0].By != "sv" {
		t.Errorf("%s %v %+v", does(acts), err, s)
	}
}

func TestAnEmergencyStopsWhatIsSpoken(t *testing.T) {
	r := ShippedRules(PresetAuto)
	s, acts := r.Plan(State{Stage: StageWarn1, Busy: Warn2, Notified: judge.Warning}, judgement(50000, judge.Emergency, 50000))
	if does(acts) != "alert:auto stop:auto" || s.Stage != StageEmergency || !s.HandsOff {
		t.Errorf("%s %+v", does(acts), s)
	}
	s, acts, err := r.Command(s, Command{Do: CommandCut, By: "sv"}, judgement(60000, judge.Emergency), call.Ability{Cut: true})
	if err != nil || does(acts) != "closing:auto cut:auto limit:ask" {
		t.Errorf("a person may still cut: %s %v %v", does(acts), err, s.Stage)
	}
}

// What statistics alone say neither counts toward a warning nor makes an old strike a fresh one.
func TestStatisticsAloneCountForNothing(t *testing.T) {
	r := ShippedRules(PresetAuto)
	j := judgement(60000, judge.Warning, 10000, 20000)
	j.Strikes = append(j.Strikes, judge.Strike{AtMS: 59000, Channel: judge.Manner, Level: judge.Caution, Statistical: true})
	if _, acts := r.Plan(Begin(0), j); does(acts) != "notify:auto warn1:ask" {
		t.Errorf("two strikes of forty seconds ago and a guess: %s", does(acts))
	}
	j.Strikes = j.Strikes[1:]
	if o := r.Outlook(Begin(0), j); o.Strikes != 1 {
		t.Errorf("%d strikes are missing, want one", o.Strikes)
	}
}

// After a cut by hand a limit is proposed to two people, whatever the preset may do by itself; 見守り proposes none.
func TestACutByHandProposesALimit(t *testing.T) {
	for preset, want := range map[Preset]string{PresetWatch: "closing:auto cut:auto", PresetAsk: "closing:auto cut:auto limit:ask", PresetAuto: "closing:auto cut:auto limit:ask"} {
		_, acts, err := ShippedRules(preset).Command(Begin(0), Command{Do: CommandCut, By: "sv"}, judgement(60000, judge.Warning), call.Ability{Cut: true})
		if err != nil || does(acts) != want {
			t.Errorf("%s: %s, want %s, %v", preset, does(acts), want, err)
		}
	}
	in := call.Incoming{ID: "c", From: call.ParseNumber("0312345678")}
	now := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	if l, ok := Suggested(in, now); !ok || l.Provisional || l.InForce(now) && len(l.Approvers) > 0 || l.Until.Sub(now) > MaxLimit {
		t.Errorf("%+v %v", l, ok)
	}
	if l, ok := Suggested(call.Incoming{ID: "c"}, now); ok {
		t.Errorf("a limit on nobody is proposed: %+v", l)
	}
}

func TestCalmLowersTheStage(t *testing.T) {
	r := ShippedRules(PresetAuto)
	s, _ := r.Plan(State{Stage: StageWarn2, SinceMS: 60000, Notified: judge.Warning}, judgement(60000+r.Calm, judge.None, 50000))
	if s.Stage != StageWarn1 {
		t.Errorf("stage %s", s.Stage)
	}
	if next := r.Next(State{Stage: StageWarn2, SinceMS: 60000}, judgement(70000, judge.None, 50000)); next != 60000+r.Calm {
		t.Errorf("next %d", next)
	}
}

func TestLimits(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	good := Limit{ID: "l", Number: "+81312345678", Take: TakeRefuse, From: now, Until: now.Add(24 * time.Hour), Reason: "r", Approvers: []string{"a", "b"}, Elsewhere: "letter"}
	if err := good.Check(false); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*Limit){
		"two different people": func(l *Limit) { l.Approvers = []string{"a", "a"} },
		"at most 180 days":     func(l *Limit) { l.Until = now.Add(181 * 24 * time.Hour) },
		"another way in":       func(l *Limit) { l.Elsewhere = "" },
		"a reason":             func(l *Limit) { l.Reason = "" },
		"never refuses":        func(l *Limit) { l.Provisional = true },
		"is not one of":        func(l *Limit) { l.Take = "ban" },
	} {
		l := good
		change(&l)
		if err := l.Check(false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if good.Check(true) == nil {
		t.Error("a public body refused calls")
	}
}

// What a limit may be for: a number or a way of withholding it, never both; nobody is refused for withholding it; a limit on one matter
// leads to somebody who can learn what a call is about.
func TestScope(t *testing.T) {
	now := time.Now()
	good := Limit{ID: "l", Number: "+81312345678", Take: TakeVoicebot, From: now, Until: now.Add(time.Hour), Reason: "r", Approvers: []string{"a", "b"}, Elsewhere: "letter"}
	for name, c := range map[string]struct {
		change func(*Limit)
		ok     bool
	}{
		"a number":         {func(*Limit) {}, true},
		"one matter":       {func(l *Limit) { l.Matter = "返金" }, true},
		"the team":         {func(l *Limit) { l.Matter, l.Take = "返金", TakeTeam }, true},
		"withheld":         {func(l *Limit) { l.Number, l.Withheld = "", call.Withheld }, true},
		"both":             {func(l *Limit) { l.Withheld = call.Withheld }, false},
		"neither":          {func(l *Limit) { l.Number = "" }, false},
		"no such kind":     {func(l *Limit) { l.Number, l.Withheld = "", "shy" }, false},
		"withheld refused": {func(l *Limit) { l.Number, l.Withheld, l.Take = "", call.Withheld, TakeRefuse }, false},
		"matter refused":   {func(l *Limit) { l.Matter, l.Take = "返金", TakeRefuse }, false},
		"matter recorded":  {func(l *Limit) { l.Matter, l.Take = "返金", TakeMessage }, false},
		"with a voice":     {func(l *Limit) { l.Voice = "v" }, true},
		"a voice only":     {func(l *Limit) { l.Number, l.Voice, l.Take = "", "v", TakeCandidate }, true},
		"voice to a bot":   {func(l *Limit) { l.Number, l.Voice = "", "v" }, false},
		"voice refused":    {func(l *Limit) { l.Number, l.Voice, l.Take = "", "v", TakeRefuse }, false},
		"number candidate": {func(l *Limit) { l.Voice, l.Take = "v", TakeCandidate }, false},
		"no candidate":     {func(l *Limit) { l.Number, l.Take = "", TakeCandidate }, false},
		"machine's voice":  {func(l *Limit) { l.Voice, l.Provisional, l.Approvers = "v", true, nil }, false},
	} {
		l := good
		c.change(&l)
		if err := l.Check(false); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := ShippedRules(PresetAsk)
	for team, ok := range map[string]bool{"": true, "8000": true, "*55#": true, "8000@pbx": false, "80 00": false, strings.Repeat("1", 33): false} {
		if r.Team = team; (r.Check() == nil) != ok {
			t.Errorf("team %q: %v", team, r.Check())
		}
	}
}

// A limit of a voice alone is not what a call is admitted by, whoever calls, with any preset, and whatever somebody has put
// into it (E-34).
func TestE34AVoiceAloneNeverDecides(t *testing.T) {
	now := time.Now()
	callers := []call.Number{call.ParseNumber("0312345678"), {Withheld: call.Withheld}, {Withheld: call.Payphone}, {}}
	for _, p := range []Preset{PresetWatch, PresetAsk, PresetAuto} {
		for _, take := range append(Takes(), TakeCandidate, "") {
			for _, from := range callers {
				r := ShippedRules(p)
				r.Team, r.RefuseSilently = "8000", true
				l := Limit{ID: "l", Voice: "v", Take: take, From: now, Until: now.Add(time.Hour)}
				if a := r.Admit(call.Incoming{Direction: call.Inbound, From: from}, []Limit{l}, now); a != (call.Admission{Verdict: call.Accept}) {
					t.Errorf("%s %q from %+v: %+v", p, take, from, a)
				}
			}
		}
	}
}

func TestAdmit(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	in := call.Incoming{ID: call.NewID(), Direction: call.Inbound, From: call.ParseNumber("0312345678")}
	r := ShippedRules(PresetAuto)
	prov, ok := r.Provisional(in, now)
	if !ok || prov.Check(true) != nil {
		t.Fatalf("%+v", prov)
	}
	if a := r.Admit(in, []Limit{prov}, now.Add(time.Hour)); a.Verdict != call.AnswerWithVoicebot || a.Limit != prov.ID {
		t.Errorf("%+v", a)
	}
	if a := r.Admit(in, []Limit{prov}, now.Add(25*time.Hour)); a.Verdict != call.Accept {
		t.Errorf("a limit outlived its end: %+v", a)
	}
	if a := ShippedRules(PresetAsk).Admit(in, []Limit{prov}, now); a.Verdict != call.Accept {
		t.Errorf("a provisional limit worked without people: %+v", a)
	}
	withheld := in
	withheld.From = call.Number{Withheld: call.Withheld}
	if _, ok := r.Provisional(withheld, now); ok {
		t.Error("a withheld number was limited")
	}
	refuse := Limit{ID: "r", Number: in.From.E164, Take: TakeRefuse, From: now, Until: now.Add(time.Hour), Reason: "r", Approvers: []string{"a", "b"}, Elsewhere: "letter"}
	if a := r.Admit(in, []Limit{prov, refuse}, now); a.Verdict != call.AnswerWithRefusal || a.Status != 0 {
		t.Errorf("%+v", a)
	}
	r.RefuseSilently = true
	if a := r.Admit(in, []Limit{prov, refuse}, now); a.Verdict != call.Refuse || a.Status != 607 {
		t.Errorf("%+v", a)
	}
	team := refuse
	team.ID, team.Take, team.Matter = "t", TakeTeam, "返金の件"
	if a := r.Admit(in, []Limit{team}, now); a.Verdict != call.AnswerWithVoicebot || a.Team != "" || a.Matter != team.Matter {
		t.Errorf("no team to lead to: %+v", a)
	}
	r.Team = "8000"
	if a := r.Admit(in, []Limit{team}, now); a.Verdict != call.Accept || a.Team != "8000" || a.Limit != "t" || a.Matter != team.Matter {
		t.Errorf("%+v", a)
	}
	if a := r.Admit(in, []Limit{team, prov}, now); a.Verdict != call.AnswerWithVoicebot || a.Team != "" {
		t.Errorf("the stricter limit counts: %+v", a)
	}
	kind := Limit{ID: "w", Withheld: call.Withheld, Take: TakeMessage, From: now, Until: now.Add(time.Hour), Reason: "r", Approvers: []string{"a", "b"}, Elsewhere: "letter"}
	payphone := in
	payphone.From = call.Number{Withheld: call.Payphone}
	for name, c := range map[string]struct {
		in   call.Incoming
		want call.Verdict
	}{"withheld": {withheld, call.AnswerWithAnnouncement}, "shown": {in, call.Accept}, "a payphone": {payphone, call.Accept}} {
		if a := r.Admit(c.in, []Limit{kind}, now); a.Verdict != c.want {
			t.Errorf("%s: %+v", name, a)
		}
	}
	r.Public = true
	if a := r.Admit(in, []Limit{refuse}, now); a.Verdict != call.AnswerWithAnnouncement {
		t.Errorf("a public body refused: %+v", a)
	}
}
