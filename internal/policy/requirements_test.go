package policy

import (
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/judge"
)

// Statistics alone never speak to the caller, divert or cut, however many strikes they make (E-12).
func TestE12StatisticsAloneNeverAct(t *testing.T) {
	r := ShippedRules(PresetAuto)
	for _, s := range []State{Begin(0), {Stage: StageWarn1, SinceMS: 1000}, {Stage: StageWarn2, SinceMS: 1000, Warn2Heard: true},
		{Stage: StageFinal, SinceMS: 1000, Warn2Heard: true, FinalHeard: true}} {
		j := judgement(200000, judge.Warning, 150000, 160000, 170000, 180000, 190000, 200000)
		for i := range j.Strikes {
			j.Strikes[i].Statistical = true
		}
		_, acts := r.Plan(s, j)
		for _, a := range acts {
			if a.Do != Notify && a.Do != Alert {
				t.Errorf("%s: %s", s.Stage, does(acts))
			}
		}
	}
}

// A public body never refuses; a limit of its is a message or the voicebot (E-15). Every limit has a reason, an end
// within 180 days, another way in, and two people (E-14): TestLimits.
func TestE15PublicBodiesDoNotRefuse(t *testing.T) {
	if (Limit{ID: "l", Number: "+81312345678", Take: TakeRefuse, Reason: "r", Approvers: []string{"a", "b"}, Elsewhere: "letter"}).Check(true) == nil {
		t.Error("a public body refused")
	}
}

// A wrong flag stops what is spoken and begins anew (E-17).
func TestE17AWrongFlagReverses(t *testing.T) {
	r := ShippedRules(PresetAuto)
	s, acts, err := r.Command(State{Stage: StageFinal, Busy: Final, Warn2Heard: true, FinalHeard: true}, Command{Do: CommandWrongFlag, By: "op"}, judgement(9000, judge.None), allCan())
	if err != nil || does(acts) != "stop:auto" || s.Stage != StageNormal || s.Warn2Heard || s.FinalHeard {
		t.Errorf("%s %+v %v", does(acts), s, err)
	}
}

// A crisis in the middle of a warning stops it at once and leaves everything else to people (E-25).
func TestE25ACrisisStopsEverything(t *testing.T) {
	r := ShippedRules(PresetAuto)
	j := judgement(50000, judge.Emergency)
	j.Findings[0].Category = judge.GCrisis
	s, acts := r.Plan(State{Stage: StageFinal, Busy: Final, Warn2Heard: true}, j)
	if does(acts) != "alert:auto stop:auto" || !s.HandsOff {
		t.Errorf("%s %+v", does(acts), s)
	}
	j = judgement(90000, judge.Severe, 60000, 70000, 80000, 90000)
	if _, acts = r.Plan(s, j); does(acts) != "" {
		t.Errorf("after the crisis: %s", does(acts))
	}
}

func allCan() call.Ability {
	return call.Ability{Announce: true, Voicebot: true, Rejoin: true, Cut: true}
}

// What is heard as a right or a complaint holds the machine; and silence, acoustics alone, never speaks by itself, in no
// preset (E-12).
func TestE12SilenceAloneOnlyAsksPeople(t *testing.T) {
	for _, p := range []Preset{PresetWatch, PresetAsk, PresetAuto} {
		r := ShippedRules(p)
		s, acts := r.Plan(Begin(0), judge.Judgement{AtMS: 30000, Quiet: true})
		want := "ask_key:ask"
		if p == PresetWatch {
			want = ""
		}
		if does(acts) != want {
			t.Errorf("%s: %s", p, does(acts))
		}
		if _, acts = r.Plan(s, judge.Judgement{AtMS: 31000, Quiet: true}); does(acts) != "" {
			t.Errorf("%s: proposed again: %s", p, does(acts))
		}
	}
}

