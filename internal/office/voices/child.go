package voices

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// A Message is what the child process writes: the voice, or why there is none.
type Message struct {
	Vector
	Short bool   `json:"short,omitempty"`
	Error string `json:"error,omitempty"` // one sentence
}

const (
	childTime     = time.Minute
	longestAnswer = 1 << 20
)

// Child makes vectors in a process of its own, which is of the listener's wing. command is the program with its arguments;
// the folder is added to them. The vector comes through a pipe and touches no disk.
func Child(command []string) func(ctx context.Context, dir string) (Vector, error) {
	return func(ctx context.Context, dir string) (Vector, error) {
		ctx, cancel := context.WithTimeout(ctx, childTime)
		defer cancel()
		cmd := exec.CommandContext(ctx, command[0], append(append([]string(nil), command[1:]...), dir)...)
		cmd.WaitDelay = 5 * time.Second
		out, err := cmd.Output()
		if err != nil && len(out) == 0 {
			return Vector{}, fmt.Errorf("the process that makes vectors of voices ended: %w", err)
		}
		return answer(out)
	}
}

// answer reads what the child wrote.
func answer(out []byte) (Vector, error) {
	defer clear(out)
	var m Message
	if len(out) > longestAnswer || json.Unmarshal(bytes.TrimSpace(out), &m) != nil {
		return Vector{}, errors.New("the process that makes vectors of voices gave something else")
	}
	switch {
	case m.Short:
		return Vector{}, ErrShort
	case m.Error != "":
		return Vector{}, errors.New(m.Error)
	case m.Source == "" || len(m.Vector.Vector) == 0:
		return Vector{}, errors.New("the process that makes vectors of voices gave none")
	}
	return m.Vector, nil
}
