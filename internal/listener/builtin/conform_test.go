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
	heartest.Emotion(t, r, demo(t, "complaint-caller.wav"))
}

func TestSpotterConforms(t *testing.T) {
	heartest.Engine(t, ready(t), demo(t, "threat-caller.wav")[12*8000:18*8000])
}
