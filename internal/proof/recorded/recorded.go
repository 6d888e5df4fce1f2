// Package recorded replays one committed call on the bus: a fake edge that has it and a fake listener that hears it,
// for building and testing each part of the product without the others.
//
// Owns: the committed folder (testdata/threat), the two fakes.
// Never: decides anything; what is judged and done was judged and done when the call was recorded.
// Goroutines: bus handlers; Edge.Run and Listener.Run work in the caller's and end with its context.
//
// Flow: Shipped writes the folder to disk → Edge claims a listener, sends both parties' sound, the live updates of the
// journal, and the offer of the folder → Listener gives the journal's evidence as soon as the sound has reached the time
// at which it was found. The clock of both is the sound: replayed faster, everything comes faster.
package recorded

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
)

//go:embed testdata/threat
var shipped embed.FS

const shippedDir = "testdata/threat"

// A Call is a sealed folder in memory.
type Call struct {
	Dir      string
	Seal     folder.Seal
	Incoming call.Incoming
	Ended    call.EndReason
	EndMS    call.Millis
	Lines    []folder.Line
	Evidence []Noticed

	codec audio.Codec
	sound map[call.Party][]byte // from call time 0
}

// A Noticed is one evidence line of the journal.
type Noticed struct {
	AtMS call.Millis // when it was written
	Item evidence.Item
}

// Shipped writes the committed folder to its place below a calls directory and opens it.
func Shipped(calls string) (*Call, error) {
	b, err := shipped.ReadFile(shippedDir + "/" + folder.SealFile)
	if err != nil {
		return nil, err
	}
	var s folder.Seal
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, err
	}
	in, err := incoming(s)
	if err != nil {
		return nil, err
	}
	dir := folder.Dir(calls, s.Call, in.Incoming.Began)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	names, err := fs.ReadDir(shipped, shippedDir)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		b, err := shipped.ReadFile(shippedDir + "/" + n.Name())
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, n.Name()), b, 0o640); err != nil {
			return nil, err
		}
	}
	return Open(dir)
}

// account is what of the seal's account is needed.
type account struct {
	Incoming call.Incoming  `json:"incoming"`
	Ended    call.EndReason `json:"ended"`
	EndMS    call.Millis    `json:"end_ms"`
}

func incoming(s folder.Seal) (a account, err error) {
	if err = json.Unmarshal(s.Account, &a); err != nil {
		err = fmt.Errorf("account of %s: %w", s.Call, err)
	}
	return a, err
}

// Open proves a sealed folder and reads all of it.
func Open(dir string) (*Call, error) {
	seal, err := folder.Verify(dir)
	if err != nil {
		return nil, err
	}
	a, err := incoming(seal)
	if err != nil {
		return nil, err
	}
	c := &Call{Dir: dir, Seal: seal, Incoming: a.Incoming, Ended: a.Ended, EndMS: a.EndMS, sound: map[call.Party][]byte{}}
	for _, p := range []call.Party{call.Caller, call.Agent} {
		b, err := os.ReadFile(filepath.Join(dir, folder.WAVName(p)))
		if err != nil {
			return nil, err
		}
		codec, octets, err := audio.ParseG711(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", folder.WAVName(p), err)
		}
		c.codec, c.sound[p] = codec, octets
	}
	return c, folder.Read(dir, func(l folder.Line) error {
		c.Lines = append(c.Lines, l)
		if l.Kind != folder.KindEvidence {
			return nil
		}
		it, err := evidence.Unmarshal(l.Data)
		if err != nil {
			return fmt.Errorf("line %d: %w", l.Seq, err)
		}
		c.Evidence = append(c.Evidence, Noticed{l.AtMS, it})
		return nil
	})
}
