package dialogue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// plain folds states together that behave alike: which topic, words and digits exactly were given decides nothing but
// whether the number is the single key 0, and on the way out nothing of it does.
func plain(s State) State {
	if s.Step == Over {
		return State{Step: Over, Exit: s.Exit}
	}
	if s.Number != "0" {
		s.Number = strings.Repeat("7", len(s.Number))
	}
	if s.Topic != "" {
		s.Topic = Other
	}
	s.Said = ""
	if s.Step == Thanking || s.Step == Recording || s.Step == Leaving && s.Exit != Routed {
		s.Number, s.Topic, s.Confirmed = "", "", false
	}
	if s.Step == Leaving || s.Step == Thanking || s.Step == Number {
		s.heard = ""
	}
	return s
}

// events gives everything that can happen to a dialogue at a state.
func events(s State) []Event {
	if s.Step == "" {
		var out []Event
		for _, w := range []Way{Full, MessageOnly, NoAgent, Refused} {
			out = append(out, Event{Kind: Began, Way: w}, Event{Kind: Began, Way: w, Words: true})
		}
		return out
	}
	out := []Event{{Kind: LineEnded}, {Kind: Hearing}, {Kind: Hearing, Words: true}}
	for _, k := range []Kind{PromptEnded, TurnEnded, Silence} {
		out = append(out, Event{Kind: k, N: s.N}, Event{Kind: k, N: s.N, Barged: true}, Event{Kind: k, N: s.N - 1})
	}
	keys := "0 1 2 3 5 9 # * A"
	if s.Step == Number {
		keys = "0 7 # A"
	}
	for k := range strings.FieldsSeq(keys) {
		out = append(out, Event{Kind: Pressed, Key: k})
	}
	if s.heard == "" {
		for _, text := range []string{"はい", "いいえ", "注文の件"} {
			out = append(out, Event{Kind: Words, Text: text})
		}
	}
	for _, f := range []Finding{FoundDanger, FoundDisability, FoundComplaint, FoundRough} {
		out = append(out, Event{Kind: Found, Finding: f})
	}
	return out
}

// A seen is a state that can be reached, the command in force there, and one way to it.
type seen struct {
	command Command
	from    State
	event   Event
}

// everything gives all states that any events can lead to.
func everything(t *testing.T) map[State]seen {
	t.Helper()
	all := map[State]seen{{}: {}}
	for open := []State{{}}; len(open) > 0; {
		s := open[len(open)-1]
		open = open[:len(open)-1]
		for _, e := range events(s) {
			next, c := s.Next(e)
			next = plain(next)
			if _, known := all[next]; known {
				continue
			}
			if len(all) > 2_000_000 {
				t.Fatal("the dialogue does not end")
			}
			now := all[s].command
			if c != nil {
				now = *c
			}
			all[next] = seen{command: now, from: s, event: e}
			open = append(open, next)
		}
	}
	return all
}

// way tells how a state was reached.
func way(all map[State]seen, s State) string {
	var out []string
	for s != (State{}) {
		out = append(out, fmt.Sprintf("%+v", all[s].event))
		s = all[s].from
	}
	slices.Reverse(out)
	return strings.Join(out, "\n")
}

// What holds whatever a caller does: the promises of C3, looked at in every state that can be reached.
func TestEveryDialogue(t *testing.T) {
	all := everything(t)
	exits, most, failed := map[Exit]int{}, 0, 0
	for s, from := range all {
		if s.Step == "" {
			continue
		}
		if s.Step == Over {
			exits[s.Exit]++
		}
		most = max(most, s.N)
		if why := broken(s, from.command); why != "" && failed < 5 {
			failed++
			t.Errorf("%s in %+v after\n%s", why, s, way(all, s))
		}
	}
	for _, e := range Exits() {
		if exits[e] == 0 {
			t.Errorf("nothing leads to the exit %s", e)
		}
	}
	if len(exits) != len(Exits()) {
		t.Errorf("exits %v", exits)
	}
	if most >= MaxCommands {
		t.Errorf("%d commands can be given, MaxCommands is %d", most, MaxCommands)
	}
	t.Logf("%d states, at most %d commands, exits %v", len(all), most, exits)
}

// broken tells which promise a state breaks.
func broken(s State, now Command) string {
	switch {
	case s.Asked.Total() > MaxQuestions:
		return "more than four questions"
	case s.Asked.Repeats() > MaxRepeats:
		return "a question asked more than twice again"
	case s.Corrections > MaxCorrections:
		return "more than two corrections"
	case s.Step == Over:
		if s.Exit == "" {
			return "over without an exit"
		}
		for _, e := range events(s) {
			if next, c := s.Next(e); next != s || c != nil {
				return fmt.Sprintf("goes on after its end by %+v", e)
			}
		}
		return ""
	case now.N != s.N || now.Do == Transfer || now.Do == End:
		return "nothing is under way"
	}
	for _, check := range []func(State, Command) string{ends, leadsToAPerson, staysFair, staysTrue, keepsSecrets} {
		if why := check(s, now); why != "" {
			return why
		}
	}
	return ""
}

