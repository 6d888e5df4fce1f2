package sherpa

import (
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/hear"
)

// emotionConfidence is what a tag without probability is worth.
const emotionConfidence = 0.5

// words reports what one task found: an utterance, and the tags that the model gave with it.
func (e *ear) words(t *task, report hear.Report) {
	from, to := t.from, t.to
	if e.cut == nil {
		from, to = e.streamed(t)
	}
	final := t.last || t.over
	from = max(from, e.after)
	to = max(to, from)
	head := evidence.Head{Party: e.who, FromMS: from, ToMS: to, Source: e.engine.Source()}
	if text := t.found.Text; text != "" && t.found.speech() && (final || text != e.said) {
		u := evidence.Utterance{Head: head, Text: text, Confidence: t.found.confidence(), Final: final}
		if final && e.engine.tokenise != nil {
			u.Tokens = e.engine.tokenise(text)
		}
		e.said = text
		report(u)
	}
	if !final {
		return
	}
	e.said = ""
	if t.found.Text != "" {
		e.after = to
	}
	if anger, told := t.found.anger(); told {
		report(evidence.Emotion{Head: head, Anger: anger, Confidence: emotionConfidence, WindowMS: int64(to - from)})
	}
}

// streamed gives the place of a streaming model's words: its token times count from the beginning of the utterance.
func (e *ear) streamed(t *task) (from, to call.Millis) {
	if !e.hasOrigin {
		e.origin, e.hasOrigin = t.from, true
	}
	from = e.origin
	if ts := t.found.Timestamps; len(ts) > 0 {
		from += call.Millis(ts[0] * 1000)
	}
	e.hasOrigin = !t.over && !t.last
	return min(from, t.to), t.to
}
