package voicebot

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/dialogue"
)

// Every prompt that the product can play is shipped.
func TestShippedPrompts(t *testing.T) {
	p, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	ids := strings.Fields(`warn1 warn1_time warn2 final closing closing_time sexual dogeza privacy discrim sns limited agent_leave
		bot_greet bot_purpose bot_purpose_keys bot_again bot_pardon bot_yes_no bot_yes_no_keys bot_number bot_number_keys bot_rough
		bot_connect bot_complaint bot_message bot_thanks bot_no_agent silent_end beep hold rejoin notice wrong_flag`)
	for _, topic := range dialogue.Topics() {
		ids = append(ids, "bot_mirror_"+string(topic))
	}
	for _, id := range ids {
		item, err := p.Get(id)
		if err != nil || len(item.Octets) < 400 || item.Credit == "" && id != "beep" {
			t.Errorf("%s: %d octets, credit %q, %v", id, len(item.Octets), item.Credit, err)
		}
	}
	long := func(id string) time.Duration {
		item, err := p.Get(id)
		if err != nil {
			t.Fatal(err)
		}
		return time.Duration(len(item.Octets)) * time.Second / audio.SampleRate
	}
	for _, id := range ids {
		if strings.HasPrefix(id, "bot_") && long(id) > 11*time.Second {
			t.Errorf("%s takes %s: nobody listens so long", id, long(id))
		}
	}
	// A caller who was not understood is with a person ten seconds after his words: the silence that ends them, then this.
	if wait := 4*time.Second + long("rejoin"); wait > 10*time.Second {
		t.Errorf("it takes %s until a person is called", wait)
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
