package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"commusafe/internal/bus"
	"commusafe/internal/config"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/office"
	"commusafe/internal/policy"
	"commusafe/internal/proof/analyze"
	"commusafe/internal/replay"
	"commusafe/internal/yamlfile"
)

// ReplayCmd judges calls once more: to prove them, or to try other rules on them.
type ReplayCmd struct {
	Paths    []string `arg:"" optional:"" help:"Call folders, directories of them, or WAV files." type:"path"`
	Settings string   `help:"Settings snapshot with the lexicon of that time (default: the one kept below data_dir, else the shipped one)." type:"path"`
	Preset   string   `help:"Try another preset: watch, ask or auto." enum:",watch,ask,auto" default:""`
	Rules    string   `help:"Try other rules: a YAML file with the fields that change, below rules: and thresholds:." type:"existingfile"`
	Lexicon  string   `help:"Try another lexicon: a directory with one YAML file a category." type:"existingdir"`
	Trade    []string `placeholder:"NAME" help:"Try the packs of these trades, apart by commas; all for every one, none for none."`
	Examples bool     `help:"Try the moments that people have flagged as wrong, from the office's database."`
	JSON     bool     `name:"json" help:"Print one JSON object a line."`
}

// Run fails when a judgement or plan comes out otherwise than the journal says, or, with --examples, when the rules get
// an example wrong. Trying a change never fails because something would differ.
func (c *ReplayCmd) Run(ctx context.Context, cli *commands) error {
	if len(c.Paths) == 0 && !c.Examples {
		return fmt.Errorf("%w: give a call folder, a directory of call folders or a WAV file, or --examples", errUsage)
	}
	rules, policies, err := c.rules(cli)
	if err != nil {
		return err
	}
	change, changes, err := c.change()
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if c.Examples {
		return c.examples(ctx, cli, rules, change)
	}
	dirs, files, err := c.targets()
	if err != nil {
		return err
	}
	if !changes && len(files) == 0 {
		return c.prove(dirs, rules)
	}
	return c.try(ctx, dirs, files, rules, policies, change)
}

// targets finds what the paths name.
func (c *ReplayCmd) targets() (dirs, files []string, err error) {
	for _, p := range c.Paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, nil, fmt.Errorf("%s is not a call folder, a directory of call folders or a WAV file: %w", p, err)
		}
		if !info.IsDir() {
			files = append(files, p)
			continue
		}
		if _, err := os.Stat(filepath.Join(p, folder.JournalFile)); err == nil {
			dirs = append(dirs, p)
			continue
		}
		below, err := folder.All(p)
		if err != nil {
			return nil, nil, err
		}
		sounds, err := filepath.Glob(filepath.Join(p, "*.wav"))
		if err != nil {
			return nil, nil, err
		}
		if len(below)+len(sounds) == 0 {
			return nil, nil, fmt.Errorf("%s is not a call folder, and has neither call folders nor WAV files in it", p)
		}
		dirs, files = append(dirs, below...), append(files, sounds...)
	}
	return dirs, files, nil
}

// prove replays folders with nothing changed: the same bytes must come out.
func (c *ReplayCmd) prove(dirs []string, rules *judge.Rules) error {
	var sum replay.Result
	for _, dir := range dirs {
		r, err := replay.Folder(dir, rules)
		if err != nil {
			return err
		}
		if c.JSON {
			for _, o := range r.Again {
				if err := json.NewEncoder(os.Stdout).Encode(o); err != nil {
					return err
				}
			}
		}
		if r.Differs != "" {
			return fmt.Errorf("%s: %s", dir, r.Differs)
		}
		for _, d := range r.Dialogues {
			fmt.Fprintf(os.Stderr, "voicebot: left by %s after %d questions, repeated at most %d times; %.1f s to the transfer\n", d.Exit, d.Questions, d.Repeats, d.LeftMS.Duration().Seconds())
		}
		sum.Lines, sum.Judgements, sum.Plans, sum.Turns = sum.Lines+r.Lines, sum.Judgements+r.Judgements, sum.Plans+r.Plans, sum.Turns+r.Turns
	}
	fmt.Fprintf(os.Stderr, "%d call folders, %d lines, %d judgements, %d plans and %d turns of the voicebot: the same, byte for byte\n", len(dirs), sum.Lines, sum.Judgements, sum.Plans, sum.Turns)
	return nil
}

// try judges calls and recordings with the change and prints what would have differed. One that can't be judged is named,
// and the others go on.
func (c *ReplayCmd) try(ctx context.Context, dirs, files []string, rules *judge.Rules, p policy.Rules, change replay.Change) error {
	var sum replay.Sum
	var failed []error
	take := func(t replay.Tried, err error) error {
		if err != nil {
			failed = append(failed, err)
			return nil
		}
		sum.Add(t)
		return c.show(t)
	}
	for _, dir := range dirs {
		if err := take(replay.Try(dir, rules, change, nil)); err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := take(heard(ctx, f, rules, p, change)); err != nil {
			return err
		}
	}
	if sum.Calls == 0 {
		return failed[0]
	}
	for _, err := range failed {
		fmt.Fprintln(os.Stderr, err)
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"sum": sum})
	}
	show := func(n replay.Counts) string {
		return fmt.Sprintf("%d alerted (%.1f per 200), %d spoken to, %d cut, %d limited", n.Alerted, replay.Per200(n.Alerted, sum.Calls), n.Spoken, n.Cut, n.Limited)
	}
	fmt.Printf("%d calls, %d heard, %d would differ\nbefore: %s\nafter:  %s\n", sum.Calls, sum.Heard, sum.Differ, show(sum.Before), show(sum.After))
	return nil
}

