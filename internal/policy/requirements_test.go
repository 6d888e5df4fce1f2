package policy

import (
	"testing"

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
