package judge

import (
	"embed"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"commusafe/internal/evidence"
)

// Weights that tell what is there from what is only told of, trained by train/judge/frame.py: of n-grams in the line, of others in what was said before it,
// and of classes of words in either.
//
//go:embed net/danger-* net/aim-*
var frameFiles embed.FS

// How likely it must be that danger is there (decision 0067).
const (
	thereAt   = 0.35 // for known words of it to alarm; below, people are told without an alarm
	surelyAt  = 0.60 // for words that lesser things are said in, too, to alarm all the same
	nowhereAt = 0.20 // for those words, and for what only statistics see, to be told at all
)

// The same of harassment: the odds of harassment at all, and that it is meant for who is on the telephone, added as logarithms (decision 0067).
const (
	aimedAt = -1.0 // for it to count
	actAim  = 0.0  // … and for the machine to act
)

// A framer tells what is there from what is only told of. It asks what was said before.
type framer struct {
	line, before *net
	classes      []frameClass
}

// A frameClass is a class of words that say in which frame something is said: a film, the past, a drill, this moment.
type frameClass struct {
	line, before float64 // weights where one of the words is in the line, and in what was said before it
	words        []string
}

func readFramers() (danger, aim *framer, err error) {
	if danger, err = readFramer("danger"); err != nil {
		return nil, nil, err
	}
	aim, err = readFramer("aim")
	return danger, aim, err
}

// readFramer reads what tells one matter.
func readFramer(matter string) (*framer, error) {
	var f framer
	for _, part := range []struct {
		name string
		to   **net
	}{{"-line.bin", &f.line}, {"-before.bin", &f.before}} {
		b, err := frameFiles.ReadFile("net/" + matter + part.name)
		if err == nil {
			*part.to, err = readNet(b, Category(matter))
		}
		if err != nil {
			return nil, fmt.Errorf("%s%s: %w", matter, part.name, err)
		}
	}
	b, err := frameFiles.ReadFile("net/" + matter + "-words.tsv")
	if err != nil {
		return nil, err
	}
	for row := range strings.Lines(string(b)) {
		if strings.HasPrefix(row, "#") {
			continue
		}
		columns := strings.Split(strings.TrimRight(row, "\n"), "\t")
		if len(columns) != 4 {
			return nil, fmt.Errorf("%s: %d columns of a class instead of 4", matter, len(columns))
		}
		c := frameClass{words: strings.Fields(columns[3])}
		var err1, err2 error
		c.line, err1 = strconv.ParseFloat(columns[1], 64)
		c.before, err2 = strconv.ParseFloat(columns[2], 64)
		if err1 != nil || err2 != nil || len(c.words) == 0 {
			return nil, fmt.Errorf("%s: class %s can't be read", matter, columns[0])
		}
		f.classes = append(f.classes, c)
	}
	return &f, nil
}

// there gives the probability that what a line says is there, from its folded letters and those of what was said before.
func (f *framer) there(line, before []rune) float64 {
	z := f.line.odds(line)
	if len(before) > 0 {
		z += f.before.odds(before)
	}
	here, earlier := string(line), string(before)
	for i := range f.classes {
		c := &f.classes[i]
		if c.in(here) {
			z += c.line
		}
		if c.in(earlier) {
			z += c.before
		}
	}
	return 1 / (1 + math.Exp(-z))
}

func (c *frameClass) in(s string) bool {
	for _, w := range c.words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// framed is what framers say of an item, and of what was said before it when they were asked. Negative values were not asked for.
type framed struct {
	before      []rune
	danger, aim float64
}

// frame gives what framers say of the item of a reason, which must be an utterance.
func (r *Rules) frame(f *reason, tl *evidence.Timeline) *framed {
	n := &f.of.framed
	var room [window]rune
	if before := r.saidBefore(tl, f.place, &room); n.before == nil || !slices.Equal(n.before, before) {
		*n = framed{append([]rune{}, before...), -1, -1}
	}
	return n
}

// dangerOf gives how likely the danger of a finding is there.
func (r *Rules) dangerOf(f *reason, tl *evidence.Timeline) float64 {
	n := r.frame(f, tl)
	if n.danger < 0 {
		n.danger = r.danger.there(f.of.letters, n.before)
	}
	return n.danger
}

// aimOf gives how likely the harassment of a finding is meant for who is on the telephone; false where nothing was said before.
func (r *Rules) aimOf(f *reason, tl *evidence.Timeline) (float64, bool) {
	n := r.frame(f, tl)
	if len(n.before) == 0 {
		return 0, false
	}
	if n.aim < 0 {
		n.aim = r.aim.there(f.of.letters, n.before)
	}
	return n.aim, true
}

// saidBefore gives the last letters, folded, that the caller said in the minutes before the i-th item of what was said.
func (r *Rules) saidBefore(tl *evidence.Timeline, i int, room *[window]rune) []rune {
	free := len(room)
	since := tl.At(evidence.Words, i).Span().ToMS - r.Thresholds.PairOther
	for k := i - 1; k >= 0 && free > 0 && tl.At(evidence.Words, k).Span().ToMS > since; k-- {
		said := r.recall(tl, evidence.Words, k).letters
		said = said[max(0, len(said)-free):]
		free -= len(said)
		copy(room[free:], said)
	}
	return room[free:]
}

// tellFrames asks of what is said of a crisis whether it is there: what is long over, a film, a joke or a drill is said in the same words. The alarm is taken
// from known words that seem to be told of, and given to lesser ones that do not. Of harassment it asks whether it is meant for who is on the telephone. Entries
// without a weight, a centre's own among them, name the very words and count as they are; words that were not recognised have no frame.
func (r *Rules) tellFrames(rs []reason, tl *evidence.Timeline) {
	for i := range rs {
		f := &rs[i]
		if f.of == nil || f.of.letters == nil || f.Entry != "" && f.full == 0 || f.aside != "" && !f.faintNeed() {
			continue
		}
		switch {
		case f.Category == GCrisis:
			r.frameDanger(f, tl)
		case !f.Category.IsGuard() && f.Score > 0:
			r.frameAim(f, tl)
		}
	}
}

// frameAim puts aside what seems not to be meant for who is on the telephone, and leaves to people what may not be. Of a grave threat people are told all the
// same, without an alarm. Where nothing was said before, nothing speaks against the words.
func (r *Rules) frameAim(f *reason, tl *evidence.Timeline) {
	aim, known := r.aimOf(f, tl)
	if !known {
		return
	}
	meant, grave := logOdds(f.Score)+logOdds(aim), f.Category == Threat && f.level >= Severe
	switch {
	case meant >= actAim || grave && meant >= aimedAt:
	case meant >= aimedAt:
		f.leave()
	case grave:
		f.level = Warning
		f.leave()
	default:
		f.aside = becauseUnaimed
	}
}

// leave leaves a reason to people.
func (r *reason) leave() {
	r.unsure = true
	if r.because == becauseWords {
		r.because = becauseWordsOnly
	}
}

// frameDanger asks whether what is said of a crisis is there.
func (r *Rules) frameDanger(f *reason, tl *evidence.Timeline) {
	switch f.because {
	case becauseWords:
		if f.level == Emergency && r.dangerOf(f, tl) < thereAt {
			f.level, f.because = Warning, becauseFramed
		}
	case becauseMayNeed, becauseNeed:
		p := r.dangerOf(f, tl)
		switch {
		case p < nowhereAt:
			f.aside = becauseRetold
		case p >= surelyAt && f.because == becauseMayNeed:
			f.level, f.because = Emergency, becauseWords
		}
	}
}
