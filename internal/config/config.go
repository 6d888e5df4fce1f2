// Package config reads the machine's configuration: what this machine is, not what the centre decides.
//
// Owns: the keys of contracts §6, their defaults, their checks, the layout below data_dir.
// Never: settings of the centre (they live in the database and reach the edge as a snapshot).
// Goroutines: none.
package config

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"commusafe/internal/yamlfile"

	"commusafe/internal/audio"
)

// A Config is the machine's configuration, complete with defaults.
type Config struct {
	Site     string   `yaml:"site"`     // name of the centre on the bus; letters, digits, - and _; default "main"
	DataDir  string   `yaml:"data_dir"` // default ./var
	SIP      SIP      `yaml:"sip"`
	Media    Media    `yaml:"media"`
	Edge     Edge     `yaml:"edge"`
	Listener Listener `yaml:"listener"`
	Office   Office   `yaml:"office"`
	Bus      Bus      `yaml:"bus"`
	Log      Log      `yaml:"log"`
	// ModelSource says where models and library come from when an operator asks for them.
	ModelSource Models `yaml:"models"`

	// Path is the file that was read; empty when there is none.
	Path string `yaml:"-"`
}

// SIP says where calls come from and go to.
type SIP struct {
	Listen []string `yaml:"listen"` // udp:ADDRESS:PORT or tcp:…; default both on 127.0.0.1:5060
	Trunks []Trunk  `yaml:"trunks"`
	PBX    []PBX    `yaml:"pbx"`
	Drain  Seconds  `yaml:"drain"` // how long a stop waits for calls; default 300
}

// A Trunk is where calls come from.
type Trunk struct {
	Name       string   `yaml:"name"`
	Peers      []string `yaml:"peers"`       // addresses or CIDR ranges that may send calls
	CalledFrom string   `yaml:"called_from"` // r-uri (default), to, p-called-party-id
	Codecs     []string `yaml:"codecs"`      // PCMU, PCMA; default both
	RefuseCode int      `yaml:"refuse_code"` // 608 (default), 607, 603, 486 …
	Identity   *bool    `yaml:"trust_identity"`
}

// TrustsIdentity tells whether P-Asserted-Identity of this trunk is believed; default yes (RFC 3325 §5).
func (t Trunk) TrustsIdentity() bool { return t.Identity == nil || *t.Identity }

// A PBX is where agents are.
type PBX struct {
	Name   string   `yaml:"name"`
	Target string   `yaml:"target"` // sip:HOST:PORT, with ;transport=tcp if wanted
	Peers  []string `yaml:"peers"`  // default: the target's own address
}

// Media says where sound goes.
type Media struct {
	Ports   string `yaml:"ports"`   // default 20000-29999
	Address string `yaml:"address"` // the address told to peers; default 127.0.0.1
	Bind    string `yaml:"bind"`    // the address of the sockets; default: address
	Workers int    `yaml:"workers"` // relay threads; default 1
}

// Edge are the edge's own settings.
type Edge struct {
	Name   string `yaml:"name"`   // on the bus; default the host's name
	Health string `yaml:"health"` // address of /healthz, /readyz, /metrics; default 127.0.0.1:8081
}

// Listener says what hears.
type Listener struct {
	Engines  []string `yaml:"engines"` // builtin, and beside it sherpa and amivoice; default [builtin]
	Budget   int      `yaml:"budget"`  // calls at once; default 50
	Health   string   `yaml:"health"`  // default 127.0.0.1:8082
	Sherpa   Sherpa   `yaml:"sherpa"`
	AmiVoice AmiVoice `yaml:"amivoice"`
}

// Models says where `commusafe models` fetches from. Nothing is fetched without that command.
type Models struct {
	Source  string `yaml:"source"`  // folder of releases, an address or a path; default the publisher's
	Runtime string `yaml:"runtime"` // the library's npm package: file, folder or address; default none
}

// Office says where the console is and where the data lies.
type Office struct {
	Listen   string `yaml:"listen"`   // default 127.0.0.1:8080
	Database string `yaml:"database"` // postgres://…; default SQLite below data_dir
	Blobs    string `yaml:"blobs"`    // default below data_dir
	// SecureCookie is set when the console is reached by HTTPS through a proxy.
	SecureCookie bool       `yaml:"secure_cookie"`
	Webhook      Webhook    `yaml:"webhook"`
	Transcribe   Transcribe `yaml:"transcribe"`
	// SecondOpinion is asked when a person wants to know; without an address nobody is.
	SecondOpinion SecondOpinion `yaml:"second_opinion"`
	Voices        Voices        `yaml:"voices"`
}

