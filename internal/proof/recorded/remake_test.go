package recorded

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/folder"
	"commusafe/internal/policy"
	"commusafe/internal/proof/demo"
	"commusafe/internal/proof/phone"
)

var update = flag.Bool("update", false, "record the committed folder anew with the real product")

// The part of the demonstration's threat that is recorded, in milliseconds of its sound.
const (
	fromMS = 12000
	toMS   = 26000
)

// TestRemake records the folder when it is asked to; testdata/README.md tells when that is needed.
func TestRemake(t *testing.T) {
	if !*update {
		t.Skip("only with -update")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "commusafe")
	if out, err := exec.Command("go", "build", "-o", program, "../../../cmd/commusafe").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	agent, err := phone.New(phone.Config{Listen: "127.0.0.1:0", User: "agent"})
	if err != nil {
		t.Fatal(err)
	}
	defer agent.Close()
	caller, err := phone.New(phone.Config{Listen: "127.0.0.1:0", User: "carrier"})
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	settings, err := bus.ShippedSettings()
	if err != nil {
		t.Fatal(err)
	}
	settings.Version, settings.Rules.Preset = 1, policy.PresetAuto
	p, err := demo.Bare{Program: program, Dir: filepath.Join(dir, "data"), PBX: agent.Addr(), Settings: &settings}.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	talk(t, caller, agent, p.SIP.String())
	p.Stop()
	dirs, err := folder.All(p.Calls())
	if err != nil || len(dirs) != 1 {
		t.Fatal(dirs, err)
	}
	if err := os.RemoveAll(shippedDir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(shippedDir, os.DirFS(dirs[0])); err != nil {
		t.Fatal(err)
	}
}

// talk plays the part of the threat and lets the caller hang up.
func talk(t *testing.T, caller, agent *phone.Phone, edge string) {
	t.Helper()
	sounds, err := demo.Sounds()
	if err != nil {
		t.Fatal(err)
	}
	part := func(file string) phone.Sound {
		o := sounds[file].Octets
		return phone.Sound{Say: o[fromMS*audio.SamplesPerMS : min(len(o), toMS*audio.SamplesPerMS)]}
	}
	out, err := caller.Dial(t.Context(), phone.DialOptions{Sound: part("threat-caller.wav"), To: "sip:0355550100@" + edge, From: "anonymous", Privacy: true})
	if err != nil {
		t.Fatal(err)
	}
	in, err := agent.Accept(t.Context(), phone.AnswerOptions{Sound: part("threat-agent.wav"), Ring: true})
	if err != nil {
		t.Fatal(err)
	}
	out.Follow(t.Context(), phone.Script{HangupAfter: (toMS-fromMS)*time.Millisecond + 1500*time.Millisecond})
	for _, c := range []*phone.Call{out, in} {
		if r, err := c.Wait(t.Context()); err != nil || r.Result != "answered" {
			t.Fatal(r.Result, err)
		}
	}
}
