package dialogue

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// play runs a dialogue by events in short and gives the prompts and the state. "+" ends a prompt, "." ends a turn in
// which the caller spoke, "-" one in which he did not, "k1" is a key, "!x" a finding, anything else are words.
func play(t *testing.T, began Event, script ...string) (State, string) {
	t.Helper()
	began.Kind = Began
	s, c := State{}.Next(began)
	out := []string{strings.Join(c.Prompts, " ")}
	for _, e := range script {
		event := Event{Kind: Words, Text: e}
		switch {
		case e == "+":
			event = Event{Kind: PromptEnded, N: s.N}
		case e == ".":
			event = Event{Kind: TurnEnded, N: s.N}
		case e == "-":
			event = Event{Kind: Silence, N: s.N}
		case e[0] == 'k':
			event = Event{Kind: Pressed, Key: e[1:]}
		case e[0] == '!':
			event = Event{Kind: Found, Finding: Finding(e[1:])}
		}
		if s, c = s.Next(event); c != nil {
			out = append(out, strings.TrimSpace(string(c.Do)+" "+strings.Join(c.Prompts, " ")))
		}
	}
	return s, strings.Join(out, "\n")
}

func TestDialogues(t *testing.T) {
	words := Event{Words: true}
	for name, v := range map[string]struct {
		began  Event
		script string
		says   string
		want   Summary
	}{
		"words, confirmed, with a number": {words, "+|荷物が届きません|.|はい|.|お客様番号は１２３四五です|.|+",
			"bot_greet\nask bot_purpose\nask bot_mirror_order bot_yes_no\nask bot_number\nsay bot_connect\ntransfer",
			Summary{Exit: Routed, Priority: 2, Topic: Order, Confirmed: true, Number: "12345", Said: "荷物が届きません", Asked: 3}},
		"keys, no number": {Event{}, "+|k3|k1|k#|+",
			"bot_greet\nask bot_purpose_keys\nask bot_mirror_repair bot_yes_no_keys\nask bot_number_keys\nsay bot_connect\ntransfer",
			Summary{Exit: Routed, Priority: 2, Topic: Repair, Confirmed: true, Asked: 3}},
		"who knows the keys need not wait": {Event{}, "k2|k1|k1|k0|k#|+",
			"bot_greet\nask bot_mirror_billing bot_yes_no_keys\nask bot_number_keys\nlisten\nlisten\nsay bot_connect\ntransfer",
			Summary{Exit: Routed, Priority: 2, Topic: Billing, Confirmed: true, Number: "10", Asked: 2}},
		"a single 0 is no number": {Event{}, "k2|k1|k0|-|+",
			"bot_greet\nask bot_mirror_billing bot_yes_no_keys\nask bot_number_keys\nlisten\nsay rejoin\ntransfer",
			Summary{Exit: Key, Priority: 1, Topic: Billing, Confirmed: true, Asked: 2}},
		"corrected twice is not understood": {words, "+|請求の件|.|いいえ、違います|.|注文の件|.|違う|.|+",
			"bot_greet\nask bot_purpose\nask bot_mirror_billing bot_yes_no\nask bot_again bot_purpose\nask bot_mirror_order bot_yes_no\nsay rejoin\ntransfer",
			Summary{Exit: NotUnderstood, Priority: 1, Topic: Order, Said: "請求の件 注文の件", Asked: 4, Repeats: 1, Corrections: 2}},
		"an answer that could be either is asked again": {words, "+|注文の件|.|けっこうです|.|そうです|.|-",
			"bot_greet\nask bot_purpose\nask bot_mirror_order bot_yes_no\nask bot_pardon bot_mirror_order bot_yes_no\nask bot_number\nsay bot_connect",
			Summary{}},
		"speech without words is not understood": {Event{}, "+|.|.|+",
			"bot_greet\nask bot_purpose_keys\nask bot_pardon bot_purpose_keys\nsay rejoin\ntransfer",
			Summary{Exit: NotUnderstood, Priority: 1, Asked: 2, Repeats: 1, Misses: 2}},
		"rude once, then what it is about": {words, "+|!rough|注文の件|.|はい|.|ありません|.|+",
			"bot_greet\nask bot_purpose\nask bot_rough bot_purpose\nask bot_mirror_order bot_yes_no\nask bot_number\nsay bot_connect\ntransfer",
			Summary{Exit: Routed, Priority: 2, Topic: Order, Confirmed: true, Said: "注文の件", Asked: 4, Repeats: 1, Rough: 1}},
		"rude twice": {words, "+|!rough|!rough|.|+",
			"bot_greet\nask bot_purpose\nask bot_rough bot_purpose\nrecord bot_message beep\nsay bot_thanks\nend",
			Summary{Exit: Message, Asked: 2, Repeats: 1, Rough: 2}},
		"rude while he is being connected": {words, "+|注文の件|.|はい|.|-|!rough|!rough|-|+",
			"bot_greet\nask bot_purpose\nask bot_mirror_order bot_yes_no\nask bot_number\nsay bot_connect\nask bot_rough bot_purpose\nrecord bot_message beep\nsay silent_end\nend",
			Summary{}},
		"a complaint, rude as it may be": {words, "+|!complaint|!rough|+",
			"bot_greet\nask bot_purpose\nsay bot_complaint\ntransfer", Summary{Exit: Complaint, Priority: 2, Asked: 1}},
		"danger while he is being connected": {Event{}, "+|k9|!danger|+",
			"bot_greet\nask bot_purpose_keys\nrecord bot_message beep\ntransfer", Summary{Exit: Danger, Priority: 1, Asked: 1}},
		"nobody speaks": {Event{}, "+|-|-|-|+",
			"bot_greet\nask bot_purpose_keys\nask bot_pardon bot_purpose_keys\nrecord bot_message beep\nsay silent_end\nend",
			Summary{Exit: Silent, Asked: 2, Repeats: 1}},
		"who has said what it is about is not given up": {words, "+|注文の件|.|-|-|+",
			"bot_greet\nask bot_purpose\nask bot_mirror_order bot_yes_no\nask bot_pardon bot_mirror_order bot_yes_no\nsay bot_connect\ntransfer",
			Summary{}},
		"a message only": {Event{Way: MessageOnly}, "!complaint|!rough|k5|k#|+",
			"limited beep\nsay bot_thanks\nend", Summary{Exit: Message}},
		"a message only, in need of help": {Event{Way: MessageOnly}, "!disability|+",
			"limited beep\nsay rejoin\ntransfer", Summary{Exit: Disability, Priority: 1}},
		"no agent": {Event{Way: NoAgent}, ".|+", "bot_no_agent bot_message beep\nsay bot_thanks\nend", Summary{Exit: Message}},
	} {
		t.Run(name, func(t *testing.T) {
			s, says := play(t, v.began, strings.Split(v.script, "|")...)
			if says != v.says && !strings.HasPrefix(says, v.says+"\n") {
				t.Errorf("said\n%s\nwant\n%s", says, v.says)
			}
			got := s.Summary("")
			v.want.Way, v.want.Step, v.want.Hears = got.Way, got.Step, got.Hears
			if v.want.Exit != "" && got != v.want {
				t.Errorf("%+v, want %+v", got, v.want)
			}
		})
	}
}