// Voices says where the key is with which registered voices are encrypted in the database: 32 bytes in base64. It is needed once the centre
// turns voices on, and must not lie where the database is backed up.
type Voices struct {
	KeyFile string `yaml:"key_file"`
	KeyEnv  string `yaml:"key_env"`
}

// A Webhook is told of notices by HTTP POST; without an address there is none.
type Webhook struct {
	URL        string `yaml:"url"`
	SecretFile string `yaml:"secret_file"` // at least 16 characters, for the signature
	Private    bool   `yaml:"private"`     // the address may be one of the own network
}

// Bus names an external NATS server; empty: serve hosts one.
type Bus struct {
	URL   string `yaml:"url"`
	Token string `yaml:"token"`
	Port  int    `yaml:"port"` // of the embedded server; default: any free one, kept
}

// Log says how much is logged.
type Log struct {
	Level string `yaml:"level"` // debug, info (default), warn, error
	JSON  bool   `yaml:"json"`
}

// Seconds is a length of time in whole seconds.
type Seconds int

// Duration gives the length of time.
func (s Seconds) Duration() time.Duration { return time.Duration(s) * time.Second }

// Default is the configuration of a machine without a file: everything on 127.0.0.1.
func Default() Config {
	return Config{
		Site: "main", DataDir: "./var",
		SIP: SIP{Listen: []string{"udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"}, Drain: 300,
			Trunks: []Trunk{{Name: "local", Peers: []string{"127.0.0.1"}}},
			PBX:    []PBX{{Name: "local", Target: "sip:127.0.0.1:5070", Peers: []string{"127.0.0.1"}}}},
		Media: Media{Ports: "20000-29999", Address: "127.0.0.1", Workers: 1},
		Edge:  Edge{Health: "127.0.0.1:8081"},
		Listener: Listener{Engines: []string{"builtin"}, Budget: 50, Health: "127.0.0.1:8082",
			Sherpa:   Sherpa{Activity: "vad", Workers: 1, Budget: 10, Parties: []string{"caller", "agent"}},
			AmiVoice: AmiVoice{Profile: "-a-general", Budget: 10, Parties: []string{"caller"}}},
		Office: Office{Listen: "127.0.0.1:8080"},
		Log:    Log{Level: "info"},
	}
}

// Find gives the configuration file: the one named, else ./commusafe.yaml, else /etc/commusafe/commusafe.yaml, else none.
func Find(named string) string {
	if named != "" {
		return named
	}
	for _, p := range []string{"commusafe.yaml", "/etc/commusafe/commusafe.yaml"} {
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	return ""
}

// Load reads file (none: defaults), then environment variables COMMUSAFE_…, and checks the whole.
func Load(named string) (Config, error) {
	c := Default()
	if path := Find(named); path != "" {
		b, err := os.ReadFile(path)
		if err != nil {
			return c, fmt.Errorf("configuration: %w", err)
		}
		if err := c.read(b); err != nil {
			return c, fmt.Errorf("configuration %s: %w", path, err)
		}
		c.Path = path
	}
	if err := c.environment(os.Environ()); err != nil {
		return c, err
	}
	if c.Edge.Name == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "edge"
		}
		c.Edge.Name = subjectName(host)
	}
	if err := c.Check(); err != nil {
		return c, err
	}
	abs, err := filepath.Abs(c.DataDir)
	c.DataDir = abs
	return c, err
}

// read puts the file's values over the defaults. Unknown keys are errors with their line.
func (c *Config) read(b []byte) error {
	return yamlfile.Decode(b, c)
}

