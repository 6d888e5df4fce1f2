package after

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"commusafe/internal/evidence"
)

// A Message is a line that the child process writes: progress, an utterance, its end or its error.
type Message struct {
	Share     *float64        `json:"share,omitempty"`
	Utterance json.RawMessage `json:"utterance,omitempty"`
	Done      string          `json:"done,omitempty"`  // the engine's name
	Error     string          `json:"error,omitempty"` // one sentence, without words and addresses
}

// childTime is how long a transcription may take.
const childTime = 2 * time.Hour

// longestLine bounds one message.
const longestLine = 1 << 20

// Child transcribes in a process of its own: a model that breaks ends that process and nothing else. command is the
// program with its arguments; the folder is added to them.
func Child(command []string) func(ctx context.Context, dir string, progress func(float64)) (Result, error) {
	return func(ctx context.Context, dir string, progress func(float64)) (Result, error) {
		ctx, cancel := context.WithTimeout(ctx, childTime)
		defer cancel()
		cmd := exec.CommandContext(ctx, command[0], append(append([]string(nil), command[1:]...), dir)...)
		cmd.WaitDelay = 5 * time.Second
		out, err := cmd.StdoutPipe()
		if err != nil {
			return Result{}, err
		}
		if err := cmd.Start(); err != nil {
			return Result{}, fmt.Errorf("transcription: %w", err)
		}
		scan := bufio.NewScanner(out)
		scan.Buffer(nil, longestLine)
		r, rerr := collect(scan, progress)
		if rerr != nil {
			cancel()
		}
		werr := cmd.Wait()
		switch {
		case rerr != nil:
			return Result{}, rerr
		case werr != nil:
			return Result{}, fmt.Errorf("the transcription's process ended: %w", werr)
		}
		return r, nil
	}
}

// collect reads the child's lines up to its end.
func collect(scan *bufio.Scanner, progress func(float64)) (r Result, err error) {
	for scan.Scan() {
		line := bytes.TrimSpace(scan.Bytes())
		var m Message
		if len(line) == 0 || json.Unmarshal(line, &m) != nil {
			continue // the library's own remarks
		}
		switch {
		case m.Error != "":
			return Result{}, errors.New(m.Error)
		case m.Share != nil:
			progress(max(0, min(1, *m.Share)))
		case len(m.Utterance) > 0:
			it, err := evidence.Unmarshal(m.Utterance)
			u, ok := it.(evidence.Utterance)
			if err != nil || !ok {
				return Result{}, errors.New("the transcription's process gave something that is no utterance")
			}
			r.Utterances = append(r.Utterances, u)
		case m.Done != "":
			r.Source = m.Done
			return r, nil
		}
	}
	if err := scan.Err(); err != nil {
		return Result{}, fmt.Errorf("the transcription's process: %w", err)
	}
	return Result{}, errors.New("the transcription's process ended before its work")
}
