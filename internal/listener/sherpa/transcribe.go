package sherpa

import (
	"context"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// Transcribe gives the utterances of one party's whole recording at 8 kHz from call time 0, in order, as fast as the
// machine can. progress is told the share that is done; it may be nil.
func (e *Engine) Transcribe(ctx context.Context, who call.Party, pcm []int16, progress func(float64)) ([]evidence.Utterance, error) {
	opened, err := e.Open(who)
	if err != nil {
		return nil, err
	}
	x := opened.(*ear)
	defer x.release()
	var out []evidence.Utterance
	report := func(it evidence.Item) {
		if u, ok := it.(evidence.Utterance); ok && u.Final {
			out = append(out, u)
		}
	}
	var failed error
	recognise := func(t *task) {
		t.stream = x.stream
		e.pool.decode([]*work{&t.work})
		if t.err != nil {
			failed = t.err
			return
		}
		x.words(t, report)
	}
	give := func(s stretch) {
		if s.final {
			recognise(&task{from: s.from, to: s.to, work: work{pcm: append([]int16(nil), s.pcm...), last: true}})
		}
	}
	const frame = 500 * audio.SamplesPerMS
	for i := 0; i < len(pcm) && failed == nil; i += frame {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		f := audio.Frame{At: call.Millis(i / audio.SamplesPerMS), PCM: pcm[i:min(i+frame, len(pcm))]}
		if x.cut != nil {
			x.cut.hear(f, give)
		} else {
			recognise(&task{from: f.At, to: f.At + call.Millis(len(f.PCM)/audio.SamplesPerMS), work: work{pcm: f.PCM, last: i+frame >= len(pcm)}})
		}
		if progress != nil {
			progress(float64(min(i+frame, len(pcm))) / float64(len(pcm)))
		}
	}
	if x.cut != nil && failed == nil {
		x.cut.flush(give)
	}
	return out, failed
}
