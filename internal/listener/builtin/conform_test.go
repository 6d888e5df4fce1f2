package builtin

import (
	"testing"

	"commusafe/internal/listener/hear/heartest"
)

func TestActivityConforms(t *testing.T) {
	heartest.Activity(t, shippedActivity(t), demo(t, "threat-caller.wav")[12*8000:20*8000])
}

func TestAngerConforms(t *testing.T) {
	if raced {
		t.Skip("one goroutine only, and much arithmetic")
	}
	r, err := LoadAnger()
	if err != nil {
		t.Fatal(err)
	}
	clip := demo(t, "complaint-caller.wav")
	s, changes := r.Open(), 0
	for _, v := range s.Close(s.Feed(clip, nil)) {
		if v.HasChange {
			changes++
		}
	}
	if changes < 5 {
		t.Fatalf("%d readings of the clip know a change: the suite would compare nothing", changes)
	}
	heartest.Emotion(t, r, clip)
}

func TestSpotterConforms(t *testing.T) {
	heartest.Engine(t, ready(t), demo(t, "threat-caller.wav")[12*8000:18*8000])
}
