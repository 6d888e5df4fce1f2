package analyze

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"commusafe/internal/audio"
	"commusafe/internal/evidence"
)

var sound = filepath.Join("..", "demo", "sound")

// stereo writes both parties of a demonstration call as one 16-bit file.
func stereo(t *testing.T, name string) string {
	t.Helper()
	var ch [2][]int16
	for i, party := range []string{"caller", "agent"} {
		w, err := audio.ReadWAVFile(filepath.Join(sound, name+"-"+party+".wav"))
		if err != nil {
			t.Fatal(err)
		}
		ch[i] = w.Channels[0]
	}
	n := max(len(ch[0]), len(ch[1]))
	var b bytes.Buffer
	b.WriteString("RIFF\x00\x00\x00\x00WAVEfmt ")
	for _, v := range []any{uint32(16), uint16(1), uint16(2), uint32(8000), uint32(32000), uint16(4), uint16(16)} {
		binary.Write(&b, binary.LittleEndian, v)
	}
	b.WriteString("data")
	binary.Write(&b, binary.LittleEndian, uint32(4*n))
	for i := range n {
		for c := range ch {
			v := int16(0)
			if i < len(ch[c]) {
				v = ch[c][i]
			}
			binary.Write(&b, binary.LittleEndian, v)
		}
	}
	p := filepath.Join(t.TempDir(), "call.wav")
	if err := os.WriteFile(p, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTwoChannelsAndTwoFilesGiveTheSame(t *testing.T) {
	share := 0.0
	one, err := Run(t.Context(), Options{File: stereo(t, "threat"), Progress: func(s float64) { share = s }})
	if err != nil {
		t.Fatal(err)
	}
	two, err := Run(t.Context(), Options{File: filepath.Join(sound, "threat-caller.wav"), Agent: filepath.Join(sound, "threat-agent.wav")})
	if err != nil {
		t.Fatal(err)
	}
	if share != 1 {
		t.Errorf("progress ended at %v", share)
	}
	phrases := func(r *Report) (ids []string) {
		for _, it := range r.Items {
			if p, ok := it.(evidence.Phrase); ok {
				ids = append(ids, p.ID)
			}
		}
		return ids
	}
	if a, b := strings.Join(phrases(one), " "), strings.Join(phrases(two), " "); a != b || !strings.Contains(a, "THREAT-04") {
		t.Errorf("two channels: %s; two files: %s", a, b)
	}
	var text, object bytes.Buffer
	if err := one.Text(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"簡易検知(語句照合)", "文字起こしではありません", "発信者", "よみちにはきをつけろよ", "平静時比"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %s:\n%s", want, text.String())
		}
	}
	if err := one.JSON(&object); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Evidence []json.RawMessage
		Method   string
	}
	if err := json.Unmarshal(object.Bytes(), &got); err != nil || len(got.Evidence) != len(one.Items) || got.Method == "" {
		t.Errorf("%v: %s", err, object.String())
	}
	for _, e := range got.Evidence {
		if _, err := evidence.Unmarshal(e); err != nil {
			t.Errorf("%s: %v", e, err)
		}
	}
}

func TestUnreadableFileIsOneSentence(t *testing.T) {
	p := filepath.Join(t.TempDir(), "x.wav")
	if err := os.WriteFile(p, []byte("this is no sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{File: p}, {File: "/nowhere.wav"}, {File: filepath.Join(sound, "innocent.wav"), Agent: p},
		{File: filepath.Join(sound, "limited-caller.wav"), Engine: "nonsense"}} {
		if _, err := Run(t.Context(), o); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
