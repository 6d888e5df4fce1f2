package e2e

import (
	"bytes"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"commusafe/internal/audio"
)

// buildBinary gives the product's binary.
func buildBinary(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("needs the whole product; not in -short")
	}
	binary := filepath.Join(t.TempDir(), "commusafe")
	if out, err := exec.Command("go", "build", "-o", binary, "commusafe/cmd/commusafe").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return binary
}

// files lists everything below a directory with its size.
func files(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && !d.IsDir() {
			out.WriteString(path + " " + info.ModTime().String() + "\n")
		} else if err == nil {
			out.WriteString(path + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Whatever is wrong with what a person gives, the answer is one sentence that says what and where, the exit code is not
// 0, and nothing is left behind.
func TestBadInputGetsOneSentence(t *testing.T) {
	binary, dir := buildBinary(t), t.TempDir()
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	taken, free1, free2, free3 := udp.LocalAddr().String(), free(t, "udp"), free(t, "tcp"), free(t, "tcp")
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wav := func(tag, channels, rate, bits byte) string {
		return "RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00" + string([]byte{tag, 0, channels, 0, 0x40, rate, 0, 0, 0, 0, 0, 0, 2, 0, bits, 0}) + "data\x08\x00\x00\x00" + strings.Repeat("\x00", 8)
	}
	put("noise.wav", strings.Repeat("no sound at all ", 40))
	put("half.wav", "RIFF\x24\x00\x00\x00WAVEfmt ")
	put("mp3.wav", wav(0x55, 1, 0x1f, 16))
	put("three.wav", wav(1, 3, 0x1f, 16)+strings.Repeat("\x00", 600))
	if err := audio.WriteG711File(filepath.Join(dir, "good.wav"), audio.PCMU, tone(callerTone, 100e6)); err != nil {
		t.Fatal(err)
	}
	put("set.jsonl", "{\"id\":\"a\",\"kind\":\"positive\",\"text\":\"x\"}\nnot json\n")
	put("key.yaml", "site: a\nsip:\n  lisen: [\"udp:127.0.0.1:5060\"]\n")
	put("ports.yaml", "media: {ports: 9-4}\n")
	put("sip.yaml", "data_dir: ./sip\nsip: {listen: [\"udp:"+taken+"\"]}\noffice: {listen: \""+free2+"\"}\nedge: {health: \""+free3+"\"}\nlistener: {health: \"127.0.0.1:0\"}\n")
	put("console.yaml", "data_dir: ./console\nsip: {listen: [\"udp:"+free1+"\"]}\noffice: {listen: \""+tcp.Addr().String()+"\"}\nedge: {health: \""+free3+"\"}\nlistener: {health: \"127.0.0.1:0\"}\n")
	if err := os.MkdirAll(filepath.Join(dir, "folder"), 0o750); err != nil {
		t.Fatal(err)
	}
	put("folder/journal.jsonl", "{\"seq\":0}\n{\"seq\":")
	for _, c := range []struct {
		args string
		code int
		says []string
	}{
		{"analyze noise.wav", 1, []string{"noise.wav", "not a WAV file"}},
		{"analyze half.wav", 1, []string{"half.wav"}},
		{"analyze mp3.wav", 1, []string{"mp3.wav", "format 85"}},
		{"analyze three.wav", 1, []string{"three.wav", "3 channels"}},
		{"analyze missing.wav", 1, []string{"missing.wav", "no such file"}},
		{"phone call sip:1@127.0.0.1:9 --play noise.wav --record out.wav", 1, []string{"noise.wav", "not a WAV file"}},
		{"phone call sip:1@127.0.0.1:9 --codec G729", 2, // a wrong flag
			[]string{"G729"}},
		{"phone answer --listen " + taken, 1, []string{taken, "in use by another program"}},
		{"verify folder", 1, []string{"folder", "open"}},
		{"verify good.wav", 1, []string{"good.wav"}},
		{"replay folder", 1, []string{"folder", "line"}},
		{"replay noise.wav", 1, []string{"noise.wav", "not a WAV file"}},
		{"replay --preset auto folder", 1, []string{"folder", "line"}},
		{"replay --rules key.yaml folder", 2, []string{"key.yaml", "unknown field"}},
		{"replay --lexicon folder folder", 2, []string{"folder", "no YAML file"}},
		{"replay", 2, []string{"call folder", "--examples"}},
		{"replay nothing", 1, []string{"nothing", "not a call folder"}},
		{"eval text --set set.jsonl", 2, []string{"set.jsonl:2"}},
		{"eval text --set missing.jsonl", 2, []string{"missing.jsonl"}},
		{"eval text --set missing.jsonl --bogus", 2, []string{"--bogus"}},
		{"eval text", 2, []string{"--set"}},
		{"eval spot --set missing.tsv --phrases missing.txt", 2, []string{"commusafe: input: open "}},
		{"bench nothing", 2, []string{"nothing"}},
		{"--config key.yaml check", 1, []string{"key.yaml", "3:3", "lisen"}},
		{"--config key.yaml serve", 1, []string{"key.yaml", "3:3", "lisen"}},
		{"--config ports.yaml check", 1, []string{"media.ports"}},
		{"--config missing.yaml check", 1, []string{"missing.yaml"}},
		{"--config sip.yaml serve", 1, []string{"sip.listen", taken, "in use by another program"}},
		{"--config console.yaml serve", 1, []string{"office.listen", tcp.Addr().String(), "in use by another program"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			before := files(t, dir)
			cmd := exec.Command(binary, strings.Fields(c.args)...)
			cmd.Dir = dir
			var said bytes.Buffer
			cmd.Stderr = &said
			err := cmd.Run()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != c.code {
				t.Errorf("exit code: %v, want %d", err, c.code)
			}
			sentence, excerpt, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
			if !strings.HasPrefix(sentence, "commusafe: ") || strings.Contains(said.String(), "panic") || excerpt != "" && !strings.Contains(excerpt, "^") {
				t.Errorf("not one sentence:\n%s", said.String())
			}
			for _, want := range c.says {
				if !strings.Contains(sentence, want) {
					t.Errorf("it does not say %q: %s", want, sentence)
				}
			}
			if after := files(t, dir); after != before {
				t.Errorf("something is left behind:\n%s\nbefore:\n%s", after, before)
			}
		})
	}
}

// A configuration that is in order may name an engine that will not hear: check says so, without the key and with no error.
func TestCheckSaysWhichEngineWillNotHear(t *testing.T) {
	binary, path := buildBinary(t), filepath.Join(t.TempDir(), "amivoice.yaml")
	if err := os.WriteFile(path, []byte("listener: {engines: [builtin, amivoice], amivoice: {url: 'wss://a.test/', key_env: A_KEY}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"": "amivoice engine will not hear", "secret-word": ""} {
		cmd := exec.Command(binary, "--config", path, "check")
		cmd.Env = append(os.Environ(), "A_KEY="+key)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) || want == "" && strings.Contains(string(out), "will not hear") || strings.Contains(string(out), "secret-word") {
			t.Errorf("key %q: %v\n%s", key, err, out)
		}
	}
}

// One damaged record doesn't take the list of models away.
func TestADamagedModelIsListed(t *testing.T) {
	binary, dir := buildBinary(t), t.TempDir()
	model := filepath.Join(dir, "models", "vad")
	if err := errors.Join(os.MkdirAll(model, 0o700), os.WriteFile(filepath.Join(model, "installed.json"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "models", "list")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "COMMUSAFE_DATA_DIR="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "damaged") || !strings.Contains(string(out), "asr-ja-reazon") {
		t.Errorf("%v\n%s", err, out)
	}
}
