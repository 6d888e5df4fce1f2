package judge

import (
	"reflect"
	"strings"
	"testing"
)

// A table as a spreadsheet writes it: byte order mark, full-width commas, several forms in a cell.
func TestALexiconFromASpreadsheet(t *testing.T) {
	got, err := ParseCSV([]byte("\xef\xbb\xbfcategory，id，surface，forms，level，note\r\nABUSE，OWN-1，とんちんかん，\"とんちんかんめ、この，とんちんかん\"，S1，自社\r\n,,,,,\r\nG-BUS,OWN-2,業務の語,,,\r\n"))
	want := []Sheet{{Category: Abuse, Entries: []Entry{{ID: "OWN-1", Surface: "とんちんかん", Forms: []string{"とんちんかんめ", "この，とんちんかん"}, Level: Caution, Note: "自社"}}},
		{Category: GBus, Entries: []Entry{{ID: "OWN-2", Surface: "業務の語"}}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v", got, err)
	}
}

func TestAWrongTableNamesTheLine(t *testing.T) {
	for want, table := range map[string]string{
		"line 1: column \"colour\"": "category,id,colour\n",
		"line 2: category and id":   "category,id,surface,level\n,X,あいう,S1\n",
		"line 3: level":             "category,id,surface,level\nABUSE,A,あいう,S1\nABUSE,B,かきく,S9\n",
		"not UTF-8":                 "category,id\n\x83\x5c",
		"id A is used twice":        "category,id,surface,level\nABUSE,A,あいう,S1\nABUSE,A,かきく,S1\n",
		"line 2: 5 cells":           "category,id,surface,level\nABUSE,A,あいう,S1,x\n",
		"no header":                 "",
	} {
		if _, err := ParseCSV([]byte(table)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func FuzzParseCSV(f *testing.F) {
	f.Add([]byte("category,id,surface,level\nABUSE,A,あいう,S1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		sheets, err := ParseCSV(b)
		if err != nil {
			return
		}
		for _, s := range sheets {
			if len(s.Entries) == 0 {
				t.Error("a sheet without entries")
			}
		}
	})
}
