package policy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	celerrors "cel.dev/cel-go/common"

	"commusafe/internal/call"
	"commusafe/internal/judge"
)

// A Criterion is a rule of the centre's own: when its condition holds, a finding stands in the judgement, of S2 at most. It
// tells people. It makes no strike, so it never speaks, cuts or limits; and while a reason not to act was heard, or an
// accommodation was asked for, it does not count at all.
type Criterion struct {
	Name     string         `json:"name"`
	When     string         `json:"when"` // CEL, true or false, over the facts of FactNames
	Category judge.Category `json:"category"`
	Level    judge.Level    `json:"level"` // S1 or S2
	Off      bool           `json:"off,omitempty"`
}

// Bounds of criteria.
const (
	mostCriteria = 50
	longestWhen  = 1000  // letters
	costLimit    = 10000 // of one evaluation; there are no loops, so this is far above what a condition needs
	deepest      = 32    // brackets in brackets: checking lists in lists takes time with their third power, and every call checks anew
)

// A CriterionProblem is something wrong with a criterion, with its place in the condition where it has one.
type CriterionProblem struct {
	Criterion int    `json:"criterion"` // counted from 0
	Line      int    `json:"line,omitempty"`
	Column    int    `json:"column,omitempty"` // counted from 1
	Key       string `json:"key"`              // of the text catalogue
	What      string `json:"what,omitempty"`   // what the sentence is about: a name, an operator with its types, the parser's own words
}

// Error says it in one English line, for the command line; the screens have their sentences in the catalogue.
func (p CriterionProblem) Error() string {
	said := map[string]string{
		"error.criterion_many": "there may be %s criteria", "error.criterion_name": "a name of up to 80 letters is needed", "error.criterion_twice": "the name %s is used twice",
		"error.criterion_category": "category %q is not one of the eighteen", "error.criterion_level": "level %s is not S1 or S2", "error.criterion_empty": "a condition is needed",
		"error.criterion_long": "a condition may have %s letters", "error.criterion_bool": "the condition must be true or false, it is %s", "error.criterion_unknown": "%s is not a name that can be used",
		"error.criterion_types": "things of different kinds are put together: %s", "error.criterion_syntax_at": "it is not written correctly at %s", "error.criterion_syntax_end": "the condition ends in the middle",
		"error.criterion_syntax": "it is not written correctly: %s", "error.criterion_other": "it can't be used: %s",
	}[p.Key]
	if strings.Contains(said, "%") {
		said = fmt.Sprintf(said, p.What)
	}
	if p.Line > 0 {
		return fmt.Sprintf("criterion %d, line %d, letter %d: %s", p.Criterion+1, p.Line, p.Column, said)
	}
	return fmt.Sprintf("criterion %d: %s", p.Criterion+1, said)
}

// FactNames are the names that a condition may use, in the order of the screen. All are whole numbers but categories, a
// list of codes, and quiet.
func FactNames() []string {
	return []string{"level", "minutes", "strikes", "categories", "stalemate_minutes", "again", "refused_end", "on_matter", "matter_today", "calls_today", "quiet"}
}

// byTime are the names whose facts change as time goes by.
var byTime = regexp.MustCompile(`\b(stalemate_)?minutes\b`)

func environment() (*cel.Env, error) {
	var o []cel.EnvOption
	for _, name := range FactNames() {
		t := cel.IntType
		switch name {
		case "categories":
			t = cel.ListType(cel.StringType)
		case "quiet":
			t = cel.BoolType
		}
		o = append(o, cel.Variable(name, t))
	}
	return cel.NewEnv(append(o, cel.ClearMacros(), cel.ParserRecursionLimit(deepest))...) // no macros, no loops
}

// Criteria are the criteria of a centre made ready. They don't change and may be used by many goroutines.
type Criteria struct {
	all   []Criterion
	ready []cel.Program
	Timed bool // time alone can change what holds
}

// CompileCriteria makes criteria ready, or gives everything that is wrong with them at once.
func CompileCriteria(all []Criterion) (*Criteria, []CriterionProblem) {
	out := &Criteria{}
	if len(all) == 0 {
		return out, nil
	}
	env, err := environment()
	if err != nil {
		return out, []CriterionProblem{{Key: "error.criterion_other", What: err.Error()}}
	}
	var bad []CriterionProblem
	names := map[string]bool{}
	for i, c := range all {
		add := func(key, what string) { bad = append(bad, CriterionProblem{Criterion: i, Key: key, What: what}) }
		switch {
		case i >= mostCriteria:
			add("error.criterion_many", fmt.Sprint(mostCriteria))
			return out, bad
		case strings.TrimSpace(c.Name) == "" || utf8.RuneCountInString(c.Name) > 80:
			add("error.criterion_name", "")
		case names[c.Name]:
			add("error.criterion_twice", c.Name)
		}
		names[c.Name] = true
		if !slices.Contains(judge.Categories(), c.Category) {
			add("error.criterion_category", string(c.Category))
		}
		if c.Level != judge.Caution && c.Level != judge.Warning {
			add("error.criterion_level", c.Level.String())
		}
		p, problems := program(env, c.When)
		for _, x := range problems {
			x.Criterion = i
			bad = append(bad, x)
		}
		if p != nil && !c.Off {
			out.all, out.ready, out.Timed = append(out.all, c), append(out.ready, p), out.Timed || byTime.MatchString(c.When)
		}
	}
	return out, bad
}

