package dialogue

import (
	"strings"
	"unicode/utf8"
)

// A State is where a dialogue stands. The zero State has not begun. States are equal when everything in them is.
type State struct {
	Step Step `json:"step"`
	Way  Way  `json:"way,omitempty"`
	N    int  `json:"n"` // of the last command
	// Hears tells whether what hears the call gives words; without, the caller is asked for keys.
	Hears bool `json:"hears,omitempty"`

	Exit      Exit   `json:"exit,omitempty"`
	Topic     Topic  `json:"topic,omitempty"`
	Confirmed bool   `json:"confirmed,omitempty"`
	Number    string `json:"number,omitempty"` // digits of a customer's or receipt number
	Said      string `json:"said,omitempty"`   // about the purpose, in words

	Asked       Asked `json:"asked"`
	Misses      int   `json:"misses,omitempty"` // answers that were not understood
	Silences    int   `json:"silences,omitempty"`
	Corrections int   `json:"corrections,omitempty"`
	Rough       int   `json:"rough,omitempty"`

	heard string // words of this turn
}

// Asked counts how often each question was asked.
type Asked struct {
	Purpose int `json:"purpose,omitempty"`
	Mirror  int `json:"mirror,omitempty"`
	Number  int `json:"number,omitempty"`
}

// Total is the number of questions asked.
func (a Asked) Total() int { return a.Purpose + a.Mirror + a.Number }

// Repeats is how often a question was asked again, of the one where that was most.
func (a Asked) Repeats() int { return max(a.Purpose, a.Mirror, a.Number, 1) - 1 }

// of gives the counter of a step's question.
func (a *Asked) of(step Step) *int {
	switch step {
	case Mirror:
		return &a.Mirror
	case Number:
		return &a.Number
	default:
		return &a.Purpose
	}
}

// Before gives the state in which a dialogue of a way begins after this one. Who could not be put through need not say again
// what he has said.
func (s State) Before(w Way) State {
	if w != NoAgent {
		return State{}
	}
	return State{Topic: s.Topic, Confirmed: s.Confirmed, Number: s.Number, Said: s.Said}
}

// Next takes an event and gives the state after it and what to do, nil for going on with what is being done.
func (s State) Next(e Event) (State, *Command) {
	if s.Step == Over || (s.Step == "") != (e.Kind == Began) {
		return s, nil
	}
	var c *Command
	switch e.Kind {
	case Began:
		c = s.begin(e)
	case Hearing:
		s.Hears = e.Words
	case LineEnded:
		if s.Step != Leaving && s.Step != Thanking { // what he came to stays what he came to
			s.Exit = HungUp
		}
		s.Step = Over
	case Words:
		s.hear(e.Text)
	case Pressed:
		c = s.key(e.Key)
	case Found:
		c = s.found(e.Finding)
	case PromptEnded, TurnEnded, Silence:
		if e.N == s.N {
			c = s.ended(e)
		}
	}
	return s, c
}

func (s *State) begin(e Event) *Command {
	s.Way, s.Hears = e.Way, e.Words
	if s.Way == Refused {
		return s.thank(TurnedAway)
	}
	if s.Way != Full {
		return s.record()
	}
	s.Step = Greet
	c := s.command(Say, "bot_greet")
	c.Barge = s.Hears
	return c
}

// hear keeps the words of this turn.
func (s *State) hear(text string) {
	s.Hears = true
	if text = strings.TrimSpace(text); text != "" && utf8.RuneCountInString(s.heard+text) <= maxText {
		s.heard = strings.TrimSpace(s.heard + " " + text)
	}
}

// found obeys what was noticed in the caller's words.
func (s *State) found(f Finding) *Command {
	asking := s.Step == Greet || s.Step == Purpose || s.Step == Mirror || s.Step == Number
	if s.Way == Refused && f != FoundDanger {
		return nil
	}
	switch f {
	case FoundDanger: // no speech of the machine any more (G-CRISIS)
		s.Exit = Danger
		return s.out(Transfer)
	case FoundDisability:
		if s.Step != Leaving || !s.Exit.Urgent() {
			return s.leave(Disability, "rejoin")
		}
	case FoundComplaint:
		if asking {
			return s.leave(Complaint, "bot_complaint")
		}
	case FoundRough:
		if asking || s.Step == Leaving && s.Exit == Routed {
			return s.rough()
		}
	}
	return nil
}

