package dialogue

import (
	"cmp"
	"fmt"

	"commusafe/internal/call"
)

// A Summary is what the person who takes over is told, so that the caller need not say it again. It is for the console;
// Header gives what may leave the product.
type Summary struct {
	Ref         string `json:"ref"` // the end of the call's ID, short enough to be read out
	Way         Way    `json:"way,omitempty"`
	Step        Step   `json:"step"`
	Exit        Exit   `json:"exit,omitempty"`
	Priority    int    `json:"priority,omitempty"` // 1: a person must speak to the caller at once; 2: otherwise; 0: nobody need
	Topic       Topic  `json:"topic,omitempty"`
	Confirmed   bool   `json:"confirmed,omitempty"` // the caller has said that the topic is right
	Number      string `json:"number,omitempty"`    // customer's or receipt number
	Said        string `json:"said,omitempty"`      // about the purpose, as it was recognised
	Hears       bool   `json:"hears,omitempty"`     // words were recognised; without, the caller answered by keys
	Asked       int    `json:"asked,omitempty"`     // questions
	Repeats     int    `json:"repeats,omitempty"`   // of the question asked again most often
	Misses      int    `json:"misses,omitempty"`
	Corrections int    `json:"corrections,omitempty"`
	Rough       int    `json:"rough,omitempty"`
}

// refLength is how much of a call's ID is read out: its random end.
const refLength = 6

// Summary tells of a dialogue in a call.
func (s State) Summary(id call.ID) Summary {
	out := Summary{Ref: string(id)[max(0, len(id)-refLength):], Way: s.Way, Step: s.Step, Exit: s.Exit, Topic: s.Topic, Confirmed: s.Confirmed,
		Number: s.Number, Said: s.Said, Hears: s.Hears, Asked: s.Asked.Total(), Repeats: s.Asked.Repeats(), Misses: s.Misses,
		Corrections: s.Corrections, Rough: s.Rough}
	switch {
	case s.Exit.Urgent():
		out.Priority = 1
	case s.Exit.Person():
		out.Priority = 2
	}
	return out
}

// Header is the summary as it goes to the PBX: short codes in ASCII. It says neither what was said nor the number given,
// nor why the call is urgent: a state of health or a label on the caller has no place in the logs of other systems.
func (s Summary) Header() string {
	topic := s.Topic
	if topic == "" {
		topic = "unknown"
	}
	return fmt.Sprintf("ref=%s;priority=%d;topic=%s;confirmed=%s;number=%s", s.Ref, cmp.Or(s.Priority, 2), topic,
		yesNo(s.Confirmed), yesNo(s.Number != ""))
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
