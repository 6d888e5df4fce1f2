package judge

import (
	"errors"
	"fmt"
	"slices"

	"commusafe/internal/call"
	"commusafe/internal/text"
)

// Thresholds are the times and numbers of judging. All are settings of the centre; the comments give what is shipped.
type Thresholds struct {
	Apart       call.Millis `json:"apart_ms"`        // 5 s: hits nearer than this count as one
	Pair        call.Millis `json:"pair_ms"`         // 60 s: two independent hits of manner within it are S2
	PairOther   call.Millis `json:"pair_other_ms"`   // 180 s: the same for content and persistence
	Decay       call.Millis `json:"decay_ms"`        // 5 min: a finding falls one level each
	Support     call.Millis `json:"support_ms"`      // 20 s: how near a second cue must be
	WordFloor   float64     `json:"word_floor"`      // 0.3: recognised words below it are not read
	PhraseFloor float64     `json:"phrase_floor"`    // 0.3: spotted phrases below it are ignored
	PhraseSure  float64     `json:"phrase_sure"`     // 0.6: below it a spotted phrase needs a second cue
	LouderDB    float64     `json:"louder_db"`       // 8 dB above the caller's own calm counts as a cue
	Stalemate   [3]int      `json:"stalemate_min"`   // 15, 30, 60 minutes after the final answer: S1, S2, S3
	OnMatter    [3]int      `json:"on_matter_calls"` // 3rd, 5th, 10th call on the same matter: S1, S2, S3
	MatterToday [3]int      `json:"matter_today"`    // the same for one day; never, 3rd, 10th. 0 is never
	Again       int         `json:"again"`           // 3: what was answered is wanted again so often: S1, with a stalemate S2
	RefusedEnd  [2]int      `json:"refused_end"`     // 2, 3 refusals to end the call: S1, S2
	Quiet       call.Millis `json:"quiet_ms"`        // 20 s: silence after which a caller is asked, and after each asking
}

// ShippedThresholds are the defaults of domain B0.
func ShippedThresholds() Thresholds {
	return Thresholds{Apart: 5000, Pair: 60000, PairOther: 180000, Decay: 300000, Support: 20000, WordFloor: 0.3,
		PhraseFloor: 0.3, PhraseSure: 0.6, LouderDB: 8, Stalemate: [3]int{15, 30, 60}, OnMatter: [3]int{3, 5, 10},
		MatterToday: [3]int{0, 3, 10}, Again: 3, RefusedEnd: [2]int{2, 3}, Quiet: 20000}
}

// Check tells the first thing that is wrong with thresholds.
func (t Thresholds) Check() error {
	const day = call.Millis(24 * 60 * 60 * 1000)
	for name, v := range map[string]call.Millis{"apart_ms": t.Apart, "pair_ms": t.Pair, "pair_other_ms": t.PairOther, "decay_ms": t.Decay, "support_ms": t.Support, "quiet_ms": t.Quiet} {
		if v <= 0 || v > day {
			return fmt.Errorf("%s must be above 0 and no more than a day, in milliseconds", name)
		}
	}
	for name, v := range map[string]float64{"word_floor": t.WordFloor, "phrase_floor": t.PhraseFloor, "phrase_sure": t.PhraseSure} {
		if v < 0 || v > 1 {
			return fmt.Errorf("%s must be from 0 to 1", name)
		}
	}
	if t.LouderDB < 0 || t.LouderDB > 60 {
		return errors.New("louder_db must be from 0 to 60")
	}
	for name, v := range map[string][]int{"stalemate_min": t.Stalemate[:], "on_matter_calls": t.OnMatter[:], "matter_today": t.MatterToday[:], "again": {t.Again}, "refused_end": t.RefusedEnd[:]} {
		last := 0
		for _, n := range v {
			if n < 0 || n > 10000 || n != 0 && n < last {
				return fmt.Errorf("%s must be from 0 (never) to 10000, and none less than the one before", name)
			}
			last = max(last, n)
		}
	}
	return nil
}

// Rules are a lexicon and thresholds made ready for judging. They don't change and may be used by many goroutines.
type Rules struct {
	Thresholds Thresholds
	version    string
	lexicon    Lexicon
	entries    []known
	byID       map[string]int
	unless     map[Category][]pattern // what makes the entries of a shipped sheet innocent
	cues       []cue
	finder     *finder
	net        *net
	need       *net    // that somebody is in need
	danger     *framer // whether danger is there
	aim        *framer // whether harassment is meant for who is on the telephone
	ear        *ear    // nil: words are read by their letters only
}

// A known is a lexicon entry with its category and what puts it aside.
type known struct {
	Entry
	category  Category
	class     int     // of the category, among those of the statistics
	trade     bool    // of a pack that the centre has chosen
	needs     float64 // see hit
	full      float64
	negations []pattern
	unless    []pattern
}

