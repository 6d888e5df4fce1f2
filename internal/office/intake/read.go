package intake

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"

	"commusafe/internal/call"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// Read gives what a call folder says. A folder that does not prove itself is no error: its state is Broken, and what
// can be read before the first broken line stands in it.
func Read(calls, dir string, rules *judge.Rules) (Folder, error) {
	id, err := call.ParseID(filepath.Base(dir))
	if err != nil {
		return Folder{}, err
	}
	rel, err := filepath.Rel(calls, dir)
	if err != nil {
		return Folder{}, fmt.Errorf("call folder: %w", err)
	}
	r := reader{rules: rules}
	r.Call = Call{Incoming: call.Incoming{ID: id, Began: idTime(id)}, Dir: filepath.ToSlash(rel), Stage: policy.StageNormal}
	seal, broken := folder.Verify(dir)
	r.seal(seal)
	if err := folder.Read(dir, r.line); err != nil && broken == nil {
		broken = err
	}
	if broken != nil {
		r.Call.State, r.Call.Why = Broken, broken.Error()
	}
	r.Call.Categories = inOrder(r.Call.Categories)
	r.Call.Incoming.ID = id
	return r.Folder, nil
}

// idTime is the time in a UUIDv7, for a folder whose journal can't be read.
func idTime(id call.ID) time.Time {
	u, err := uuid.Parse(string(id))
	if err != nil {
		return time.Time{}
	}
	sec, ns := u.Time().UnixTime()
	return time.Unix(sec, ns).UTC().Truncate(time.Millisecond)
}

// A reader goes through a journal.
type reader struct {
	Folder
	rules *judge.Rules
	own   []judge.Sheet   // of the centre's own, as the settings line has them
	last  judge.Judgement // in force at the line
}

// An account is what the edge writes into the seal; a recovered folder has none.
type account struct {
	Incoming call.Incoming  `json:"incoming"`
	Ended    call.EndReason `json:"ended"`
	EndMS    call.Millis    `json:"end_ms"`
	Stage    policy.Stage   `json:"stage"`
}

func (r *reader) seal(s folder.Seal) {
	r.Call.State, r.Call.Sealed, r.Call.Lines, r.Call.Last, r.Call.Lost, r.Call.Program = s.State, s.At, s.Lines, s.Last, s.Lost, s.Program
	var a account
	if json.Unmarshal(s.Account, &a) != nil || a.Incoming.ID == "" {
		return
	}
	r.Call.Incoming, r.Call.Ended, r.Call.Duration = a.Incoming, a.Ended, a.EndMS
	r.reached(a.Stage)
}

// reached notes a stage if it is the highest so far.
func (r *reader) reached(s policy.Stage) {
	order := []policy.Stage{policy.StageNormal, policy.StageWatch, policy.StageWarn1, policy.StageWarn2, policy.StageFinal,
		policy.StageClosing, policy.StageClosed, policy.StageEmergency}
	if slices.Index(order, s) > slices.Index(order, r.Call.Stage) {
		r.Call.Stage = s
	}
}

// stageOf is the stage that an action leads to when it is done.
func stageOf(d policy.Do) policy.Stage {
	switch d {
	case policy.Warn1:
		return policy.StageWarn1
	case policy.Warn2:
		return policy.StageWarn2
	case policy.Final:
		return policy.StageFinal
	case policy.Closing:
		return policy.StageClosing
	case policy.Cut:
		return policy.StageClosed
	}
	return policy.StageNormal
}

func inOrder(c []judge.Category) []judge.Category {
	var out []judge.Category
	for _, known := range append(judge.Categories(), judge.Guards()...) {
		if slices.Contains(c, known) {
			out = append(out, known)
		}
	}
	return out
}
