package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"commusafe/internal/dialogue"
	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
	"commusafe/internal/policy"
)

// Every language has the same keys, and no sentence is empty.
func TestTheSameKeysInEveryLanguage(t *testing.T) {
	first, err := Texts(Languages()[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages()[1:] {
		other, err := Texts(lang)
		if err != nil {
			t.Fatal(err)
		}
		for key, text := range first {
			if other[key] == "" || text == "" {
				t.Errorf("%s is missing in %s, or empty", key, lang)
			}
		}
		for key := range other {
			if _, ok := first[key]; !ok {
				t.Errorf("%s is in %s only", key, lang)
			}
		}
	}
}

// Every member of the domain's closed sets has its words.
func TestEveryTermHasItsWords(t *testing.T) {
	ja, err := Texts("ja")
	if err != nil {
		t.Fatal(err)
	}
	want := func(prefix, value string) {
		t.Helper()
		if ja[prefix+"."+value] == "" {
			t.Errorf("%s.%s has no text", prefix, value)
		}
	}
	for _, c := range append(judge.Categories(), judge.Guards()...) {
		want("category", string(c))
	}
	for l := judge.None; l <= judge.Emergency; l++ {
		want("level", l.String())
	}
	for _, s := range stages() {
		want("stage", string(s))
	}
	for _, d := range actions() {
		want("action", string(d))
	}
	for _, r := range staff.Roles() {
		want("role", string(r))
	}
	for _, e := range dialogue.Exits() {
		want("bot.exit", string(e))
	}
	for _, topic := range dialogue.Topics() {
		want("bot.topic", string(topic))
	}
	for prefix, values := range map[string]string{
		"channel": "manner content persistence acoustic", "mode": "auto ask off", "preset": "watch ask auto",
		"command":  "warn announce voicebot rejoin cut wrong_flag hands_off resume final_answer help accommodation accommodation_kept",
		"line":     "ringing watching announcing bot rejoining cutting ended",
		"ended_by": "caller agent supervisor policy system", "party": "caller agent", "direction": "inbound outbound",
		"held": "emergency hands_off preset cap life_line desk", "withheld": "withheld payphone out_of_area unknown",
		"notice": "triggered escalated acknowledged resolved", "take": "team voicebot message refuse candidate", "voice_state": "waiting registered erased", "voice_erased": "lifted ended off", "limit": "proposed in_force ended lifted",
		"state": "sealed recovered broken", "incident": "new open closed", "outcome": "harassment complaint neither wrong_flag", "event": "level done propose", "right": "consultation_desk", "phase": "begun done failed",
	} {
		for v := range strings.FieldsSeq(values) {
			want(prefix, v)
		}
	}
	for _, why := range []string{judge.CSVNotUTF8, judge.CSVNoHeader, judge.CSVColumn, judge.CSVTwice, judge.CSVQuotes, judge.CSVCells, judge.CSVMissing, judge.CSVLevel, judge.CSVWeight, judge.CSVOff} {
		want("lexicon.issue", "csv_"+why)
	}
	for _, key := range []string{"kind.phrase", "source.builtin"} {
		if ja[key] != "簡易検知(語句照合)" {
			t.Errorf("%s is %q; what the spotter heard is labelled 簡易検知(語句照合)", key, ja[key])
		}
	}
}

var catalogueKey = regexp.MustCompile(`^(error|because|trail|engine|gap|lexicon\.issue)\.[a-z0-9_]+$`)

// Every key that the code of judge, edge, listener and office names stands in the catalogue.
func TestEveryKeyThatTheCodeNames(t *testing.T) {
	ja, err := Texts("ja")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, dir := range []string{"../../judge", "../../edge", "..", ".", "../settings", "../lexicon", "../opinion", "../staff", "../limits", "../intake", "../notify", "../after", "../trial", "../incident", "../voices", "../store", "../../policy", "../../folder", "../../listener",
		"../../listener/hear", "../../../cmd/commusafe"} {
		more, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	seen := 0
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			key, err := strconv.Unquote(lit.Value)
			if err != nil || !catalogueKey.MatchString(key) {
				return true
			}
			seen++
			if ja[key] == "" {
				t.Errorf("%s names %s, which has no text", path, key)
			}
			return true
		})
	}
	for _, name := range policy.FactNames() {
		if ja["fact."+name] == "" {
			t.Errorf("fact.%s has no text", name)
		}
	}
	if seen < 15 {
		t.Errorf("only %d keys found in the code", seen)
	}
}
