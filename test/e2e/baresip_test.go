package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a phone's event is waited for.
const patience = 15 * time.Second

// calledNumber is the number of the centre.
const calledNumber = "0312345678"

// modules is where Debian's baresip-core puts them; other places are looked for.
func modules(t *testing.T) string {
	t.Helper()
	for _, dir := range []string{"/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules"} {
		if _, err := os.Stat(filepath.Join(dir, "ctrl_tcp.so")); err == nil {
			return dir
		}
	}
	t.Skip("baresip is here, but not its modules")
	return ""
}

// A softphone is a baresip process: an independent SIP telephone that sends a tone and records what it hears.
type softphone struct {
	t      *testing.T
	name   string
	user   string // of its SIP address; the agent's is the number that is called
	dir    string
	sip    string // host:port
	ctrl   net.Conn
	events chan event
	done   chan struct{}

	mu    sync.Mutex // guards below
	trace bytes.Buffer
}

// An event is what baresip's control connection tells.
type event struct {
	Event bool   `json:"event"`
	Type  string `json:"type"`
	Param string `json:"param"`
}

// startPhone starts a telephone that sends a tone of hz. An answering one takes every call at once.
func startPhone(t *testing.T, name string, hz int, answers bool) *softphone {
	t.Helper()
	user := name
	if answers {
		user = calledNumber
	}
	return startPhoneAs(t, name, user, hz, answers)
}

// startPhoneAs starts a telephone with a user of its own: the number that it calls from or is called by.
func startPhoneAs(t *testing.T, name, user string, hz int, answers bool) *softphone {
	t.Helper()
	bin, err := exec.LookPath("baresip")
	if err != nil {
		t.Skip("baresip is not installed (Debian: baresip-core)")
	}
	p := &softphone{t: t, name: name, user: user, dir: t.TempDir(), sip: freeSIP(t), events: make(chan event, 256), done: make(chan struct{})}
	ctrl := free(t, "tcp")
	p.configure(modules(t), ctrl, hz, answers)
	cmd := exec.Command(bin, "-4", "-s", "-f", p.dir)
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() { p.read(out, ready) })
	t.Cleanup(func() {
		if p.ctrl != nil {
			_ = p.ctrl.Close() // ends its reader
		}
		_ = cmd.Process.Kill() // it has nothing left to do
		_ = cmd.Wait()
		_ = in.Close()
		reading.Wait()
		if t.Failed() {
			t.Logf("%s:\n%s", name, p.said())
		}
	})
	select {
	case <-ready:
	case <-time.After(patience):
		t.Fatalf("%s did not become ready:\n%s", name, p.said())
	}
	if p.ctrl, err = net.Dial("tcp", ctrl); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, p.said())
	}
	reading.Go(p.listen)
	return p
}

func (p *softphone) configure(modules, ctrl string, hz int, answers bool) {
	mode := "manual"
	if answers {
		mode = "auto"
	}
	tone := filepath.Join(p.dir, "tone.wav")
	writeWAV(p.t, tone, sine(hz, time.Minute))
	config := fmt.Sprintf(`poll_method epoll
sip_listen %s
net_interface 127.0.0.1
call_local_timeout 60
call_max_calls 4
audio_player aubridge,%s
audio_source aufile,%s
audio_alert aubridge,%s
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
audio_buffer 20-160
rtp_tos 184
rtcp_mux no
jitter_buffer_type fixed
jitter_buffer_delay 1-5
module_path %s
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen %s
snd_path %s
`, p.sip, p.name, tone, p.name, modules, ctrl, p.dir)
	account := fmt.Sprintf("<sip:%s@%s>;regint=0;answermode=%s;audio_codecs=PCMU/8000/1\n", p.user, p.sip, mode)
	for file, text := range map[string]string{"config": config, "accounts": account, "contacts": "", "uuid": "00000000-0000-4000-8000-000000000000"} {
		if err := os.WriteFile(filepath.Join(p.dir, file), []byte(text), 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
}

// read keeps what the phone prints: its trace of SIP messages.
func (p *softphone) read(out io.Reader, ready chan struct{}) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		p.mu.Lock()
		p.trace.WriteString(lines.Text() + "\n")
		p.mu.Unlock()
		if ready != nil && strings.Contains(lines.Text(), "baresip is ready") {
			close(ready)
			ready = nil
		}
	}
	_, _ = io.Copy(io.Discard, out) // a line too long must not stop the phone
}

func (p *softphone) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.trace.String()
}

// listen reads the control connection: netstrings of JSON.
func (p *softphone) listen() {
	r := bufio.NewReader(p.ctrl)
	for {
		length, err := r.ReadString(':')
		if err != nil {
			return
		}
		n, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
		if err != nil {
			return
		}
		text := make([]byte, n+1) // and the comma
		if _, err := io.ReadFull(r, text); err != nil {
			return
		}
		var e event
		if json.Unmarshal(text[:n], &e) == nil && e.Event {
			p.events <- e
		}
	}
}

// do gives the phone a command.
func (p *softphone) do(command, params string) {
	p.t.Helper()
	text, err := json.Marshal(map[string]string{"command": command, "params": params, "token": "t"})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(p.ctrl, "%d:%s,", len(text), text); err != nil {
		p.t.Fatal(err)
	}
}

// await waits for an event of this type and gives its parameter.
func (p *softphone) await(kind string) string {
	p.t.Helper()
	over := time.After(patience)
	for {
		select {
		case e := <-p.events:
			if e.Type == kind {
				return e.Param
			}
		case <-over:
			p.t.Fatalf("%s: no %s came\n%s", p.name, kind, p.said())
		}
	}
}

// requests counts the SIP requests of a method that the phone received.
func (p *softphone) requests(method string) int {
	return strings.Count(p.said(), "\n"+method+" sip:"+p.user)
}

// byes counts the BYEs that came, once one is in what the phone says: that is read beside its events, and may come after them.
func (p *softphone) byes() int {
	for over := time.Now().Add(patience); p.requests("BYE") == 0 && time.Now().Before(over); {
		time.Sleep(10 * time.Millisecond)
	}
	return p.requests("BYE")
}

// heard reads the phone's own recording of what it decoded.
func (p *softphone) heard() recording {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.dir, "dump-*-dec.wav"))
	if err != nil || len(files) == 0 {
		p.t.Fatalf("%s recorded nothing: %v\n%s", p.name, err, p.said())
	}
	return readWAV(p.t, files[len(files)-1])
}

// freeSIP gives an address that baresip can have whole: it takes UDP and TCP there, and TLS on the port after it.
func freeSIP(t *testing.T) string {
	t.Helper()
	for range 100 {
		at, next := netip.MustParseAddrPort(free(t, "udp")), netip.MustParseAddrPort(free(t, "tcp"))
		tcp, err := net.Listen("tcp4", at.String())
		if err != nil || next.Port() != at.Port()+1 {
			continue
		}
		_ = tcp.Close()
		return at.String()
	}
	t.Fatal("no free pair of ports")
	return ""
}
