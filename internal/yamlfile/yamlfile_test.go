package yamlfile

import (
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	var v struct {
		Name  string   `yaml:"name"`
		Parts []string `yaml:"parts"`
	}
	if err := Decode([]byte("name: a\nparts: [b, c]\n"), &v); err != nil || v.Name != "a" || len(v.Parts) != 2 {
		t.Errorf("%+v %v", v, err)
	}
	for _, nothing := range []string{"", "\n", "# name: b\n", "---\n"} {
		if err := Decode([]byte(nothing), &v); err != nil || v.Name != "a" {
			t.Errorf("%q: %+v %v", nothing, v, err)
		}
	}
	if err := Decode([]byte("\uFEFFname: c\n"), &v); err != nil || v.Name != "c" {
		t.Errorf("with a byte order mark: %+v %v", v, err)
	}
	for name, b := range map[string]string{"Shift_JIS": "name: a\nparts: [\x82\xa0]\n", "UTF-16": "\xff\xfe\n\x00"} {
		if err := Decode([]byte(b), &v); err == nil || !strings.Contains(err.Error(), "save the file as UTF-8") || (name == "Shift_JIS") != strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Decode([]byte("name: a\nother: b\n"), &v); err == nil || !strings.Contains(err.Error(), "2:1") {
		t.Errorf("an unknown key: %v", err)
	}
	if err := Decode([]byte("parts:\n  ! 000000000000000000"), &v); err == nil {
		t.Error("a file on which the parser breaks is no error")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("name: a\nparts: [b, c]\n"))
	f.Add([]byte("parts:\n  ! 000000000000000000"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		var v struct {
			Name  string            `yaml:"name"`
			Parts []string          `yaml:"parts"`
			More  map[string]string `yaml:"more"`
		}
		_ = Decode(b, &v)
	})
}
