package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/folder"
	"commusafe/internal/proof/phone"
)

// A machine is the product as it is installed: one binary, its processes, a data directory of its own.
type machine struct {
	t       *testing.T
	binary  string
	dir     string
	data    string // data_dir
	config  string
	sip     string
	health  string
	console string
	serve   *exec.Cmd
	caller  *phone.Phone
	desk    *phone.Phone
}

// newMachine builds the binary and writes a configuration on free ports. Nothing runs yet.
func newMachine(t *testing.T) *machine {
	t.Helper()
	return newMachineAt(t, t.TempDir(), "")
}

// newMachineAt has its data below dir, and its agents at pbx ("host:port"); none: at a telephone of its own.
func newMachineAt(t *testing.T, dir, pbx string) *machine {
	t.Helper()
	m := &machine{t: t, dir: t.TempDir(), data: filepath.Join(dir, "var"), binary: buildBinary(t)}
	var err error
	if m.desk, err = phone.New(phone.Config{Listen: "127.0.0.1:0"}); err != nil {
		t.Fatal(err)
	}
	if m.caller, err = phone.New(phone.Config{Listen: "127.0.0.1:0"}); err != nil {
		t.Fatal(err)
	}
	if pbx == "" {
		pbx = m.desk.Addr().String()
	}
	m.sip, m.health, m.console = free(t, "udp"), free(t, "tcp"), free(t, "tcp")
	m.config = filepath.Join(m.dir, "commusafe.yaml")
	text := fmt.Sprintf(`site: e2e
data_dir: %s
sip:
  listen: ["udp:%s"]
  drain: 3
  trunks: [{name: carrier, peers: [127.0.0.1]}]
  pbx: [{name: pbx, target: "sip:%s"}]
media: {ports: 42000-42999, address: 127.0.0.1}
office: {listen: "%s"}
edge: {name: e2e, health: "%s"}
listener: {health: "%s"}
`, m.data, m.sip, pbx, m.console, m.health, free(t, "tcp"))
	if err := os.WriteFile(m.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.close)
	return m
}

// lowPorts is the next port that free tries. They lie below those that the kernel gives to sockets that ask for any: such a one would be
// taken by another test's connection before the product binds it.
var lowPorts atomic.Uint32

// free gives an address that nobody uses and that no other test is given.
func free(t *testing.T, network string) string {
	t.Helper()
	for range 10000 {
		at := fmt.Sprintf("127.0.0.1:%d", 20000+lowPorts.Add(1)%10000)
		c, err := bind(network, at)
		if err == nil {
			_ = c.Close()
			return at
		}
	}
	t.Fatalf("no free %s port", network)
	return ""
}

func bind(network, at string) (io.Closer, error) {
	if network == "udp" {
		return net.ListenPacket(network, at)
	}
	return net.Listen(network, at)
}

func (m *machine) start() {
	m.t.Helper()
	m.serve = exec.Command(m.binary, "--config", m.config, "serve")
	m.serve.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := m.serve.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.until("the edge is ready", func() bool { return m.get("http://"+m.health+"/readyz") == http.StatusOK })
	m.until("the office is ready", func() bool { return m.get("http://"+m.console+"/readyz") == http.StatusOK })
	m.until("the listener runs", func() bool { return m.count("listener") == 1 && m.pid("listener") > 0 })
	m.until("the listener listens", func() bool { // it calibrates its phrases and measures its budget first
		log, _ := os.ReadFile(filepath.Join(m.data, "run", "listener.log"))
		return strings.Contains(string(log), "msg=listening")
	})
}

func (m *machine) get(url string) int {
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get(url)
	if err != nil {
		return 0
	}
	r.Body.Close()
	return r.StatusCode
}

// until asks again and again for what must come about.
func (m *machine) until(what string, ok func() bool) {
	m.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(60 * time.Second); ; {
		if ok() {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			m.t.Fatalf("never came about: %s\n%s", what, m.logs())
		}
	}
}