// rough answers rude words: asked once to say only what it is about, then a message is all that is taken (B6, B7).
func (s *State) rough() *Command {
	s.Rough++
	if s.Rough > 1 || !s.may(Purpose) {
		return s.record()
	}
	c := s.ask(Purpose, "bot_rough")
	c.Barge = false // he hears it to its end, whatever he says
	return c
}

// key takes a key. What has no meaning at a step is passed over.
func (s *State) key(k string) *Command {
	switch {
	case s.Way == Refused:
	case s.Step == Number:
		return s.digit(k)
	case k == "0":
		if s.Step == Leaving {
			s.Exit = Key // urgent from here on; the sentence is not said twice
			return nil
		}
		return s.leave(Key, "rejoin")
	case s.Step == Recording:
		if k == "#" {
			return s.thank(Message)
		}
	case k == "9" && (s.Step == Greet || s.Step == Purpose || s.Step == Mirror):
		return s.record()
	case s.Step == Greet || s.Step == Purpose:
		if t, ok := topicOfKey(k); ok {
			return s.mirror(t, "")
		}
	case s.Step == Mirror && k == "1":
		return s.confirm()
	case s.Step == Mirror && k == "2":
		return s.correct()
	}
	return nil
}

// digit takes a key of a number. A 0 that stays alone is the key that leads to a person, see numberGiven.
func (s *State) digit(k string) *Command {
	if k == "#" || k == "*" || len(s.Number) >= maxNumber {
		return s.numberGiven("")
	}
	if len(k) != 1 || k[0] < '0' || k[0] > '9' {
		return nil
	}
	s.Number += k
	c := s.command(Listen)
	c.LongestMS, c.QuietMS, c.PatienceMS = longestKeys, quiet, quiet
	return c
}

// ended goes on after a command that has ended by itself.
func (s *State) ended(e Event) *Command {
	spoke := e.Kind == TurnEnded
	if e.Kind == PromptEnded {
		switch s.Step {
		case Greet:
			if e.Barged { // he says what it is about before he was asked
				s.Step = Purpose
				s.Asked.Purpose++
				c := s.command(Listen)
				c.LongestMS, c.QuietMS, c.PatienceMS = longestAnswer, quiet, patience
				return c
			}
			return s.ask(Purpose)
		case Leaving:
			return s.out(Transfer)
		case Thanking:
			return s.out(End)
		}
		return nil // of a question: now it is listened to
	}
	switch s.Step {
	case Purpose:
		return s.purposeGiven(spoke)
	case Mirror:
		return s.mirrorAnswered(spoke)
	case Number:
		return s.numberGiven(s.heard)
	case Recording:
		if spoke || s.heard != "" {
			return s.thank(Message)
		}
		return s.thank(Silent)
	}
	return nil
}

func (s *State) purposeGiven(spoke bool) *Command {
	switch {
	case s.heard != "":
		return s.mirror(topicOf(s.heard), s.heard)
	case spoke:
		return s.miss()
	}
	return s.silence()
}

func (s *State) mirrorAnswered(spoke bool) *Command {
	switch yesOrNo(s.heard) {
	case yes:
		return s.confirm()
	case no:
		return s.correct()
	}
	if spoke || s.heard != "" {
		return s.miss()
	}
	return s.silence()
}

// mirror asks whether the purpose was taken rightly.
func (s *State) mirror(t Topic, said string) *Command {
	s.Topic = t
	if said != "" {
		s.Said = strings.TrimSpace(s.Said + " " + said)
	}
	if !s.may(Mirror) {
		return s.leave(Routed, "bot_connect")
	}
	return s.ask(Mirror)
}