// heard tries a recording, as the built-in listener hears it.
func heard(ctx context.Context, file string, rules *judge.Rules, p policy.Rules, change replay.Change) (replay.Tried, error) {
	r, err := analyze.Run(ctx, analyze.Options{File: file})
	if err != nil {
		return replay.Tried{}, err
	}
	return replay.TryItems(filepath.Base(file), r.Items, rules, p, change)
}

// show prints one call: nothing but a line if nothing differs.
func (c *ReplayCmd) show(t replay.Tried) error {
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(t)
	}
	if !t.Differs() {
		fmt.Printf("= %s  %s %s\n", t.Name, t.After.Peak, t.After.Stage)
		return nil
	}
	fmt.Printf("≠ %s  %s %s → %s %s\n", t.Name, t.Before.Peak, t.Before.Stage, t.After.Peak, t.After.Stage)
	showEvents("−", t.Gone)
	showEvents("+", t.New)
	return nil
}

func showEvents(sign string, events []replay.Event) {
	for _, e := range events {
		what := string(e.Do)
		if e.What == replay.EventLevel {
			what = strings.TrimSpace(e.Level.String() + " " + string(e.Category))
		}
		fmt.Printf("  %s %8s %-8s %s %s\n", sign, e.AtMS, e.What, what, e.Entry)
	}
}

// examples tries the moments that people have flagged as wrong.
func (c *ReplayCmd) examples(ctx context.Context, cli *commands, rules *judge.Rules, change replay.Change) error {
	cfg, err := config.Load(cli.Config)
	if err != nil {
		return err
	}
	all, err := office.TryExamples(ctx, cfg, rules, change)
	if err != nil {
		return err
	}
	wrong, gone := 0, 0
	for _, e := range all {
		switch {
		case e.Error != "":
			gone++
		case e.Wrong:
			wrong++
		}
		if c.JSON {
			if err := json.NewEncoder(os.Stdout).Encode(e); err != nil {
				return err
			}
			continue
		}
		verdict := "right"
		if e.Wrong {
			verdict = "WRONG"
		}
		if e.Error != "" {
			verdict = "can't be tried: " + e.Error
		}
		fmt.Printf("%s  %s at %s: flagged %s %s, now %s: %s\n", e.At.Format("2006-01-02"), e.Call, e.AtMS, e.Level, e.Category, e.Now, verdict)
	}
	fmt.Fprintf(os.Stderr, "%d examples, %d wrong, %d could not be tried\n", len(all), wrong, gone)
	if wrong > 0 {
		return fmt.Errorf("the rules get %d of %d examples wrong", wrong, len(all))
	}
	return nil
}

// change reads what is to be tried.
func (c *ReplayCmd) change() (change replay.Change, changes bool, err error) {
	change.Preset = policy.Preset(c.Preset)
	if c.Rules != "" {
		b, err := os.ReadFile(c.Rules)
		if err != nil {
			return change, false, err
		}
		var y map[string]any
		if err := yamlfile.Decode(b, &y); err != nil {
			return change, false, fmt.Errorf("%s: %w", c.Rules, err)
		}
		j, err := json.Marshal(y)
		if err != nil {
			return change, false, fmt.Errorf("%s: %w", c.Rules, err)
		}
		var f struct {
			Rules      json.RawMessage `json:"rules"`
			Thresholds json.RawMessage `json:"thresholds"`
		}
		d := json.NewDecoder(strings.NewReader(string(j)))
		d.DisallowUnknownFields()
		if err := d.Decode(&f); err != nil {
			return change, false, fmt.Errorf("%s: %w", c.Rules, err)
		}
		change.Rules, change.Thresholds = f.Rules, f.Thresholds
	}
	if c.Lexicon != "" {
		l, err := judge.ReadLexicon(os.DirFS(c.Lexicon), filepath.Base(c.Lexicon))
		if err != nil {
			return change, false, fmt.Errorf("%s: %w", c.Lexicon, err)
		}
		if change.Lexicon, err = judge.NewRules(l, judge.ShippedThresholds()); err != nil {
			return change, false, fmt.Errorf("%s: %w", c.Lexicon, err)
		}
	}
	if len(c.Trade) > 0 {
		trade, err := packsNamed(c.Trade)
		if err != nil {
			return change, false, err
		}
		change.Trade = &trade
	}
	return change, c.Preset != "" || c.Rules != "" || c.Lexicon != "" || len(c.Trade) > 0, change.Check()
}

// rules gives the lexicon at hand and the rules in force.
func (c *ReplayCmd) rules(cli *commands) (*judge.Rules, policy.Rules, error) {
	path := c.Settings
	p := policy.ShippedRules(policy.PresetAsk)
	if path == "" {
		cfg, err := config.Load(cli.Config)
		if err != nil {
			return nil, p, err
		}
		path = filepath.Join(cfg.Settings(), "snapshot.json")
		if _, err := os.Stat(path); err != nil {
			r, err := judge.ShippedRules()
			return r, p, err
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, p, err
	}
	var s bus.Settings
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, p, fmt.Errorf("%s: %w", path, err)
	}
	r, err := judge.NewRules(s.Lexicon, s.Thresholds)
	return r, s.Rules, err
}