// Check tells the first thing that is wrong, by its key.
func (c Config) Check() error {
	if c.Site == "" || subjectName(c.Site) != c.Site {
		return fmt.Errorf("configuration: site %q may have letters, digits, - and _ only", c.Site)
	}
	if len(c.SIP.Listen) == 0 {
		return errors.New("configuration: sip.listen names no address")
	}
	for _, l := range c.SIP.Listen {
		network, addr, _ := strings.Cut(l, ":")
		if _, err := netip.ParseAddrPort(addr); err != nil || network != "udp" && network != "tcp" {
			return fmt.Errorf("configuration: sip.listen %q is not udp:ADDRESS:PORT or tcp:ADDRESS:PORT", l)
		}
	}
	for i, t := range c.SIP.Trunks {
		if err := t.check(); err != nil {
			return fmt.Errorf("configuration: sip.trunks[%d]: %w", i, err)
		}
	}
	for i, p := range c.SIP.PBX {
		if err := p.check(); err != nil {
			return fmt.Errorf("configuration: sip.pbx[%d]: %w", i, err)
		}
	}
	if len(c.SIP.Trunks) == 0 || len(c.SIP.PBX) == 0 {
		return errors.New("configuration: sip.trunks and sip.pbx need one entry each")
	}
	if _, _, err := c.Media.Range(); err != nil {
		return err
	}
	for key, a := range map[string]string{"media.address": c.Media.Address, "media.bind": c.Media.Bind} {
		if _, err := netip.ParseAddr(a); err != nil && a != "" {
			return fmt.Errorf("configuration: %s %q is not an IP address", key, a)
		}
	}
	for key, a := range map[string]string{"office.listen": c.Office.Listen, "edge.health": c.Edge.Health, "listener.health": c.Listener.Health} {
		if _, err := netip.ParseAddrPort(a); err != nil {
			return fmt.Errorf("configuration: %s %q is not ADDRESS:PORT", key, a)
		}
	}
	if err := c.checkNumbers(); err != nil {
		return err
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		return fmt.Errorf("configuration: log.level %q is not one of debug, info, warn, error", c.Log.Level)
	}
	if err := c.Listener.check(); err != nil {
		return fmt.Errorf("configuration: listener.%w", err)
	}
	if err := c.Office.SecondOpinion.check(); err != nil {
		return fmt.Errorf("configuration: office.second_opinion.%w", err)
	}
	if err := c.Office.Transcribe.check(); err != nil {
		return fmt.Errorf("configuration: office.transcribe.%w", err)
	}
	return nil
}

func (c Config) checkNumbers() error {
	switch {
	case c.SIP.Drain < 0:
		return fmt.Errorf("configuration: sip.drain %d is no length of time: seconds that a stop waits for calls, 0 for none", c.SIP.Drain)
	case c.Bus.Port < 0 || c.Bus.Port > 65535:
		return fmt.Errorf("configuration: bus.port %d is no port", c.Bus.Port)
	case strings.Contains(c.Office.Database, "://") && !strings.HasPrefix(c.Office.Database, "postgres://") && !strings.HasPrefix(c.Office.Database, "postgresql://"):
		return errors.New("configuration: office.database is neither postgres://user@host/name nor the path of a file for SQLite")
	}
	return nil
}

func (t Trunk) check() error {
	if t.Name == "" || len(t.Peers) == 0 {
		return errors.New("name and peers are needed")
	}
	if _, err := Prefixes(t.Peers); err != nil {
		return err
	}
	if !slices.Contains([]string{"", "r-uri", "to", "p-called-party-id"}, t.CalledFrom) {
		return fmt.Errorf("called_from %q is not one of r-uri, to, p-called-party-id", t.CalledFrom)
	}
	if t.RefuseCode != 0 && (t.RefuseCode < 400 || t.RefuseCode > 699) {
		return fmt.Errorf("refuse_code %d is no refusal (400 to 699)", t.RefuseCode)
	}
	for _, name := range t.Codecs {
		if _, err := audio.ParseCodec(name); err != nil {
			return err
		}
	}
	return nil
}

func (p PBX) check() error {
	if p.Name == "" || !strings.HasPrefix(p.Target, "sip:") {
		return fmt.Errorf("name and target (sip:HOST:PORT) are needed")
	}
	_, err := Prefixes(p.Peers)
	return err
}

// Prefixes reads addresses and CIDR ranges.
func Prefixes(peers []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, p := range peers {
		if a, err := netip.ParseAddr(p); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		pre, err := netip.ParsePrefix(p)
		if err != nil {
			return nil, fmt.Errorf("peer %q is neither an address nor a range like 192.0.2.0/24", p)
		}
		out = append(out, pre.Masked())
	}
	return out, nil
}

// Range gives the first and last media port.
func (m Media) Range() (lo, hi uint16, err error) {
	first, last, _ := strings.Cut(m.Ports, "-")
	from, err := strconv.ParseUint(strings.TrimSpace(first), 10, 16)
	to, lerr := strconv.ParseUint(strings.TrimSpace(last), 10, 16)
	if lo, hi = uint16(from), uint16(to); err != nil || lerr != nil || lo < 1024 || hi <= lo+3 {
		return 0, 0, fmt.Errorf("configuration: media.ports %q is not a range like 20000-29999", m.Ports)
	}
	return lo, hi, nil
}

func subjectName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, s)
}
