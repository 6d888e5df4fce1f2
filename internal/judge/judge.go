// Package judge turns evidence into a judgement with reasons and counter-reasons. It is pure: the same
// evidence at the same call time gives the same judgement, byte for byte.
//
// Owns: categories, guards, levels, channels, findings, the lexicon, thresholds.
// Never: clocks, I/O, randomness, what to do about a judgement (package policy).
// Goroutines: none.
//
// Flow: each item that was over at the time is read into hits, by letters (match.go) and by sound (ear.go); hits that stand alone too weakly are
// put aside (support.go); what is left is counted in time and gives findings with levels (consider.go). What lasts, a
// stalemate, the same wish again, refusals to end, silence, is counted over the whole call (persist.go) from the cues
// that Add kept (cue.go).
package judge

import (
	"fmt"
	"slices"

	"commusafe/internal/call"
)

// A Category is a kind of harassment or of protection, by the codes of the taxonomy (contracts §7).
type Category string

// The eighteen categories of harassment.
const (
	Abuse   Category = "ABUSE"   // 暴言・怒声
	Threat  Category = "THREAT"  // 脅迫・加害の告知
	Intim   Category = "INTIM"   // 威圧・遠回しの脅し
	Insult  Category = "INSULT"  // 侮辱・人格否定
	Demand  Category = "DEMAND"  // 過剰・不当要求
	Dogeza  Category = "DOGEZA"  // 土下座・過度な謝罪の強要
	Money   Category = "MONEY"   // 金品・補償の要求
	Hold    Category = "HOLD"    // 長時間拘束
	Repeat  Category = "REPEAT"  // 繰り返し電話
	Silent  Category = "SILENT"  // 無言・いたずら
	Sexual  Category = "SEXUAL"  // セクシュアルハラスメント
	Discrim Category = "DISCRIM" // 差別
	Privacy Category = "PRIVACY" // 個人情報の詮索・つきまとい
	SNS     Category = "SNS"     // SNS・ネット晒しの脅し
	Auth    Category = "AUTH"    // 権威・関係者の名乗り
	Visit   Category = "VISIT"   // 来訪・呼び出しの強要
	Nitpick Category = "NITPICK" // 揚げ足取り・言質取り・堂々巡り
	Disrupt Category = "DISRUPT" // 虚偽・業務妨害の示唆
)

// The seven guards: reasons not to act.
const (
	GCrisis Category = "G-CRISIS" // 希死念慮・急病・生命の危険
	GDis    Category = "G-DIS"    // 障害・合理的配慮の申し出
	GRights Category = "G-RIGHTS" // 正当な苦情・権利行使
	GVictim Category = "G-VICTIM" // 被害者の申告・引用
	GLoud   Category = "G-LOUD"   // 声が大きい・荒く聞こえる事情
	GBus    Category = "G-BUS"    // 業務語彙
	GB2B    Category = "G-B2B"    // 取引先・行政・警察・報道の正当な照会
)

// Categories lists the harassment categories in the order of the taxonomy.
func Categories() []Category {
	return []Category{Abuse, Threat, Intim, Insult, Demand, Dogeza, Money, Hold, Repeat, Silent, Sexual, Discrim,
		Privacy, SNS, Auth, Visit, Nitpick, Disrupt}
}

// Guards lists the guards in the order of the taxonomy.
func Guards() []Category {
	return []Category{GCrisis, GDis, GRights, GVictim, GLoud, GBus, GB2B}
}

// IsGuard tells a reason not to act from a kind of harassment.
func (c Category) IsGuard() bool { return len(c) > 2 && c[:2] == "G-" }

// A Level says how far it went.
type Level int

// The levels S0 to S4.
const (
	None      Level = iota // S0
	Caution                // S1 注意
	Warning                // S2 警告対象
	Severe                 // S3 重大
	Emergency              // S4 緊急
)

// String gives the level's code, S0 to S4.
func (l Level) String() string { return fmt.Sprintf("S%d", int(l)) }

// MarshalText writes the level's code.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads a level's code.
func (l *Level) UnmarshalText(b []byte) error {
	if len(b) != 2 || b[0] != 'S' || b[1] < '0' || b[1] > '4' {
		return fmt.Errorf("level %q is not one of S0 to S4", b)
	}
	*l = Level(b[1] - '0')
	return nil
}

// A Channel is one of the independent ways in which conduct shows. None alone acts on the caller beyond warning 1.
type Channel string

// The four channels of the taxonomy (domain B0).
const (
	Manner      Channel = "manner"      // how the agent is spoken to
	Content     Channel = "content"     // what is demanded and on what condition
	Persistence Channel = "persistence" // going on after an answer, a request, a notice
	Acoustic    Channel = "acoustic"    // change against the caller's own calm voice; only supports
)

// Channel gives the channel in which words of a category count.
func (c Category) Channel() Channel {
	switch c {
	case Hold, Repeat, Silent, Nitpick:
		return Persistence
	case Demand, Money, SNS, Visit, Auth, Disrupt, Privacy:
		return Content
	default:
		return Manner
	}
}

