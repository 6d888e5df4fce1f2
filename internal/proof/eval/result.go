package eval

import (
	"encoding/json"
	"io"
	"maps"
)

// A Result is one measure's account, ready to be printed as the object that every measure prints.
type Result struct {
	Measure  string
	Versions map[string]string
	Rows     any
	Total    any
	More     map[string]any // what this measure has beside
}

// JSON writes the result as one object.
func (r Result) JSON(out io.Writer, program string, input Input) error {
	all := map[string]any{"measure": r.Measure, "program": "commusafe " + program, "versions": r.Versions,
		"machine": ThisMachine(), "input": input, "rows": r.Rows, "total": r.Total}
	maps.Copy(all, r.More)
	return json.NewEncoder(out).Encode(all)
}
