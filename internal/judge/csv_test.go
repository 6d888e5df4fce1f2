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

// Every line that is wrong is named, and what can be read is there all the same.
func TestAllErrorsOfATableAtOnce(t *testing.T) {
	rows, bad := ReadCSV([]byte("category,id,surface,level,weight,off\nABUSE,A,あいう,S1,,\nABUSE,,かきく,S9,much,\n\nABUSE,C,\"さしす\"せ,S1,,\nABUSE,D,たちつ,S1,,2\nABUSE,E,なにぬ,S2,0.5,1\n"))
	want := []CSVError{{3, CSVMissing, ""}, {3, CSVLevel, "S9"}, {3, CSVWeight, "much"}, {5, CSVQuotes, ""}, {6, CSVOff, "2"}}
	if !reflect.DeepEqual(bad, want) {
		t.Errorf("%+v", bad)
	}
	if len(rows) != 2 || rows[0].Line != 2 || rows[1].Line != 7 || !rows[1].Entry.Off || rows[1].Entry.Weight != 0.5 {
		t.Errorf("%+v", rows)
	}
	if _, bad := ReadCSV([]byte("category,colour,id,id\n")); !reflect.DeepEqual(bad, []CSVError{{1, CSVColumn, "colour"}, {1, CSVTwice, "id"}}) {
		t.Errorf("%+v", bad)
	}
}

// Codes and numbers may be typed in full width, as a Japanese keyboard gives them.
func TestATableInFullWidth(t *testing.T) {
	got, err := ParseCSV([]byte("ｃａｔｅｇｏｒｙ，ｉｄ，surface，level，weight\nＡＢＵＳＥ，ＯＷＮ－１，とんちんかん，Ｓ２，０．５\n"))
	want := []Sheet{{Category: Abuse, Entries: []Entry{{ID: "OWN-1", Surface: "とんちんかん", Level: Warning, Weight: 0.5}}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v", got, err)
	}
}

// What is written is read back as it was.
func TestATableThereAndBack(t *testing.T) {
	want := []Sheet{{Category: Threat, Entries: []Entry{{ID: "OWN-1", Surface: "看板に，\"味噌\"", Reading: "かんばんにみそ", Forms: []string{"一つ", "二,つ"}, Level: Severe, Weight: 0.25,
		Negations: []string{"三つ"}, Note: "一行目\n二行目"}, {ID: "OWN-2", Surface: "あれこれ", Level: Caution, Off: true}}}}
	got, err := ParseCSV(WriteCSV(want))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v", got, err)
	}
}

func FuzzParseCSV(f *testing.F) {
	f.Add([]byte("category,id,surface,level\nABUSE,A,あいう,S1\n"))
	f.Add([]byte("category，id，surface，forms，level，off\r\nABUSE，A，\"あ，い\"，う、え;お，S1，1\r\n"))
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
		if strings.ContainsRune(string(b), '\r') {
			return // the reader has its own mind about line ends in cells
		}
		if again, err := ParseCSV(WriteCSV(sheets)); err != nil || !reflect.DeepEqual(again, sheets) {
			t.Errorf("%+v is written and read as %+v (%v)", sheets, again, err)
		}
	})
}
