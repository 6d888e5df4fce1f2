package telephony

import (
	"context"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/edge/telephony/phonetest"
)

func refusing(a call.Admission) AdmitFunc {
	return func(context.Context, call.Incoming) call.Admission { return a }
}

func TestARefusalCarriesItsCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ asked, trunk, want int }{{607, 0, 607}, {0, 0, 608}, {0, 603, 603}, {200, 0, 608}} {
		d := openDesk(t, setting{
			admit:  refusing(call.Admission{Verdict: call.Refuse, Status: c.asked}),
			config: func(cfg *Config) { cfg.Trunks[0].RefuseCode = c.trunk },
		})
		caller := d.carrier.Invite(d.addr, phonetest.Invite{})
		m := caller.Expect(itoa(c.want))
		if !strings.Contains(m.Get("Reason"), "cause="+itoa(c.want)) {
			t.Errorf("refusal:\n%s", m.Raw)
		}
		caller.Raw(caller.Copy("ACK", ""))
		if len(d.calls) != 0 || d.pbx.Count("INVITE") != 0 {
			t.Error("a refused call went on")
		}
	}
}

func TestAdmissionThatHangsOrPanicsLetsTheCallIn(t *testing.T) {
	t.Parallel()
	for name, admit := range map[string]AdmitFunc{
		"hangs":  func(ctx context.Context, _ call.Incoming) call.Admission { <-ctx.Done(); return call.Admission{} },
		"Panics": func(context.Context, call.Incoming) call.Admission { panic("policy") },
	} {
		t.Run(name, func(t *testing.T) {
			d := openDesk(t, setting{admit: admit})
			_, _, s := d.talk()
			if a := s.Admission(); a.Verdict != call.Accept || a.Why == "" {
				t.Errorf("admission %+v", a)
			}
		})
	}
}

func TestStrangersGetNoAnswer(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{config: func(c *Config) {
		c.Trunks[0].Peers = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	}})
	stranger := phonetest.UDPAt(t, "127.0.0.99:0")
	call := stranger.Invite(d.addr, phonetest.Invite{})
	call.Send("OPTIONS", "")
	known := d.carrier.Invite(d.addr, phonetest.Invite{})
	known.Expect("100")
	stranger.Silent(5*testT1, "100")
	stranger.Silent(0, "200 OPTIONS")
}

func TestCallsFromThePBXAreNotCarried(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	call := d.pbx.Invite(d.addr, phonetest.Invite{})
	if m := call.Expect("403"); !strings.Contains(m.Start, "PBX") {
		t.Errorf("start line %q", m.Start)
	}
}

func TestOptionsTellWhetherCallsAreTaken(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller, agent, s := d.talk()
	probe := func(want string) phonetest.Message {
		o := d.carrier.Invite(d.addr, phonetest.Invite{SDP: "none", Headers: []string{"Require: nothing-known"}})
		o.Expect("420")
		o.Send("OPTIONS", "")
		return o.Expect(want)
	}
	if m := probe("200 OPTIONS"); m.Get("Allow") != allowed {
		t.Errorf("OPTIONS:\n%s", m.Raw)
	}
	d.stop()
	for !strings.Contains(d.log.String(), "draining") { // the context's end reaches Run by another goroutine
		runtime.Gosched()
	}
	if m := probe("503 OPTIONS"); m.Get("Retry-After") != "30" {
		t.Errorf("OPTIONS while draining:\n%s", m.Raw)
	}
	other := d.carrier.Invite(d.addr, phonetest.Invite{})
	if m := other.Expect("503 INVITE"); m.Get("Retry-After") != "30" {
		t.Errorf("INVITE while draining:\n%s", m.Raw)
	}
	caller.Send("BYE", "") // the call in hand goes on until its own end
	agent.ReplyTo(d.pbx.Expect("BYE"), 200, "")
	d.awaitEnd(s)
	<-d.done
}

func TestDrainingEndsWhatIsLeftPolitely(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{config: func(c *Config) { c.Drain = 5 * testT1 }})
	caller, agent, s := d.talk()
	d.stop()
	if bye := d.carrier.Expect("BYE"); !strings.Contains(bye.Get("Reason"), "cause=31") {
		t.Errorf("BYE:\n%s", bye.Raw)
	} else {
		caller.ReplyTo(bye, 200, "")
	}
	agent.ReplyTo(d.pbx.Expect("BYE"), 200, "")
	if r := d.awaitEnd(s); r.Why != "drain" {
		t.Errorf("ended %+v", r)
	}
	<-d.done
}

func TestTheSecondSignalEndsCallsNow(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{config: func(c *Config) { c.Drain = time.Hour }})
	_, _, s := d.talk()
	d.stop()
	d.server.Hurry()
	d.server.Hurry()
	d.carrier.Expect("BYE")
	d.pbx.Expect("BYE")
	d.awaitEnd(s)
	<-d.done
}

