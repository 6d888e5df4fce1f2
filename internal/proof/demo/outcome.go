package demo

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"errors"

	"commusafe/internal/call"
	"commusafe/internal/edge/guard"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
	"commusafe/internal/replay"
)

// findFolder waits for the sealed folder of the call with a SIP Call-ID.
func findFolder(calls, sipCallID string, patience time.Duration) (string, error) {
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		dirs, err := folder.All(calls)
		if err != nil {
			return "", err
		}
		for _, dir := range dirs {
			s, err := folder.ReadSeal(dir)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			var acc struct {
				Incoming call.Incoming `json:"incoming"`
			}
			if err == nil && json.Unmarshal(s.Account, &acc) == nil && acc.Incoming.SIPCallID == sipCallID {
				return dir, nil
			}
		}
		if time.Now().After(deadline) {
			return "", errors.New("the call left no sealed folder")
		}
	}
}

// readOutcome reads what a call left behind.
func readOutcome(dir string, p played, rules *judge.Rules) (Outcome, error) {
	o := Outcome{CallerBye: byeFromThem(p.caller), MaxGapMS: p.caller.Media.MaxGapMS, Reinvites: p.caller.Reinvites}
	if p.agent != nil {
		o.AgentHeld, o.AgentBye = p.agent.Result == "answered", byeFromThem(*p.agent)
	}
	if _, err := folder.Verify(dir); err != nil {
		o.Fault = err.Error()
		return o, nil
	}
	if err := folder.Read(dir, o.line); err != nil {
		return o, err
	}
	r, err := replay.Folder(dir, rules)
	switch {
	case err != nil:
		o.Fault = err.Error()
	case r.Differs != "":
		o.Fault = r.Differs
	default:
		o.Replayed = true
	}
	return o, nil
}

// line takes one line of the journal in.
func (o *Outcome) line(l folder.Line) error {
	switch l.Kind {
	case folder.KindCall:
		return o.callLine(l)
	case folder.KindJudgement:
		var j judge.Judgement
		if err := json.Unmarshal(l.Data, &j); err != nil {
			return err
		}
		o.Peak = max(o.Peak, j.Level)
		for _, f := range j.Counter {
			if f.Category.IsGuard() && !slices.Contains(o.Guards, f.Category) {
				o.Guards = append(o.Guards, f.Category)
			}
		}
	case folder.KindAction:
		var a guard.ActionLine
		if err := json.Unmarshal(l.Data, &a); err != nil {
			return err
		}
		if a.Phase == guard.Done && a.By == "" {
			o.Actions = append(o.Actions, a.Do)
		}
		if a.Do == policy.Voicebot {
			o.BotResult = string(a.Result)
		}
	case folder.KindEvidence:
		o.Heard = true
	}
	return nil
}

func (o *Outcome) callLine(l folder.Line) error {
	var c struct {
		What      string         `json:"what"`
		Admission call.Admission `json:"admission"`
		Incoming  call.Incoming  `json:"incoming"`
		Reason    call.EndReason `json:"reason"`
	}
	if err := json.Unmarshal(l.Data, &c); err != nil {
		return fmt.Errorf("line %d: %w", l.Seq, err)
	}
	switch c.What {
	case "began":
		o.Admission, o.Withheld = c.Admission.Verdict, c.Incoming.From.Withheld
	case "ended":
		if c.Reason.Why != "" {
			o.Ended = c.Reason
		}
	}
	return nil
}

// callID is the ID of the call that a folder is of.
func callID(dir string) string { return filepath.Base(dir) }
