package judge

import (
	"reflect"
	"testing"
)

// Each field of a judgement and of what stands in it makes another judgement of it, the time at which it was made alone not.
func TestSaysLooksAtEveryField(t *testing.T) {
	full := Judgement{Findings: make([]Finding, 1), Counter: make([]Finding, 1), Strikes: make([]Strike, 1)}
	if same := (Judgement{Findings: make([]Finding, 1), Counter: make([]Finding, 1), Strikes: make([]Strike, 1)}); !full.Says(same) {
		t.Fatal("two judgements that are alike don't say the same")
	}
	n := 0
	differs := func(where string, of func(*Judgement) reflect.Value) {
		shape := of(&full).Type()
		for i := range shape.NumField() {
			changed := Judgement{Findings: make([]Finding, 1), Counter: make([]Finding, 1), Strikes: make([]Strike, 1)}
			change(t, of(&changed).Field(i))
			if name := shape.Field(i).Name; changed.Says(full) != (where == "" && name == "AtMS") {
				t.Errorf("%s%s: another value says the same: %v", where, name, changed.Says(full))
			}
			n++
		}
	}
	differs("", func(j *Judgement) reflect.Value { return reflect.ValueOf(j).Elem() })
	differs("findings ", func(j *Judgement) reflect.Value { return reflect.ValueOf(&j.Findings[0]).Elem() })
	differs("counter ", func(j *Judgement) reflect.Value { return reflect.ValueOf(&j.Counter[0]).Elem() })
	differs("strikes ", func(j *Judgement) reflect.Value { return reflect.ValueOf(&j.Strikes[0]).Elem() })
	if n < 35 {
		t.Errorf("only %d fields were looked at", n)
	}
}

// change gives a field a value that it did not have.
func change(t *testing.T, f reflect.Value) {
	t.Helper()
	switch f.Kind() {
	case reflect.Bool:
		f.SetBool(!f.Bool())
	case reflect.Int, reflect.Int64:
		f.SetInt(f.Int() + 1)
	case reflect.Float64:
		f.SetFloat(f.Float() + 1)
	case reflect.String:
		f.SetString(f.String() + "x")
	case reflect.Slice:
		f.Set(reflect.Append(f, reflect.Zero(f.Type().Elem())))
	default:
		t.Fatalf("a field of a kind that this test does not know: %s", f.Type())
	}
}