func TestAnOccupiedPortIsOneSentence(t *testing.T) {
	t.Parallel()
	p := phonetest.UDP(t)
	cfg := Config{Listen: []string{"udp:" + p.Addr().String()}, PBX: []PBX{{Name: "x", Target: "sip:127.0.0.1:5099"}},
		Trunks: []Trunk{{Name: "t", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}}}
	_, err := newServer(cfg, nil, nil, nil, slog.New(slog.DiscardHandler))
	if err == nil || err.Error() != "SIP address udp:"+p.Addr().String()+" is in use by another program" {
		t.Errorf("error %v", err)
	}
}

func TestConfigurationErrorsAreSentences(t *testing.T) {
	t.Parallel()
	ok := Config{Listen: []string{"udp:127.0.0.1:0"}, PBX: []PBX{{Name: "x", Target: "sip:127.0.0.1:5099"}},
		Trunks: []Trunk{{Name: "t", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}}}
	for want, change := range map[string]func(*Config){
		"at least one":      func(c *Config) { c.Listen = nil },
		"has no peers":      func(c *Config) { c.Trunks = []Trunk{{Name: "t"}} },
		"called_from":       func(c *Config) { c.Trunks[0].CalledFrom = "x" },
		"refuse_code":       func(c *Config) { c.Trunks[0].RefuseCode = 200 },
		"is not a SIP addr": func(c *Config) { c.PBX[0].Target = "http://x" },
		"must be listed":    func(c *Config) { c.PBX[0].Target = "sip:pbx.example" },
		"no listen address": func(c *Config) { c.PBX[0].Target = "sip:127.0.0.1;transport=tcp" },
		"neither udp nor":   func(c *Config) { c.PBX[0].Target = "sip:127.0.0.1;transport=tls" },
		"is not like udp":   func(c *Config) { c.Listen = []string{"udp:localhost"} },
	} {
		cfg := ok
		cfg.Trunks, cfg.PBX = append([]Trunk(nil), ok.Trunks...), append([]PBX(nil), ok.PBX...)
		change(&cfg)
		_, err := newServer(cfg, nil, nil, nil, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// tortureFolder finds the messages of RFC 4475 in the SIP library's own test data.
func tortureFolder(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/emiago/sipgo").Output()
	dir := filepath.Join(strings.TrimSpace(string(out)), "sip", "testdata", "torture")
	if err != nil {
		t.Skipf("the torture messages of RFC 4475 are not here: %v", err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the torture messages of RFC 4475 are not here: %v", err)
	}
	return dir
}

func TestNoTortureMessageCrashesOrStallsTheServer(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(tortureFolder(t), "*", "*.dat"))
	if err != nil || len(files) < 40 {
		t.Fatalf("%d torture messages: %v", len(files), err)
	}
	d := openDesk(t, setting{serve: func(_ context.Context, s *Session) { <-s.Ended() }})
	source := phonetest.UDPAt(t, "127.0.0.75:5060") // most messages have no port in Via
	source.KeepCopies()
	// What RFC 4475 or RFC 3261 says to each of these.
	want := map[string]string{
		"mismatch01.dat": "400", "mismatch02.dat": "400", "badvers.dat": "505", "bext01.dat": "420", "zeromf.dat": "483",
		"unkscm.dat": "416", "insuf.dat": "400", "multi01.dat": "400", "invut.dat": "415",
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Send(d.addr, string(raw))
		o := d.carrier.Invite(d.addr, phonetest.Invite{SDP: "none", Headers: []string{"Require: x"}})
		o.Expect("420")
		o.Send("OPTIONS", "")
		o.Expect("200 OPTIONS")
		if status := want[filepath.Base(file)]; status != "" {
			for m := source.Expect(status); !strings.Contains(string(raw), branchOf(m)); {
				m = source.Expect(status) // that one was for another file
			}
		}
	}
	if log := d.log.String(); strings.Contains(log, "vivekg") || strings.Contains(log, "panicked") {
		t.Errorf("the log quotes what came, or tells of a panic:\n%s", log)
	}
	for _, s := range d.server.table.all() {
		_ = s.End(context.Background(), call.EndReason{By: call.BySystem, Why: "test"})
	}
}

// branchOf gives the branch of the top Via.
func branchOf(m phonetest.Message) string {
	_, rest, _ := strings.Cut(m.Get("Via"), "branch=")
	branch, _, _ := strings.Cut(rest, ";")
	return branch
}

func TestThePacketsOfScannersStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	for i := range 200 {
		d.carrier.Send(d.addr, "INVITE sip:09012345678@x SIP/2.0\r\nFrom: \"山田太郎\" <sip:0901234"+strconv.Itoa(1000+i)+"\r\n\r\n")
	}
	caller := d.carrier.Invite(d.addr, phonetest.Invite{From: `"Yamada" <sip:09087654321@carrier.example>`})
	d.pbx.Incoming()
	caller.Send("BYE", "")
	log := d.log.String()
	for _, secret := range []string{"0901234", "09087654321", "Yamada", "山田", "0312345678"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q:\n%s", secret, log[:min(len(log), 3000)])
		}
	}
	if n := strings.Count(log, "sip stack: failed to parse"); n == 0 || n > 10 {
		t.Errorf("%d lines about unreadable packets", n)
	}
}