func (m *machine) logs() string {
	var out strings.Builder
	for _, role := range []string{"edge", "listener", "office"} {
		b, _ := os.ReadFile(filepath.Join(m.data, "run", role+".log"))
		fmt.Fprintf(&out, "--- %s\n%s\n", role, b[max(0, len(b)-2000):])
	}
	return out.String()
}

// pid gives the process of record of a role.
func (m *machine) pid(role string) int {
	var id struct{ PID int }
	b, err := os.ReadFile(filepath.Join(m.data, "run", role+".json"))
	if err != nil || json.Unmarshal(b, &id) != nil {
		return 0
	}
	return id.PID
}

func (m *machine) kill(role string) int {
	m.t.Helper()
	pid := m.pid(role)
	if pid == 0 {
		m.t.Fatalf("no %s runs", role)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		m.t.Fatal(err)
	}
	return pid
}

// count tells how many processes of a role live, by their command line.
func (m *machine) count(role string) int {
	procs, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	n := 0
	for _, p := range procs {
		b, err := os.ReadFile(p)
		if err == nil && strings.HasPrefix(string(b), m.binary+"\x00") && strings.HasSuffix(strings.TrimRight(string(b), "\x00"), "\x00"+role) {
			n++
		}
	}
	return n
}

func (m *machine) calls() string { return filepath.Join(m.data, "calls") }

// acknowledged counts the folders that an office has taken in.
func (m *machine) acknowledged() int {
	b, _ := os.ReadFile(filepath.Join(m.data, "settings", "acknowledged.txt"))
	return len(strings.Fields(string(b)))
}

// sealed gives the folders that are closed, each proved.
func (m *machine) sealed() map[string]folder.Seal {
	m.t.Helper()
	dirs, err := folder.All(m.calls())
	if err != nil {
		m.t.Fatal(err)
	}
	out := map[string]folder.Seal{}
	for _, d := range dirs {
		if _, err := folder.ReadSeal(d); err != nil {
			continue
		}
		s, err := folder.Verify(d)
		if err != nil {
			m.t.Error(err)
		}
		out[d] = s
	}
	return out
}

// talk puts n calls through, with sound both ways for as long as they last.
func (m *machine) talk(ctx context.Context, n int) (callers, agents []*phone.Call) {
	m.t.Helper()
	sound := phone.Sound{Codec: audio.PCMU, Say: hum(), SayIn: audio.PCMU}
	for range n {
		got := make(chan *phone.Call, 1)
		go func() {
			c, err := m.desk.Accept(ctx, phone.AnswerOptions{Sound: sound})
			if err != nil {
				m.t.Error(err)
			}
			got <- c
		}()
		c, err := m.caller.Dial(ctx, phone.DialOptions{Sound: sound, To: "sip:0355550100@" + m.sip, From: "0390001111"})
		if err != nil {
			m.t.Fatal(err)
		}
		select {
		case <-c.Answered():
		case <-ctx.Done():
			m.t.Fatalf("not answered\n%s", m.logs())
		}
		callers, agents = append(callers, c), append(agents, <-got)
	}
	return callers, agents
}

// hum is five minutes of a soft tone: sound without words.
func hum() []byte {
	pcm := make([]int16, 300*audio.SampleRate)
	for i := range pcm {
		pcm[i] = int16(3000 * (i / 16 % 2))
	}
	return audio.PCMU.Encode(nil, pcm)
}

// close ends everything that still runs of this machine.
func (m *machine) close() {
	if m.serve != nil {
		_ = m.serve.Process.Signal(syscall.SIGTERM)
		_ = m.serve.Wait()
	}
	for _, role := range []string{"edge", "listener", "office"} {
		if pid := m.pid(role); pid > 0 && m.count(role) > 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	m.caller.Close()
	m.desk.Close()
}