// ends: what ends the command in force leads on to a later command, or out. As only so many commands are given, every
// dialogue ends, whatever else happens.
func ends(s State, now Command) string {
	kinds := []Kind{TurnEnded, Silence}
	if now.Do == Say {
		kinds = []Kind{PromptEnded}
	}
	for _, k := range kinds {
		next, c := s.Next(Event{Kind: k, N: s.N})
		if c == nil || next.N != s.N+1 {
			return "stuck after " + string(k)
		}
		if next, c := s.Next(Event{Kind: k, N: s.N - 1}); next != s || c != nil {
			return "a late " + string(k) + " is taken"
		}
	}
	if next, _ := s.Next(Event{Kind: LineEnded}); next.Step != Over {
		return "the end of the call is not taken"
	}
	if now.Do != Say && (now.LongestMS > longestRecord || now.Do == Ask && (now.LongestMS != 45000 || now.QuietMS != 4000)) {
		return "listens too long"
	}
	return ""
}

// leadsToAPerson: danger does at once and without a word; the key 0 and a disability by one sentence, priority 1. Who is
// refused has only danger.
func leadsToAPerson(s State, _ Command) string {
	next, c := s.Next(Event{Kind: Found, Finding: FoundDanger})
	if c == nil || c.Do != Transfer || len(c.Prompts) > 0 || next.Exit != Danger || next.Summary("").Priority != 1 {
		return "danger does not lead to a person"
	}
	urgent := func(s State) bool { // and nothing that ends by itself leads away from it
		for range 3 {
			if s.Step == Over {
				return s.Exit.Urgent()
			}
			kind := PromptEnded
			if s.Step == Number { // a 0 may be the first digit of a number: it is the key when nothing follows
				kind = Silence
			}
			s, _ = s.Next(Event{Kind: kind, N: s.N})
		}
		return false
	}
	if s.Way == Refused {
		for _, e := range []Event{{Kind: Pressed, Key: "0"}, {Kind: Pressed, Key: "9"}, {Kind: Found, Finding: FoundDisability}, {Kind: Found, Finding: FoundComplaint}} {
			if next, c := s.Next(e); next != s || c != nil {
				return fmt.Sprintf("a refusal is left by %+v", e)
			}
		}
		return ""
	}
	if next, _ = s.Next(Event{Kind: Pressed, Key: "0"}); !urgent(next) && (s.Step != Number || s.Number == "") {
		return "the key 0 does not lead to a person"
	}
	if next, _ = s.Next(Event{Kind: Found, Finding: FoundDisability}); !urgent(next) {
		return "a disability does not lead to a person"
	}
	if s.Step == Number {
		for k, n := "7", s; n.Step != Over; k = "#" { // whatever the number, a person is next
			var c *Command
			if n, c = n.Next(Event{Kind: Pressed, Key: k}); n.Step == Leaving {
				n, c = n.Next(Event{Kind: PromptEnded, N: n.N})
			}
			if c == nil || c.Do == End {
				return "a number does not lead to a person"
			}
		}
	}
	return ""
}

// staysFair: a complaint is never answered by a message, rude words are answered once, and who goes to a person because
// he must is not stopped for his words.
func staysFair(s State, _ Command) string {
	next, c := s.Next(Event{Kind: Found, Finding: FoundComplaint})
	asking := s.Step != Leaving && s.Step != Recording && s.Step != Thanking
	if asking && (next.Exit != Complaint || c.Prompts[0] != "bot_complaint" || next.Rough != s.Rough) {
		return "a complaint does not lead to a person"
	}
	if !asking && c != nil {
		return "a complaint changes what is under way"
	}
	next, c = s.Next(Event{Kind: Found, Finding: FoundRough})
	switch {
	case s.Step == Leaving && s.Exit != Routed && (next != s || c != nil):
		return "rude words stop a caller who must speak to a person"
	case asking && s.Rough > 0 && next.Step != Recording:
		return "rude words again are not answered by a message"
	case asking && s.Rough == 0 && c.Prompts[0] != "bot_rough" && s.Asked.Total() < MaxQuestions && s.Asked.Purpose <= MaxRepeats:
		return "rude words are not answered"
	}
	return ""
}

// staysTrue: nobody hears that an agent knows what it is about who has not said it.
func staysTrue(s State, now Command) string {
	if slices.Contains(now.Prompts, "bot_connect") && s.Exit == Routed && s.Topic == "" {
		return "an agent is said to know what nobody knows"
	}
	return ""
}

// keepsSecrets: what goes to the PBX is printable ASCII and holds nothing that was said, no number and no reason.
func keepsSecrets(s State, _ Command) string {
	s.Said, s.heard = "救急車", "救急車"
	if s.Number != "" {
		s.Number = "4711"
	}
	h := s.Summary("019ab000-0000-7000-8000-00000000c0de").Header()
	for _, r := range h {
		if r < 0x21 || r > 0x7e {
			return "the header is " + h
		}
	}
	for _, bad := range []string{"4711", "danger", "disability", "complaint", "rough", "understood"} {
		if strings.Contains(h, bad) {
			return "the header tells " + bad
		}
	}
	if !strings.HasPrefix(h, "ref=00c0de;priority=") {
		return "the header is " + h
	}
	return ""
}
