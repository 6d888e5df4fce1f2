package voicebot

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"commusafe/internal/audio"
)

// Every prompt that the product can play is shipped.
func TestShippedPrompts(t *testing.T) {
	p, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"warn1", "warn1_time", "warn2", "final", "closing", "closing_time", "sexual", "dogeza", "privacy", "discrim", "sns",
		"limited", "agent_leave", "bot_greet", "bot_connect", "bot_message", "bot_thanks", "beep", "hold", "rejoin", "notice", "wrong_flag"} {
		item, err := p.Get(id)
		if err != nil || len(item.Octets) < 400 || item.Credit == "" && id != "beep" {
			t.Errorf("%s: %d octets, credit %q, %v", id, len(item.Octets), item.Credit, err)
		}
	}
	if _, err := p.Get("nothing"); err == nil {
		t.Error("a prompt that is not there was given")
	}
}

func TestTheCentresOwnRecordingStandsIn(t *testing.T) {
	p, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	own := append(audio.WAVHeader(audio.PCMA, 4), 1, 2, 3, 4)
	q, err := p.With("warn1", own)
	if err != nil {
		t.Fatal(err)
	}
	if item, _ := q.Get("warn1"); item.Codec != audio.PCMA || !bytes.Equal(item.Octets, []byte{1, 2, 3, 4}) {
		t.Errorf("%+v", item)
	}
	if item, _ := p.Get("warn1"); len(item.Octets) == 4 {
		t.Error("the shipped set was changed")
	}
	if _, err := p.With("warn1", []byte("MP3")); err == nil {
		t.Error("a file that is no G.711 was taken")
	}
}

type caller struct {
	said []string
	hear chan audio.Octets
	keys chan string
	each time.Duration
}

func (c *caller) Say(ctx context.Context, id string) error {
	c.said = append(c.said, id)
	select {
	case <-time.After(c.each):
	case <-ctx.Done():
	}
	return nil
}
func (c *caller) Hear() <-chan audio.Octets { return c.hear }
func (c *caller) Keys() <-chan string       { return c.keys }

func loud() audio.Octets { return audio.Octets{Data: bytes.Repeat([]byte{0x10, 0x90}, 80)} }

func TestDialogues(t *testing.T) {
	for name, v := range map[string]struct {
		dialogue Dialogue
		play     func(*caller)
		result   Result
		said     string
	}{
		"a message": {Dialogue{}, func(c *caller) {
			time.Sleep(40 * time.Second)
			for range 5 {
				c.hear <- loud()
				time.Sleep(time.Second)
			}
		}, Message, "bot_greet bot_message beep bot_thanks"},
		"says nothing":            {Dialogue{}, func(*caller) {}, Message, "bot_greet bot_message beep bot_thanks"},
		"0 in the greeting":       {Dialogue{}, func(c *caller) { c.keys <- "0" }, WantsAgent, "bot_greet bot_connect"},
		"another key is no 0":     {Dialogue{}, func(c *caller) { c.keys <- "5" }, Message, "bot_greet bot_message beep bot_thanks"},
		"0 after the beep":        {Dialogue{}, func(c *caller) { time.Sleep(31 * time.Second); c.keys <- "0" }, WantsAgent, "bot_greet bot_message beep bot_connect"},
		"message only, in danger": {Dialogue{MessageOnly: true}, func(c *caller) { c.keys <- "0" }, WantsAgent, "limited bot_connect"},
		"talks on without an end": {Dialogue{}, func(c *caller) {
			time.Sleep(31 * time.Second)
			for range 65 {
				c.hear <- loud()
				time.Sleep(time.Second)
			}
		}, Message, "bot_greet bot_message beep bot_thanks"},
		"the call ends":             {Dialogue{}, func(c *caller) { time.Sleep(31 * time.Second); close(c.hear) }, Message, "bot_greet bot_message beep bot_thanks"},
		"ends the message by a key": {Dialogue{}, func(c *caller) { time.Sleep(31 * time.Second); c.keys <- "#" }, Message, "bot_greet bot_message beep bot_thanks"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &caller{hear: make(chan audio.Octets, 100), keys: make(chan string), each: 10 * time.Second}
				go v.play(c)
				r, err := v.dialogue.Run(t.Context(), c)
				if err != nil || r != v.result || strings.Join(c.said, " ") != v.said {
					t.Errorf("%s, %v, %v", r, c.said, err)
				}
				time.Sleep(2 * time.Minute) // lets the script of the caller end
			})
		})
	}
}
