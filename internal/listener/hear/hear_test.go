package hear

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

type frames struct {
	left int
	end  error
}

func (f *frames) Next(context.Context) (audio.Frame, error) {
	if f.left == 0 {
		return audio.Frame{}, f.end
	}
	f.left--
	return audio.Frame{PCM: make([]int16, 160)}, nil
}

type counting struct{ heard, closed int }

func (c *counting) Open(call.Party) (Ear, error) { return c, nil }
func (c *counting) Latency() time.Duration       { return time.Second }
func (c *counting) Source() string               { return "counting/1" }
func (c *counting) Hear(audio.Frame, Report)     { c.heard++ }
func (c *counting) Close(r Report)               { c.closed++; r(evidence.DTMF{Digit: "1"}) }

func TestListenEndsWithItsSource(t *testing.T) {
	broken := errors.New("line broke")
	for _, c := range []struct{ end, want error }{{io.EOF, nil}, {broken, broken}, {context.Canceled, context.Canceled}} {
		e := &counting{}
		items := 0
		err := Of(e).Listen(t.Context(), call.Caller, &frames{left: 5, end: c.end}, func(evidence.Item) { items++ })
		if !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("source ended with %v, Listen with %v", c.end, err)
		}
		if e.heard != 5 || e.closed != 1 || items != 1 {
			t.Errorf("heard %d, closed %d, items %d", e.heard, e.closed, items)
		}
	}
}