// program checks one condition and makes it ready.
func program(env *cel.Env, when string) (cel.Program, []CriterionProblem) {
	switch n := utf8.RuneCountInString(when); {
	case strings.TrimSpace(when) == "":
		return nil, []CriterionProblem{{Key: "error.criterion_empty"}}
	case n > longestWhen:
		return nil, []CriterionProblem{{Key: "error.criterion_long", What: fmt.Sprint(longestWhen)}}
	}
	ast, issues := env.Compile(when)
	if issues != nil && issues.Err() != nil {
		var out []CriterionProblem
		for _, e := range issues.Errors() {
			out = append(out, problemOf(e))
		}
		return nil, out
	}
	if ast.OutputType() != cel.BoolType {
		return nil, []CriterionProblem{{Line: 1, Column: 1, Key: "error.criterion_bool", What: ast.OutputType().String()}}
	}
	p, err := env.Program(ast, cel.CostLimit(costLimit), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, []CriterionProblem{{Key: "error.criterion_other", What: err.Error()}}
	}
	return p, nil
}

var (
	undeclared = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	overload   = regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '(.*)'$`)
	syntax     = regexp.MustCompile(`^Syntax error: (.*)`)
	nearby     = regexp.MustCompile(`^Syntax error: (?:mismatched|extraneous|no viable alternative at) input '(.*?)'(?: expecting| at|$)|^Syntax error: token recognition error at: '(.*)'$`)
)

// problemOf puts what the checker says into a sentence of the catalogue. What it has no sentence for comes in its own words.
func problemOf(e *celerrors.Error) CriterionProblem {
	p := CriterionProblem{Line: e.Location.Line(), Column: e.Location.Column() + 1, Key: "error.criterion_other", What: e.Message}
	if m := undeclared.FindStringSubmatch(e.Message); m != nil {
		p.Key, p.What = "error.criterion_unknown", m[1]
	} else if m := overload.FindStringSubmatch(e.Message); m != nil {
		p.Key, p.What = "error.criterion_types", strings.Trim(m[1], "_")+" "+m[2]
	} else if m := nearby.FindStringSubmatch(e.Message); m != nil {
		if p.Key, p.What = "error.criterion_syntax_at", m[1]+m[2]; strings.HasSuffix(p.What, "<EOF>") {
			p.Key, p.What = "error.criterion_syntax_end", ""
		}
	} else if m := syntax.FindStringSubmatch(e.Message); m != nil {
		p.Key, p.What = "error.criterion_syntax", m[1]
	}
	return p
}

// becauseCriterion is the key of the sentence for what a criterion found.
const becauseCriterion = "because.criterion"

// withoutCriteria gives the findings of the judge: what the centre's own criteria found only tells people.
func withoutCriteria(j judge.Judgement) []judge.Finding {
	return slices.DeleteFunc(slices.Clone(j.Findings), func(f judge.Finding) bool { return f.Because == becauseCriterion })
}

// forPeople tells whether a finding only tells people.
func forPeople(f judge.Finding) bool { return f.Because == becauseCriterion || f.ForPeople() }

// acts is the level on which the machine may act.
func acts(j judge.Judgement) judge.Level {
	if !slices.ContainsFunc(j.Findings, forPeople) {
		return j.Level
	}
	level := judge.None
	for _, f := range j.Findings {
		if !forPeople(f) {
			level = max(level, f.Level)
		}
	}
	return level
}

// Apply gives the judgement with a finding for each criterion that holds. since has the time from which each has held, by
// index; it belongs to the call. A condition that can't be evaluated does not hold.
func (c *Criteria) Apply(j judge.Judgement, f judge.Facts, since map[int]call.Millis, hold call.Millis) judge.Judgement {
	if c == nil || len(c.ready) == 0 {
		return j
	}
	_, guarded := j.GuardedSince(j.AtMS - hold)
	facts := variables(j, f)
	for i, p := range c.ready {
		v, _, err := p.Eval(facts)
		holds := err == nil && v.Value() == true && !guarded && !j.Accommodation
		if !holds {
			delete(since, i)
			continue
		}
		at, ok := since[i]
		if !ok {
			at = j.AtMS
			since[i] = at
		}
		k := c.all[i]
		j.Findings = append(slices.Clip(j.Findings), judge.Finding{Category: k.Category, Channel: k.Category.Channel(), Level: k.Level, Words: k.Name,
			Because: becauseCriterion, FromMS: at, ToMS: at, Source: "criterion"})
		j.Level = max(j.Level, k.Level)
	}
	slices.SortStableFunc(j.Findings, func(a, b judge.Finding) int { return int(b.Level) - int(a.Level) })
	if next := (j.AtMS/60000 + 1) * 60000; c.Timed && (j.NextMS == 0 || next < j.NextMS) {
		j.NextMS = next
	}
	return j
}

func variables(j judge.Judgement, f judge.Facts) map[string]any {
	strikes := 0
	for _, k := range j.Strikes {
		if !k.Statistical {
			strikes++
		}
	}
	categories := []string{}
	for _, x := range j.Findings {
		if c := x.Known(); c != "" {
			categories = append(categories, string(c))
		}
	}
	return map[string]any{"level": int(j.Level), "minutes": int(j.AtMS / 60000), "strikes": strikes, "categories": categories, "stalemate_minutes": f.StalemateMinutes,
		"again": f.Again, "refused_end": f.RefusedEnd, "on_matter": f.OnMatter, "matter_today": f.MatterToday, "calls_today": f.CallsToday, "quiet": j.Quiet}
}

// checkCriteria gives everything that is wrong with criteria as one error.
func checkCriteria(all []Criterion) error {
	_, bad := CompileCriteria(all)
	if len(bad) == 0 {
		return nil
	}
	var said []string
	for _, p := range bad {
		said = append(said, p.Error())
	}
	return errors.New(strings.Join(said, "; "))
}
