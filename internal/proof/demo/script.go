package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
	"commusafe/internal/proof/phone"
)

// A Script is one call of the demonstration.
type Script struct {
	Name     string // enquiry, complaint, abuse, limited, threat
	From     string
	Withheld bool
	Caller   []byte        // mu-law; silence after it
	Agent    []byte        // nil: no agent is expected to answer
	Keys     []phone.Step  // that the caller presses
	Hangup   time.Duration // when the caller hangs up by himself; 0 for never
	After    string        // begins when that call has ended
	Expect   func(Outcome) error
}

// An Outcome is what a call left behind: the folder's journal and both phones.
type Outcome struct {
	Admission call.Verdict
	Withheld  call.Withholding
	Peak      judge.Level
	Actions   []policy.Do // done, in order
	Ended     call.EndReason
	Guards    []judge.Category // counter-evidence that was heard
	BotResult string
	CallerBye bool // the caller's phone got a BYE
	AgentBye  bool
	AgentHeld bool // an agent answered
	MaxGapMS  float64
	Reinvites int
	Heard     bool
	Replayed  bool   // judgements and plans came out of the folder again, byte for byte
	Indexed   bool   // the office has taken the call in
	Limited   bool   // the office lists a limit on the number
	Fault     string // what the folder's proof or the replay complains of
}

const (
	harasser = "09055550199"
	second   = time.Second
)

// Scripts gives the five calls. replace puts other sound in place of a caller's, by call name.
func Scripts(replace map[string]string) ([]Script, error) {
	sounds, err := Sounds()
	if err != nil {
		return nil, err
	}
	part := func(file string) []byte { return sounds[file].Octets }
	abuse := part("abuse-caller.wav")
	scripts := []Script{
		{Name: "abuse", From: harasser, Caller: goOn(abuse, sounds["abuse-caller.wav"]), Agent: part("abuse-agent.wav"), Hangup: 200 * second, Expect: expectCut},
		{Name: "enquiry", From: "0355550101", Caller: part("enquiry-caller.wav"), Agent: part("enquiry-agent.wav"), Hangup: length(part("enquiry-agent.wav")) + second, Expect: expectUndisturbed},
		{Name: "complaint", From: "0655550102", Caller: part("complaint-caller.wav"), Agent: part("complaint-agent.wav"), Hangup: length(part("complaint-caller.wav")) + 2*second, Expect: expectComplaint},
		{Name: "threat", Withheld: true, Caller: part("threat-caller.wav"), Agent: part("threat-agent.wav"), Hangup: length(part("threat-caller.wav")) + 4*second, Expect: expectAlert},
		{Name: "limited", From: harasser, Caller: slices.Concat(stillness(untilBeep), part("limited-caller.wav")), Keys: []phone.Step{{At: second, Keys: "9"}}, After: "abuse", Hangup: 120 * second, Expect: expectVoicebot},
	}
	for name, file := range replace {
		i := slices.IndexFunc(scripts, func(s Script) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no call of the demonstration is called %q (enquiry, complaint, abuse, limited, threat)", name)
		}
		if scripts[i].Caller, err = soundFile(file); err != nil {
			return nil, err
		}
		scripts[i].Hangup = min(scripts[i].Hangup, length(scripts[i].Caller)+5*second)
	}
	return scripts, nil
}

func length(octets []byte) time.Duration {
	return time.Duration(len(octets)) * second / audio.SampleRate
}

// untilBeep is how long the voicebot speaks until a message may be left, when that is chosen a second after the answer.
const untilBeep = 9 * second

func stillness(d time.Duration) []byte {
	return slices.Repeat([]byte{audio.PCMU.Silence()}, int(d.Milliseconds())*audio.SamplesPerMS)
}

// repeatLead is the silence before what is said again, in milliseconds.
const repeatLead = 1500

// goOn lets the caller repeat his last five sentences after the end of the recording: abuse that goes on after the
// final notice.
func goOn(octets []byte, s Sound) []byte {
	if n := len(s.Lines); n >= 5 {
		from := int(s.Lines[n-5].FromMS-repeatLead) * audio.SamplesPerMS
		return append(slices.Clone(octets), octets[from:]...)
	}
	return octets
}

func speaks(acts []policy.Do) []policy.Do {
	var out []policy.Do
	for _, d := range acts {
		if d.Speaks() || d == policy.Cut || d == policy.LimitNow {
			out = append(out, d)
		}
	}
	return out
}

func expectUndisturbed(o Outcome) error {
	switch {
	case o.Admission != call.Accept || !o.AgentHeld:
		return fmt.Errorf("the caller was not put through (%s)", o.Admission)
	case len(o.Actions) > 0:
		return fmt.Errorf("something was done: %v", o.Actions)
	case o.Peak > judge.None:
		return fmt.Errorf("judged %s", o.Peak)
	case o.Ended.By != call.ByCaller:
		return fmt.Errorf("ended by %s (%s), not by the caller", o.Ended.By, o.Ended.Why)
	case !o.Heard:
		return fmt.Errorf("nobody listened, so nothing was proved")
	}
	return nil
}

func expectComplaint(o Outcome) error {
	if !slices.Contains(o.Guards, judge.GRights) {
		return fmt.Errorf("the complaint was not recognised as a right (guards heard: %v)", o.Guards)
	}
	return expectUndisturbed(o)
}

func expectCut(o Outcome) error {
	want := []policy.Do{policy.Notify, policy.Warn1, policy.Warn2, policy.Final, policy.Closing, policy.Cut, policy.LimitNow}
	var got []policy.Do
	for _, d := range o.Actions {
		if !slices.Contains(got, d) {
			got = append(got, d)
		}
	}
	switch {
	case !slices.Equal(got, want):
		return fmt.Errorf("done: %v, expected %v", got, want)
	case o.Ended.By != call.ByPolicy:
		return fmt.Errorf("ended by %s (%s)", o.Ended.By, o.Ended.Why)
	case !o.CallerBye || !o.AgentBye:
		return fmt.Errorf("BYE on the caller's leg %v, on the agent's leg %v", o.CallerBye, o.AgentBye)
	case !o.Limited:
		return fmt.Errorf("the number is not limited")
	}
	return nil
}

func expectVoicebot(o Outcome) error {
	switch {
	case o.Admission != call.AnswerWithVoicebot:
		return fmt.Errorf("admitted as %s", o.Admission)
	case !slices.Contains(o.Actions, policy.Voicebot):
		return fmt.Errorf("the voicebot did not finish: %v", o.Actions)
	case o.BotResult != "message" && o.BotResult != "agent":
		return fmt.Errorf("the voicebot ended with %q", o.BotResult)
	case o.Reinvites > 0:
		return fmt.Errorf("%d re-INVITEs to the caller", o.Reinvites)
	}
	return nil
}

func expectAlert(o Outcome) error {
	switch {
	case o.Withheld != call.Withheld:
		return fmt.Errorf("the number was not taken as withheld")
	case !slices.Contains(o.Actions, policy.Alert) && !slices.Contains(o.Actions, policy.Notify):
		return fmt.Errorf("nobody was told: %v", o.Actions)
	case len(speaks(o.Actions)) > 0:
		return fmt.Errorf("something was spoken or done: %v", strings.Join(names(o.Actions), ", "))
	}
	return nil
}

func names(acts []policy.Do) []string {
	var out []string
	for _, a := range acts {
		out = append(out, string(a))
	}
	return out
}
