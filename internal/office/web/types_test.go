package web

import (
	"encoding/json"
	"testing"

	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
)

// Every category has its official types, and every type has a text in both languages.
func TestOfficialTypes(t *testing.T) {
	k := newKit(t)
	status, raw := k.as(staff.Supervisor).raw("GET", "/types", nil)
	var v TypesView
	if err := json.Unmarshal(raw, &v); status != 200 || err != nil || len(v.Categories) != 18 {
		t.Fatalf("%d %v %s", status, err, raw)
	}
	for _, c := range v.Categories {
		if c.Category == judge.Sexual && (len(c.MHLW9) != 1 || c.MHLW9[0] != "mhlw9.sexual" || c.Tokyo[0] != "tokyo.sexual") {
			t.Errorf("%+v", c)
		}
	}
	for _, lang := range []string{"ja", "en"} {
		status, raw := k.nobody().raw("GET", "/texts/"+lang, nil)
		var texts map[string]string
		if err := json.Unmarshal(raw, &texts); status != 200 || err != nil {
			t.Fatal(status, err)
		}
		all := judge.Schemes()
		for _, scheme := range [][]judge.Type{all.MHLW9, all.MHLW2026, all.Tokyo} {
			for _, x := range scheme {
				if texts["type."+string(x)] == "" {
					t.Errorf("%s has no text for type.%s", lang, x)
				}
			}
		}
	}
}
