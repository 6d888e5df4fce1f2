package judge

import (
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// long is an utterance as a recogniser gives it of somebody who speaks without a pause.
func long(from, to call.Millis, text string) evidence.Utterance {
	return evidence.Utterance{Head: evidence.Head{Party: call.Caller, FromMS: from, ToMS: to, Source: "sherpa/x"}, Text: text, Confidence: 0.9, Final: true}
}

// One rude word that two engines heard is one sign, however long the utterance goes on in which the recogniser has it.
func TestAWordThatTwoEnginesHeardIsOneSign(t *testing.T) {
	r := shippedRules(t)
	words := "ばかやろう、それで昨日の夕方に届いた荷物のことなんですけれども箱を開けてみたら中の品物がひとつ足りなくて"
	word := long(20000, 34000, words)
	one := r.Consider(timeline(word), 34000)
	if one.Level != Caution || counting(one) != 1 {
		t.Fatalf("the words alone: %s, %d strikes, %+v", one.Level, counting(one), one.Findings)
	}
	j := r.Consider(timeline(spotted(21000, "ABUSE-01", 0.9), word), 34000)
	if j.Level != Caution || counting(j) != 1 {
		t.Errorf("heard by two engines: %s, %d strikes, %+v", j.Level, counting(j), j.Findings)
	}
	other := long(20000, 27000, words)
	other.Source = "remote/amivoice"
	if j := r.Consider(timeline(other, word), 34000); j.Level != Caution || counting(j) != 1 {
		t.Errorf("heard by two recognisers: %s, %d strikes, %+v", j.Level, counting(j), j.Findings)
	}
	if j := r.Consider(timeline(spotted(15000, "ABUSE-01", 0.9), word), 34000); j.Level != Warning || counting(j) != 2 {
		t.Errorf("two words, one before the other: %s, %d strikes", j.Level, counting(j))
	}
}