func (s *State) confirm() *Command {
	s.Confirmed = true
	if !s.may(Number) {
		return s.leave(Routed, "bot_connect")
	}
	return s.ask(Number)
}

// correct asks for the purpose again. Twice corrected is not understood.
func (s *State) correct() *Command {
	s.Corrections++
	if s.Corrections >= MaxCorrections || !s.may(Purpose) {
		return s.leave(NotUnderstood, "rejoin")
	}
	s.Topic = ""
	return s.ask(Purpose, "bot_again")
}

// numberGiven ends the questions. There is no right or wrong number: the person who takes over asks where it matters.
func (s *State) numberGiven(said string) *Command {
	if s.Number == "0" {
		s.Number = ""
		return s.leave(Key, "rejoin")
	}
	if s.Number == "" {
		s.Number = digitsIn(said)
	}
	return s.leave(Routed, "bot_connect")
}

// miss asks again what was not understood; twice, and a person takes over.
func (s *State) miss() *Command {
	s.Misses++
	switch {
	case s.Misses >= maxMisses:
		return s.leave(NotUnderstood, "rejoin")
	case s.may(s.Step):
		return s.ask(s.Step, "bot_pardon")
	case s.Topic == "":
		return s.leave(Routed, "rejoin")
	}
	return s.leave(Routed, "bot_connect")
}

// silence asks again. Who has said nothing at all may leave a message; who has is brought to a person.
func (s *State) silence() *Command {
	s.Silences++
	switch {
	case s.Silences < maxSilences && s.may(s.Step):
		return s.ask(s.Step, "bot_pardon")
	case s.Topic != "":
		return s.leave(Routed, "bot_connect")
	}
	return s.record()
}

// may tells whether the question of a step may be asked, once more or at all.
func (s *State) may(step Step) bool {
	return s.Asked.Total() < MaxQuestions && *s.Asked.of(step) <= MaxRepeats
}

// ask asks the question of a step, after other prompts.
func (s *State) ask(step Step, before ...string) *Command {
	s.Step, s.Number = step, ""
	*s.Asked.of(step)++
	c := s.command(Ask, append(before, s.question()...)...)
	c.Barge = s.Hears
	c.LongestMS, c.QuietMS, c.PatienceMS = longestAnswer, quiet, patience
	return c
}

// question gives the prompts of the step's question, for a voice or for keys.
func (s *State) question() []string {
	keys := "_keys"
	if s.Hears {
		keys = ""
	}
	switch s.Step {
	case Mirror:
		return []string{"bot_mirror_" + string(s.Topic), "bot_yes_no" + keys}
	case Number:
		return []string{"bot_number" + keys}
	default:
		return []string{"bot_purpose" + keys}
	}
}

// record takes a message.
func (s *State) record() *Command {
	s.Step = Recording
	prompts := []string{"bot_message", "beep"}
	switch s.Way {
	case MessageOnly:
		prompts = []string{string(MessageOnly), "beep"}
	case NoAgent:
		prompts = append([]string{string(NoAgent)}, prompts...)
	}
	c := s.command(Record, prompts...)
	c.LongestMS, c.QuietMS, c.PatienceMS = longestRecord, quiet, patience
	return c
}

func (s *State) leave(e Exit, prompt string) *Command {
	s.Step, s.Exit = Leaving, e
	return s.command(Say, prompt)
}

func (s *State) thank(e Exit) *Command {
	s.Step, s.Exit = Thanking, e
	switch e {
	case Silent:
		return s.command(Say, "silent_end")
	case TurnedAway:
		return s.command(Say, string(Refused))
	}
	return s.command(Say, "bot_thanks")
}

func (s *State) out(do Do) *Command {
	s.Step = Over
	return s.command(do)
}

func (s *State) command(do Do, prompts ...string) *Command {
	s.N++
	if do != Listen {
		s.heard = ""
	}
	return &Command{N: s.N, Do: do, Prompts: prompts}
}