// Speech during the greeting ends it where words are recognised: the caller need not hear the question first.
func TestBargingIn(t *testing.T) {
	s, c := State{}.Next(Event{Kind: Began, Words: true})
	if !c.Barge {
		t.Errorf("%+v", c)
	}
	if s, c = s.Next(Event{Kind: PromptEnded, N: s.N, Barged: true}); c.Do != Listen || s.Step != Purpose || s.Asked.Purpose != 1 {
		t.Errorf("%+v %+v", s, c)
	}
	if _, c = (State{}).Next(Event{Kind: Began}); c.Barge {
		t.Error("speech ends a prompt whose answer is a key")
	}
}

// Another engine may join or leave in the middle of a dialogue: the next question is put accordingly.
func TestAnEngineJoins(t *testing.T) {
	s, _ := State{}.Next(Event{Kind: Began})
	s, _ = s.Next(Event{Kind: Hearing, Words: true})
	s, c := s.Next(Event{Kind: PromptEnded, N: s.N})
	if !slices.Equal(c.Prompts, []string{"bot_purpose"}) {
		t.Errorf("%+v", c)
	}
	s, _ = s.Next(Event{Kind: Hearing})
	if _, c = s.Next(Event{Kind: Silence, N: s.N}); !slices.Equal(c.Prompts, []string{"bot_pardon", "bot_purpose_keys"}) {
		t.Errorf("%+v", c)
	}
}

func TestReadingAnswers(t *testing.T) {
	for text, want := range map[string]answer{"はい、そうです": yes, "ええ": yes, "間違いありません": yes, "いいえ": no, "いや、違います": no, "そうじゃなくて": no,
		"はい、でも違うんです": no, "えっと": unclear, "": unclear, "そうではありません": no, "合っています": yes} {
		if got := yesOrNo(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	for text, want := range map[string]Topic{"請求書の金額": Billing, "荷物がまだ届かない": Order, "動かなくなった": Repair, "解約したい": Change, "道を教えて": Other,
		"注文した品が壊れていて、故障だと思う": Repair, "": Other} {
		if got := topicOf(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{"番号は１２３の四五六です": "123456", "ありません": "", "一つも": "", "12": "", "0120999888777666": "012099988877"} {
		if got := digitsIn(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Whatever comes in whatever order, and with whatever words: the same promises hold.
func FuzzDialogue(f *testing.F) {
	f.Add(uint64(1), "はい")
	f.Add(uint64(7), "違う\x00\xff注文")
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		random := rand.New(rand.NewPCG(seed, 1))
		s, now := State{}, Command{}
		for range 300 {
			all := append(events(s), Event{Kind: Words, Text: text}, Event{Kind: Pressed, Key: text})
			next, c := s.Next(all[random.IntN(len(all))])
			if s = next; c != nil {
				now = *c
			}
			if s.Step == "" {
				continue
			}
			if why := broken(s, now); why != "" {
				t.Fatalf("%s: %+v", why, s)
			}
		}
		if s.Step != "" && s.N > MaxCommands {
			t.Fatal(fmt.Sprint(s))
		}
	})
}