// An expired limit lets the caller in by itself, and no limit is without an end within 180 days, a reason, another way in
// and two people (E-14). The ledger's side: package limits.
func TestE14LimitsEnd(t *testing.T) {
	from := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	good := Limit{ID: "l", Number: "+81312345678", Take: TakeRefuse, From: from, Until: from.Add(MaxLimit), Reason: "r", Approvers: []string{"a", "b"}, Elsewhere: "letter"}
	if err := good.Check(false); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Limit){
		"no end": func(l *Limit) { l.Until = time.Time{} }, "a second too long": func(l *Limit) { l.Until = l.Until.Add(time.Second) },
		"no reason": func(l *Limit) { l.Reason = "" }, "one person": func(l *Limit) { l.Approvers = []string{"a"} },
		"the same twice": func(l *Limit) { l.Approvers = []string{"a", "a"} }, "no other way": func(l *Limit) { l.Elsewhere = "" },
	} {
		l := good
		change(&l)
		if l.Check(false) == nil {
			t.Errorf("%s was taken", name)
		}
	}
	in := call.Incoming{ID: call.NewID(), Direction: call.Inbound, From: call.ParseNumber("0312345678")}
	for at, want := range map[time.Time]call.Verdict{from: call.AnswerWithRefusal, good.Until.Add(-time.Millisecond): call.AnswerWithRefusal, good.Until: call.Accept} {
		if got := ShippedRules(PresetAsk).Admit(in, []Limit{good}, at); got.Verdict != want {
			t.Errorf("%s: %s", at, got.Verdict)
		}
	}
}

// Where an accommodation was asked for, nothing is spoken, cut or limited by itself for the whole call, however long ago
// it was (E-20).
func TestE20NothingByItselfAfterAnAccommodation(t *testing.T) {
	r := ShippedRules(PresetAuto)
	for _, s := range []State{Begin(0), {Stage: StageWarn1, SinceMS: 1000}, {Stage: StageWarn2, SinceMS: 1000, Warn2Heard: true},
		{Stage: StageFinal, SinceMS: 1000, Warn2Heard: true, FinalHeard: true}} {
		j := judgement(3600000, judge.Severe, 3560000, 3580000, 3600000)
		_, without := r.Plan(s, j)
		j.Accommodation = true
		_, with := r.Plan(s, j)
		spoke := func(acts []Action) (n int) {
			for _, a := range acts {
				if a.Mode == Auto && a.Do != Notify && a.Do != Alert {
					n++
				}
			}
			return n
		}
		if spoke(without) == 0 || spoke(with) != 0 {
			t.Errorf("%s: %s without it, %s with it", s.Stage, does(without), does(with))
		}
	}
}

// An ending is proposed for a silent caller only after two prompts that ask for a key were heard to their end, and after a
// key is pressed nothing is (E-21).
func TestE21SilenceNeedsTwoPromptsAndAKey(t *testing.T) {
	silent := judge.Judgement{AtMS: 200000, Quiet: true, Level: judge.Caution, Findings: []judge.Finding{{Category: judge.Silent, Level: judge.Caution}}}
	for _, p := range []Preset{PresetAsk, PresetAuto} {
		r := ShippedRules(p)
		s := State{Stage: StageWatch}
		for range 2 {
			for _, complete := range []bool{false, true} { // a prompt that was broken off is none
				n, acts := r.Plan(s, silent)
				if does(acts) != "ask_key:ask" || acts[0].Prompt != "silent" {
					t.Fatalf("%s asked %d times: %s", p, s.Asked, does(acts))
				}
				s = r.Done(n, AskKey, silent.AtMS-30000, complete)
				s.Proposed = ""
			}
		}
		_, acts := r.Plan(s, silent)
		if does(acts) != "closing:ask" || acts[0].Prompt != "silent_end" {
			t.Errorf("%s: %s", p, does(acts))
		}
		if _, acts = r.Plan(s, judge.Judgement{AtMS: 200000}); does(acts) != "" {
			t.Errorf("%s after a key: %s", p, does(acts))
		}
	}
}

// Refusing fails to connecting: without limits, without a number, with rules of nobody, the call comes through (E-26).
func TestE26DoubtConnects(t *testing.T) {
	now := time.Now()
	in := call.Incoming{ID: call.NewID(), Direction: call.Inbound, From: call.ParseNumber("0312345678")}
	refuse := Limit{ID: "l", Number: in.From.E164, Take: TakeRefuse, From: now, Until: now.Add(time.Hour)}
	hidden := in
	hidden.From = call.Number{Withheld: call.Withheld}
	unknown := refuse
	unknown.Take = "something new"
	for name, got := range map[string]call.Admission{
		"no limits": ShippedRules(PresetAuto).Admit(in, nil, now), "no number": ShippedRules(PresetAuto).Admit(hidden, []Limit{refuse}, now),
		"a way to take that is not known": ShippedRules(PresetAuto).Admit(in, []Limit{unknown}, now),
	} {
		if got.Verdict != call.Accept {
			t.Errorf("%s: %s", name, got.Verdict)
		}
	}
	if ShippedRules(PresetAuto).Admit(in, []Limit{refuse}, now).Verdict != call.AnswerWithRefusal {
		t.Error("nothing is ever refused, so this shows nothing")
	}
}