// NewRules makes a lexicon ready. An error says in which entry it is, so that the rules in force stay.
func NewRules(l Lexicon, t Thresholds) (*Rules, error) {
	if err := l.Check(); err != nil {
		return nil, err
	}
	if t.Apart <= 0 || t.Pair <= 0 || t.Decay <= 0 {
		return nil, fmt.Errorf("thresholds: apart, pair and decay must be above 0 ms")
	}
	b, err := newBuilder(l.Classes)
	if err != nil {
		return nil, err
	}
	n, need, err := readNets()
	if err != nil {
		return nil, err
	}
	danger, aim, err := readFramers()
	if err != nil {
		return nil, err
	}
	r := &Rules{Thresholds: t, lexicon: l, version: l.Name() + " " + text.Version + " " + netVersion + " " + earVersion, byID: map[string]int{}, unless: map[Category][]pattern{}, net: n, need: need, danger: danger, aim: aim}
	for i, s := range l.All() {
		ofTrade := i >= len(l.Sheets) && i < len(l.Sheets)+len(l.Trade)
		unless, err := b.patterns(s.Unless)
		if err != nil {
			return nil, fmt.Errorf("lexicon %s: unless: %w", s.Category, err)
		}
		b.aside(unless)
		if i < len(l.Sheets) {
			r.unless[s.Category] = append(r.unless[s.Category], unless...)
		}
		for _, e := range s.Entries {
			k := known{Entry: e, category: s.Category, class: n.class(s.Category), trade: ofTrade, needs: needs(s.Category, e.Weight), full: full(s.Category, e.Weight), unless: unless}
			if k.negations, err = b.patterns(e.Negations); err != nil {
				return nil, fmt.Errorf("lexicon %s: entry %s: negations: %w", s.Category, e.ID, err)
			}
			b.aside(k.negations)
			r.byID[e.ID] = len(r.entries)
			if e.Heard {
				r.entries = append(r.entries, k)
				continue
			}
			forms, err := b.patterns(append([]string{e.Surface}, e.Forms...))
			if err != nil {
				return nil, fmt.Errorf("lexicon %s: entry %s: %w", s.Category, e.ID, err)
			}
			for _, p := range forms {
				p.owner = int32(len(r.entries))
				b.add(p)
			}
			r.entries = append(r.entries, k)
		}
	}
	if r.cues, err = b.cues(l.Cues); err != nil {
		return nil, err
	}
	r.finder = b.ready()
	if r.ear, err = newEar(r.entries); err != nil {
		return nil, err
	}
	return r, nil
}

// A FormChecker tells whether the forms of single entries can be read, before a whole lexicon is made of them.
type FormChecker struct{ classes []Class }

// FormChecker checks forms with the classes of the lexicon.
func (l Lexicon) FormChecker() FormChecker { return FormChecker{l.Classes} }

// Check gives all that is wrong with an entry's surface, forms and negations.
func (c FormChecker) Check(e Entry) error {
	b := &builder{finder: finder{trie: newTrie()}, classes: map[string]symbol{}, literals: map[string]symbol{}, words: map[symbol]map[string][]word{}}
	for _, k := range c.classes {
		b.last++
		b.classes[k.Name] = b.last
	}
	var errs []error
	for _, f := range slices.Concat([]string{e.Surface}, e.Forms, e.Negations) {
		_, err := b.patterns([]string{f})
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// ShippedRules are the shipped lexicon with the shipped thresholds.
func ShippedRules() (*Rules, error) {
	l, err := ShippedLexicon()
	if err != nil {
		return nil, err
	}
	return NewRules(l, ShippedThresholds())
}

// With gives these rules with other entries of the centre's own and other packs. A pack that the lexicon at hand lacks is
// an error.
func (r *Rules) With(own Own, trade []string) (*Rules, error) {
	l := r.lexicon.Trading(trade).With(own)
	if l.Name() == r.lexicon.Name() && len(l.Own.Sheets) == 0 && len(r.lexicon.Own.Sheets) == 0 {
		same := *r
		return &same, nil
	}
	with, err := NewRules(l, r.Thresholds)
	if err == nil && r.ear == nil {
		with = with.ByLetters()
	}
	return with, err
}

// Own gives the entries of the centre's own that are in force.
func (r *Rules) Own() Own { return r.lexicon.Own }

// Trade gives the names of the packs that are in force.
func (r *Rules) Trade() []string { return r.lexicon.Trade }

// Version names the lexicon in force.
func (r *Rules) Version() string { return r.version }

// Surface gives the written form and category of a lexicon entry, also of a pack that is not in force, for the screen.
func (r *Rules) Surface(entry string) (string, Category, bool) {
	i, ok := r.byID[entry]
	if !ok {
		return r.lexicon.packed(entry)
	}
	return r.entries[i].Surface, r.entries[i].category, true
}
