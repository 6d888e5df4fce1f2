// Package analyze hears a recording and shows what was noticed in it, for people and for programs.
//
// Owns: reading a recording into two parties, the printed timeline, its JSON.
// Never: judging; it shows evidence only (replay judges).
// Goroutines: none.
package analyze

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/listener"
)

// Options say what to analyse.
type Options struct {
	File   string // WAV: one channel is the caller, of two the first is the caller
	Agent  string // WAV of the agent, when File holds the caller only
	Engine string // of the hearing wing; "" is builtin
	// Progress is told how far it is, 0–1; it may be nil.
	Progress func(share float64)
}

// A Report is what was noticed.
type Report struct {
	File    string
	Seconds float64
	Engine  string
	Items   []evidence.Item
	lexicon judge.Lexicon
}

// Run hears the recording with the shipped lexicon.
func Run(ctx context.Context, o Options) (*Report, error) {
	rec, err := Load(o.File, o.Agent)
	if err != nil {
		return nil, err
	}
	lexicon, err := judge.ShippedLexicon()
	if err != nil {
		return nil, err
	}
	h, _, err := listener.NewHearing(o.Engine, lexicon)
	if err != nil {
		return nil, err
	}
	items, err := h.HearCall(ctx, rec, o.Progress)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.File, err)
	}
	seconds := float64(max(len(rec.Caller), len(rec.Agent))) / audio.SampleRate
	return &Report{File: o.File, Seconds: seconds, Engine: h.Engine(), Items: items, lexicon: lexicon}, nil
}

// Load reads a recording at any rate into the two parties at 8 kHz.
func Load(file, agent string) (listener.Recording, error) {
	var r listener.Recording
	w, err := audio.ReadWAVFile(file)
	if err != nil {
		return r, err
	}
	if n := len(w.Channels); n > 2 {
		return r, fmt.Errorf("%s has %d channels; one is a party's sound, two are the caller and the agent", file, n)
	}
	r.Caller = audio.To8k(w.Channels[0], w.Rate)
	switch {
	case agent != "":
		a, err := audio.ReadWAVFile(agent)
		if err != nil {
			return r, err
		}
		r.Agent = audio.To8k(a.Channels[0], a.Rate)
	case len(w.Channels) >= 2:
		r.Agent = audio.To8k(w.Channels[1], w.Rate)
	}
	return r, nil
}

// Text writes the timeline for people.
func (r *Report) Text(out io.Writer) error {
	fmt.Fprintf(out, "%s: %s, %s 簡易検知(語句照合)\n", r.File, call.Millis(r.Seconds*1000), r.Engine)
	fmt.Fprintln(out, "登録された語句に近い音を探した結果です。文字起こしではありません。")
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "時刻\t話者\t種類\t内容\t確からしさ")
	phrases := 0
	for _, it := range r.Items {
		if g, ok := it.(evidence.Gist); ok && !judge.IsSign(g) {
			continue // says nothing by itself
		}
		h := it.Span()
		what, sure := r.describe(it)
		if it.Kind() == evidence.KindPhrase {
			phrases++
		}
		fmt.Fprintf(t, "%v\t%s\t%s\t%s\t%s\n", h.FromMS, partyName(h.Party), kindName(it.Kind()), what, sure)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "語句 %d 件\n", phrases)
	return err
}

// partyName and kindName are the screen's words, as in the glossary.
func partyName(p call.Party) string {
	if p == call.Agent {
		return "応対者"
	}
	return "発信者"
}

func kindName(k evidence.Kind) string {
	switch k {
	case evidence.KindPhrase:
		return "語句"
	case evidence.KindSound:
		return "音"
	case evidence.KindGap:
		return "欠落"
	case evidence.KindUtterance:
		return "発話"
	case evidence.KindEmotion:
		return "感情"
	case evidence.KindGist:
		return "音の並び"
	}
	return string(k)
}

// describe gives an item's content and how sure it is.
func (r *Report) describe(it evidence.Item) (what, sure string) {
	switch it := it.(type) {
	case evidence.Phrase:
		category, surface := r.entry(it.ID)
		return fmt.Sprintf("「%s」に近い音 [%s %s]", surface, category, it.ID), fmt.Sprintf("%.2f", it.Confidence)
	case evidence.Gist:
		return fmt.Sprintf("音の並びが「%s」に近い(語は不明、参考)", it.Category), fmt.Sprintf("%.2f", it.Harm)
	case evidence.Utterance:
		return it.Text, fmt.Sprintf("%.2f", it.Confidence)
	case evidence.Sound:
		what = fmt.Sprintf("平静時比 %+.0f dB、重なり %.0f%%、沈黙 %.1f 秒、発話割合 %.0f%%",
			it.LoudnessDB, 100*it.Overlap, float64(it.SilenceMS)/1000, 100*it.TalkShare)
		if it.SpeechRate > 0 {
			what += fmt.Sprintf("、話速 毎秒 %.0f 音", it.SpeechRate)
		}
		if it.Bangs > 0 {
			what += fmt.Sprintf("、打撃音 %d 回", it.Bangs)
		}
		return what, ""
	case evidence.Emotion:
		return fmt.Sprintf("怒り %+.2f(本人の平静時との差、補助の手がかり)", it.Anger), fmt.Sprintf("%.2f", it.Confidence)
	case evidence.Gap:
		return it.What + ": " + it.Why, ""
	}
	return "", ""
}

func (r *Report) entry(id string) (judge.Category, string) {
	for _, s := range r.lexicon.All() {
		for _, e := range s.Entries {
			if e.ID == id {
				return s.Category, e.Reading
			}
		}
	}
	return "", id
}

// JSON writes the evidence as one object.
func (r *Report) JSON(out io.Writer) error {
	items := make([]json.RawMessage, 0, len(r.Items))
	for _, it := range r.Items {
		b, err := evidence.Marshal(it)
		if err != nil {
			return err
		}
		items = append(items, b)
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	return e.Encode(map[string]any{"file": r.File, "seconds": r.Seconds, "engine": r.Engine,
		"lexicon": r.lexicon.Version, "method": "簡易検知(語句照合)", "evidence": items})
}
