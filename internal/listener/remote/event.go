package remote

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"commusafe/internal/evidence"
)

// An event is one message of AmiVoice: its letter, and what came with it.
// s, p, e answer commands: a text behind them is an error. S and E are the beginning and end of speech in milliseconds,
// C says that recognition began, U is a result so far, A a final one, G other news.
type event struct {
	letter byte
	text   string      // of s, p, e: the error
	at     int64       // of S and E: ms from the beginning of the session
	found  recognition // of U and A
}

// A recognition is the JSON of events U and A.
type recognition struct {
	Text    string `json:"text"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Results []struct {
		Confidence float64 `json:"confidence"`
		Start      float64 `json:"starttime"` // ms from the beginning of the session
		End        float64 `json:"endtime"`
		Tokens     []struct {
			Written string `json:"written"`
			Spoken  string `json:"spoken"`
		} `json:"tokens"`
	} `json:"results"`
}

// longestMS is a day: no session has times beyond it.
const longestMS = 24 * 3600 * 1000

// parseEvent reads a message. What isn't understood is an error; unknown letters are not, the service may learn more.
func parseEvent(message string) (event, error) {
	if message == "" {
		return event{}, fmt.Errorf("an empty message")
	}
	e := event{letter: message[0]}
	rest := strings.TrimSpace(message[1:])
	switch e.letter {
	case 's', 'p', 'e':
		e.text = rest
	case 'S', 'E':
		at, err := strconv.ParseInt(rest, 10, 64)
		if err != nil || at < 0 || at > longestMS {
			return event{}, fmt.Errorf("message %c has no time", e.letter)
		}
		e.at = at
	case 'U', 'A', 'R':
		if err := json.Unmarshal([]byte(rest), &e.found); err != nil {
			return event{}, fmt.Errorf("message %c can't be read", e.letter) // not the error's own text: it quotes words
		}
		return e, e.found.check()
	}
	return e, nil
}

// longestText is how many bytes one utterance may have: minutes of the fastest speech.
const longestText = 16 << 10

func (r *recognition) check() error {
	r.Text = strings.TrimSpace(strings.ToValidUTF8(r.Text, ""))
	if len(r.Text) > longestText {
		return fmt.Errorf("a result is longer than anybody speaks")
	}
	for _, x := range r.Results {
		if !(x.Start >= 0) || !(x.End >= x.Start) || x.End > longestMS || math.IsNaN(x.Confidence) {
			return fmt.Errorf("a result has impossible times")
		}
	}
	return nil
}

// span gives the result's place in the session; false when it tells none.
func (r recognition) span() (from, to int64, ok bool) {
	if len(r.Results) == 0 || r.Results[0].End == 0 {
		return 0, 0, false
	}
	return int64(r.Results[0].Start), int64(r.Results[0].End), true
}

func (r recognition) confidence() float64 {
	if len(r.Results) == 0 {
		return 0
	}
	return max(0, min(1, r.Results[0].Confidence))
}

// tokens are the service's own words, for want of a tokeniser.
func (r recognition) tokens() (out []evidence.Token) {
	if len(r.Results) == 0 {
		return nil
	}
	for _, t := range r.Results[0].Tokens {
		if t.Written != "" {
			out = append(out, evidence.Token{Surface: t.Written, Reading: t.Spoken})
		}
	}
	return out
}
