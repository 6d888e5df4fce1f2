package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func load(t *testing.T, text string) (Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "commusafe.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path)
}

func TestAFileStandsOverTheDefaults(t *testing.T) {
	t.Setenv("COMMUSAFE_OFFICE_LISTEN", "127.0.0.1:9090")
	c, err := load(t, "site: osaka\nsip:\n  trunks:\n    - {name: hikari, peers: [192.0.2.0/24], called_from: to, codecs: [PCMU]}\n")
	if err != nil {
		t.Fatal(err)
	}
	if c.Site != "osaka" || c.SIP.Trunks[0].CalledFrom != "to" || c.Media.Ports != "20000-29999" || c.Office.Listen != "127.0.0.1:9090" || !c.SIP.Trunks[0].TrustsIdentity() {
		t.Errorf("%+v", c)
	}
	if len(c.SIP.Listen) != 2 || !filepath.IsAbs(c.DataDir) {
		t.Errorf("%+v", c)
	}
}

// Each mistake is named with its key, and an unknown key with its line.
func TestMistakesAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"site: a\nsipp: {}\n":                                                                          "[2:1] unknown field \"sipp\"",
		"media:\n  ports: 5\n":                                                                         "media.ports",
		"sip:\n  listen: [udp:somewhere]\n":                                                            "sip.listen",
		"sip:\n  trunks: [{name: x, peers: [no]}]\n":                                                   "sip.trunks[0]",
		"sip:\n  trunks: [{name: x, peers: [127.0.0.1], codecs: [G729]}]\n":                            "G729",
		"sip:\n  trunks: [{name: x, peers: [127.0.0.1], refuse_code: 200}]\n":                          "refuse_code 200",
		"sip:\n  pbx: [{name: x, target: 'tel:1'}]\n":                                                  "sip.pbx[0]",
		"log: {level: loud}\n":                                                                         "log.level",
		"listener: {engines: [magic]}\n":                                                               "magic",
		"listener: {engines: [sherpa]}\n":                                                              "begins with builtin",
		"listener: {engines: [builtin, builtin]}\n":                                                    "twice",
		"listener: {engines: [builtin, sherpa]}\n":                                                     "listener.sherpa.model is missing",
		"listener: {engines: [builtin, sherpa], sherpa: {model: x, workers: 0}}\n":                     "listener.sherpa.workers",
		"listener: {engines: [builtin, sherpa], sherpa: {model: x, parties: [both]}}\n":                "listener.sherpa.parties",
		"listener: {engines: [builtin, amivoice], amivoice: {url: 'ws://10.0.0.1/', key_env: K}}\n":    "url: the address needs wss://",
		"listener: {engines: [builtin, amivoice], amivoice: {url: 'wss://a.test/'}}\n":                 "key_file or key_env",
		"listener: {engines: [builtin, amivoice], amivoice: {url: 'wss://u:p@a.test/', key_env: K}}\n": "url: the address is not like",
		"office: {transcribe: {url: 'http://a.test/', model: m}}\n":                                    "office.transcribe.url: the address needs https://",
		"office: {transcribe: {url: 'https://a.test/'}}\n":                                             "office.transcribe.model",
		"site: [\n":                                    "1:",
		"office: {listen: nowhere}\n":                  "office.listen",
		"sip: {drain: -5}\n":                           "sip.drain",
		"media: {ports: 20000-29999x}\n":               "media.ports",
		"bus: {port: 99999}\n":                         "bus.port",
		"office: {database: 'mysql://db/commusafe'}\n": "office.database",
	} {
		if _, err := load(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want %q, got %v", text, want, err)
		}
	}
	t.Setenv("COMMUSAFE_SIP_DRIAN", "1")
	if _, err := load(t, ""); err == nil || !strings.Contains(err.Error(), "COMMUSAFE_SIP_DRIAN") {
		t.Errorf("an unknown variable: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("site: a\nsip: {drain: 5}\n")
	f.Fuzz(func(t *testing.T, s string) {
		c := Default()
		if c.read([]byte(s)) == nil && c.Check() == nil && c.Site == "" {
			t.Error("a configuration without a site passed")
		}
	})
}

// The example file is complete and says the defaults.
func TestTheExampleIsComplete(t *testing.T) {
	b, err := os.ReadFile("../../docs/commusafe.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c := Config{}
	if err := c.read(b); err != nil {
		t.Fatal(err)
	}
	if err := c.Check(); err != nil {
		t.Error(err)
	}
	d := Default()
	d.Edge.Name, d.Office.Transcribe.Language = c.Edge.Name, "ja" // of the machine; where none is named
	d.SIP.Trunks = c.SIP.Trunks                                   // telephony has their defaults
	var walk func(key string, is, want reflect.Value)
	walk = func(key string, is, want reflect.Value) {
		for i := range is.NumField() {
			tag := is.Type().Field(i).Tag.Get("yaml")
			switch f := is.Field(i); {
			case tag == "-":
			case !strings.Contains(string(b), tag+":"):
				t.Errorf("the example lacks %s%s", key, tag)
			case f.Kind() == reflect.Struct:
				walk(key+tag+".", f, want.Field(i))
			case !reflect.DeepEqual(f.Interface(), want.Field(i).Interface()):
				t.Errorf("%s%s is %v in the example, its default is %v", key, tag, f, want.Field(i))
			}
		}
	}
	walk("", reflect.ValueOf(c), reflect.ValueOf(d))
	for _, key := range []string{"peers", "called_from", "codecs", "refuse_code", "trust_identity", "target"} { // of the lists
		if !strings.Contains(string(b), key+":") {
			t.Errorf("the example lacks %s", key)
		}
	}
}

// Who belongs to the group may read what is below data_dir, at each start alike.
func TestDataDirIsTheSameEachTime(t *testing.T) {
	for range 30 {
		c := Config{DataDir: filepath.Join(t.TempDir(), "var")}
		if err := c.Prepare(); err != nil {
			t.Fatal(err)
		}
		if i, err := os.Stat(c.DataDir); err != nil || i.Mode().Perm() != 0o750 {
			t.Fatalf("%v %v", i.Mode(), err)
		}
	}
}

// A configuration file with nothing in it but comments is that of the defaults.
func TestAFileOfCommentsLeavesTheDefaults(t *testing.T) {
	for _, nothing := range []string{"", "# site: osaka\n"} {
		if c, err := load(t, nothing); err != nil || c.Site != Default().Site {
			t.Errorf("%q: site %q, %v", nothing, c.Site, err)
		}
	}
}
