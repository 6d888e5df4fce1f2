package sherpa

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// A result is what the library found in a stretch of sound, in its own words.
type result struct {
	Text       string    `json:"text"`
	Emotion    string    `json:"emotion"`
	Event      string    `json:"event"`
	Timestamps []float64 `json:"timestamps"`   // of each token, s from the beginning of the stretch
	LogProbs   []float64 `json:"ys_log_probs"` // of each token
}

// readResult reads the library's JSON. Numbers that no recogniser can mean are errors: nothing of it is believed then.
func readResult(s string) (result, error) {
	var r result
	if s == "" {
		return r, nil
	}
	if err := json.Unmarshal([]byte(s), &r); err != nil {
		return result{}, fmt.Errorf("the library's answer can't be read: %w", err)
	}
	for _, t := range r.Timestamps {
		if t < 0 || t > 24*3600 {
			return result{}, fmt.Errorf("the library's answer has a token at %v s", t)
		}
	}
	r.Text = strings.Join(strings.Fields(strings.ToValidUTF8(r.Text, "")), " ")
	return r, nil
}

// plainConfidence is told where the model gives no probabilities.
const plainConfidence = 0.7

// confidence is the geometric mean of the tokens' probabilities.
func (r result) confidence() float64 {
	if len(r.LogProbs) == 0 {
		return plainConfidence
	}
	var sum float64
	for _, p := range r.LogProbs {
		sum += min(0, p)
	}
	return math.Exp(sum / float64(len(r.LogProbs)))
}

// tag strips SenseVoice's brackets: <|ANGRY|> is ANGRY.
func tag(s string) string {
	return strings.TrimSuffix(strings.TrimPrefix(s, "<|"), "|>")
}

// anger reads SenseVoice's emotion tag as evidence.Emotion has it; false where the tag says nothing of it.
func (r result) anger() (anger float64, told bool) {
	switch tag(r.Emotion) {
	case "ANGRY":
		return 1, true
	case "DISGUSTED":
		return 0.5, true
	case "NEUTRAL", "HAPPY", "SAD", "FEARFUL", "SURPRISED":
		return 0, true
	}
	return 0, false
}

// speech tells whether the event tag leaves room for words: music and applause are heard as words by mistake.
func (r result) speech() bool {
	switch tag(r.Event) {
	case "BGM", "Applause", "Laughter", "Cough", "Sneeze", "Breath":
		return false
	}
	return true
}