// A Finding is one reason of a judgement.
type Finding struct {
	Category Category    `json:"category"`
	Channel  Channel     `json:"channel"`
	Level    Level       `json:"level"`
	Words    string      `json:"words,omitempty"` // what was said, or the phrase that was spotted
	Entry    string      `json:"entry,omitempty"` // lexicon entry
	Because  string      `json:"because"`         // key of a sentence in the text catalogue
	FromMS   call.Millis `json:"from_ms"`
	ToMS     call.Millis `json:"to_ms"`
	Source   string      `json:"source"`
	// Confidence is the recogniser's, 0–1; Score is the statistics' probability of any harassment (of a guard: of that
	// guard), 0–1, two digits; Weighed are the letters that spoke most for it where there is no entry.
	Confidence float64  `json:"confidence,omitempty"`
	Score      float64  `json:"score,omitempty"`
	Weighed    []string `json:"weighed,omitempty"`
}

// A Judgement is the whole opinion at a moment of a call.
type Judgement struct {
	AtMS     call.Millis `json:"at_ms"`
	Level    Level       `json:"level"`
	Findings []Finding   `json:"findings,omitempty"` // worst and newest first
	Counter  []Finding   `json:"counter,omitempty"`  // guards and hits put aside: why it did not go further
	// Strikes are the independent hits (at least Thresholds.Apart after the one before, and begun after it), oldest first. The ladder counts them.
	Strikes []Strike `json:"strikes,omitempty"`
	// Quiet: the caller has not said a word yet, though he may be there: he can be asked for a sign.
	Quiet bool `json:"quiet,omitempty"`
	// Accommodation was asked for: nothing is spoken by itself, and the clocks go half as fast (E-20).
	Accommodation bool     `json:"accommodation,omitempty"`
	Unheard       []string `json:"unheard,omitempty"` // what was not listened to: words, sound …
	// NextMS is the call time at which the judgement changes without new evidence; 0 if never.
	NextMS   call.Millis `json:"next_ms,omitempty"`
	Versions string      `json:"versions"` // lexicon and thresholds in force
}

// Says tells whether a judgement says the same as another; when it was made is not part of that.
func (j Judgement) Says(o Judgement) bool {
	return j.Level == o.Level && j.Quiet == o.Quiet && j.Accommodation == o.Accommodation && j.NextMS == o.NextMS && j.Versions == o.Versions &&
		slices.Equal(j.Strikes, o.Strikes) && slices.Equal(j.Unheard, o.Unheard) &&
		slices.EqualFunc(j.Findings, o.Findings, Finding.is) && slices.EqualFunc(j.Counter, o.Counter, Finding.is)
}

// is tells whether two findings are the same one.
func (f Finding) is(o Finding) bool {
	return f.Category == o.Category && f.Channel == o.Channel && f.Level == o.Level && f.Words == o.Words && f.Entry == o.Entry && f.Because == o.Because &&
		f.FromMS == o.FromMS && f.ToMS == o.ToMS && f.Source == o.Source && f.Confidence == o.Confidence && f.Score == o.Score && slices.Equal(f.Weighed, o.Weighed)
}

// Statistical tells whether a finding rests on statistics alone, of letters or of sounds, so that the machine does not act on it (E-12).
func (f Finding) Statistical() bool {
	return f.Because == becauseStatistics || f.Because == becauseNeed || f.Because == becauseSigns || f.Unworded()
}

// Unworded tells whether a finding rests on the gist of words that nobody has recognised.
func (f Finding) Unworded() bool { return f.Because == becauseGist || f.Because == becauseGists }

// ForPeople tells whether a finding is for people alone: the machine does not act on the level that it has.
func (f Finding) ForPeople() bool {
	return f.Unworded() || f.Because == becauseWordsOnly || f.Because == becauseHardly || f.Because == becauseNeed || f.Because == becauseMayNeed || f.Because == becauseFramed || f.Because == becauseSigns
}

// Known gives the category of a finding, and none where it is a guess about words that nobody has recognised.
func (f Finding) Known() Category {
	if f.Unworded() {
		return ""
	}
	return f.Category
}

// A Strike is an independent hit.
type Strike struct {
	AtMS     call.Millis `json:"at_ms"`
	Category Category    `json:"category"`
	Channel  Channel     `json:"channel"`
	Level    Level       `json:"level"`
	// Statistical strikes rest on statistics alone, on a rule in which the statistics see too little, or on phrases of which the spotter was not sure. The ladder does not count
	// them.
	Statistical bool `json:"statistical,omitempty"`
}

// GuardedSince tells whether a guard spoke at or after the given time, and which one spoke last.
func (j Judgement) GuardedSince(t call.Millis) (Category, bool) {
	var last Finding
	for _, f := range j.Counter {
		if f.Category.IsGuard() && f.Category != GLoud && f.Category != GBus && !isAside(f.Because) && f.ToMS >= t && f.ToMS >= last.ToMS {
			last = f
		}
	}
	return last.Category, last.Category != ""
}

// Protects tells whether a guard of a kind counts that was noticed after the given time.
func (j Judgement) Protects(c Category, after call.Millis) bool {
	for _, f := range append(slices.Clone(j.Counter), j.Findings...) {
		if f.Category == c && f.ToMS > after && !isAside(f.Because) && !f.Unworded() {
			return true
		}
	}
	return false
}

// Struck tells whether conduct that deserves a warning was noticed after the given time, in words that rules know: a
// strike that does not rest on statistics alone, and a finding of at least S2 that it made.
func (j Judgement) Struck(after call.Millis) bool {
	strike := func(k Strike) bool { return k.AtMS > after && !k.Statistical }
	return slices.ContainsFunc(j.Strikes, strike) && slices.ContainsFunc(j.Findings, func(f Finding) bool {
		return f.Level >= Warning && f.ToMS > after && !f.Category.IsGuard() && !f.Statistical() && !f.ForPeople()
	})
}
