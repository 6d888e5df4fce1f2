package eval

import (
	"fmt"
	"os"
	"testing"
)

func TestPrint(t *testing.T) {
	set := os.Getenv("EVAL_SET")
	if set == "" {
		t.Skip()
	}
	for _, folds := range []int{0, 5} {
		var m *Text
		var err error
		if folds == 0 {
			m, err = RunText(set)
		} else {
			m, err = RunTextFolds(set, folds)
		}
		if err != nil {
			t.Fatal(err)
		}
		f, _ := os.Create(fmt.Sprintf("/tmp/judge-%d.txt", folds))
		for _, d := range m.Detail {
			fmt.Fprintf(f, "%s\t%s/%s\t%s\t", d.ID, d.Kind, d.Category, d.Level)
			for _, x := range d.Findings {
				fmt.Fprintf(f, "%s:%s:%s:%v ", x.Category, x.Entry, x.Level, x.Score)
			}
			for _, x := range d.Counter {
				fmt.Fprintf(f, "(%s:%s %s %v) ", x.Category, x.Entry, x.Because, x.Score)
			}
			fmt.Fprintf(f, "\t%v\t%s\n", d.Acts, d.Text)
		}
		f.Close()
		m.Table(os.Stdout)
	}
}
