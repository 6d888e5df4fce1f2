package judge

import (
	"slices"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/text"
)

// A hit is one entry of the lexicon found in one item.
type hit struct {
	Finding
	sure   bool    // stands without a second cue
	faint  bool    // only sounds like its entry: without a second cue it is a sign and no strike
	doubt  bool    // a sign that the statistics are in doubt of: it is shown, but raises nothing and is no strike of words
	likely float64 // probability of its category by the statistics; decides between equals
	heard  float64 // how sure the spotter was of a phrase
	weak   bool    // a phrase that only the voice or the gist can bear out, and that is no cue for others
	gist   bool    // no word of it is known
	needs  float64 // how likely harassment must be by the statistics for it to count
	full   float64 // … as more than a doubtful sign
	why    string  // why it was put aside; empty while it counts
}

// Keys of the sentences that explain findings.
const (
	becauseWords     = "because.words"      // recognised words
	becausePhrase    = "because.phrase"     // 簡易検知(語句照合)
	becauseWordsOnly = "because.words_only" // recognised words, and the statistics see too little for the machine to act
	becauseHardly    = "because.hardly"     // the same, not sure, in a stretch that is like harassment
	becauseMurmur    = "because.murmur"     // the same of a crisis, heard once and not for sure
	becauseSounds    = "because.sounds"     // recognised words that sound like it
	becauseGist      = "because.gist"       // no word is known, but the sounds are like it
	becauseGists     = "because.gists"      // the same, clearly or again
	becausePair      = "because.pair"       // twice in a short time
	becauseSigns     = "because.signs"      // a sign near another one, whatever they rest on
	becauseStalemate = "because.stalemate"  // minutes since the final answer
	becauseOnMatter  = "because.on_matter"  // n-th call on the matter

	becauseStalemateHeard = "because.stalemate_heard" // minutes since an answer that was heard
	becauseMatterToday    = "because.matter_today"    // n-th call on the matter today
	becauseAgain          = "because.again"           // what was answered is wanted again
	becauseRefusedEnd     = "because.refused_end"     // refusals to end the call
	becauseSilent         = "because.silent"          // not a word, asked twice

	becauseQuoted     = "because.quoted"     // put aside: quoted or told as a victim
	becauseBusiness   = "because.business"   // put aside: words of the trade
	becauseDenied     = "because.denied"     // put aside: said not to be asked for
	becauseStatistics = "because.statistics" // statistics of letters, no rule
	becauseNeed       = "because.need"       // the same of what people in need say
	becauseMayNeed    = "because.may_need"   // words that people in need say, and others too
	becauseFramed     = "because.framed"     // words of a crisis that seem to be told of: the past, a film, a joke
	becauseRetold     = "because.retold"     // put aside: the same of what lesser things are said in, or of what only statistics see
	becauseUnaimed    = "because.unaimed"    // put aside: not meant for who is on the telephone, by what was said before
	becauseUnlikely   = "because.unlikely"   // put aside: statistics see nothing
	becauseElsewhere  = "because.elsewhere"  // put aside: statistics see another category
	becauseGuarded    = "because.guarded"    // put aside: a reason not to act in the same breath, and the statistics in doubt
	becauseUnsure     = "because.unsure"     // put aside: no second cue
	becauseWrong      = "because.wrong_flag" // put aside: a person said it was wrong
	becauseGuard      = "because.guard"      // a reason not to act was heard
	becauseAsked      = "because.accommodation"
)

// isAside tells whether a reason says that a hit does not count.
func isAside(because string) bool {
	return slices.Contains([]string{becauseQuoted, becauseBusiness, becauseRetold, becauseUnaimed, becauseDenied, becauseUnlikely, becauseElsewhere, becauseGuarded, becauseUnsure, becauseWrong}, because)
}

// A reading is what rules found in an item. Neither rules nor items change, so it holds as long as both are there.
type reading struct {
	rules   *Rules
	hits    []hit  // must not be changed
	letters []rune // of an utterance of the caller, folded; must not be changed
	framed  framed
}

// recall gives what was found in the i-th item of a lane, read once: a long call is considered again with each new item.
func (r *Rules) recall(tl *evidence.Timeline, of evidence.Lane, i int) *reading {
	if n, ok := tl.Note(of, i).(*reading); ok && n.rules == r {
		return n
	}
	n := &reading{rules: r}
	it := tl.At(of, i)
	if u, ok := it.(evidence.Utterance); ok && r.counts(u) {
		t := text.Fold(u.Text)
		n.letters = t.Runes
		n.hits = r.readLetters(t, u)
	} else {
		n.hits = r.read(it)
	}
	tl.Remember(of, i, n)
	return n
}

// counts tells whether an utterance is read. Words of the agent are no evidence against the caller.
func (r *Rules) counts(u evidence.Utterance) bool {
	return u.Party == call.Caller && u.Final && u.Confidence >= r.Thresholds.WordFloor
}

func (r *Rules) readLetters(t text.Folded, u evidence.Utterance) []hit {
	s := r.finder.look(t)
	defer s.done()
	return r.readWords(s, u)
}

// read gives the hits of one item of the caller.
func (r *Rules) read(it evidence.Item) []hit {
	switch it := it.(type) {
	case evidence.Utterance:
		if r.counts(it) {
			return r.readLetters(text.Fold(it.Text), it)
		}
	case evidence.Phrase:
		if it.Party == call.Caller && it.Confidence >= r.Thresholds.PhraseFloor {
			return r.readPhrase(it)
		}
	case evidence.Gist:
		if it.Party == call.Caller {
			return r.readGist(it)
		}
	case evidence.Mark:
		if it.Mark == evidence.MarkAccommodation {
			return []hit{{Finding: finding(GDis, None, it.Head, "", "", becauseAsked), sure: true}}
		}
	}
	return nil
}

// heardFloor is the confidence from which phrases count that are heard only, and from which they are worth telling. There are many of them: at the
// floor of the others they would be taken out of ordinary talk by turns.
const heardFloor = 0.5

// Below heardScore, in nats a phoneme, phrases that are heard only need the voice or the gist. No phrase is sure below sureScore: on a line on
// which everything is misread some phrase lies better than innocent speech ever lets it, and still badly.
const (
	heardScore = -1.3
	sureScore  = -1.5
)

// aroundLeast is how likely the stretch that a phrase lies in must be of harassment or need for the phrase to be sure: what is said around a slip of the
// spotter is mostly like nothing (decision 0066).
const aroundLeast = 0.2

func (r *Rules) readPhrase(p evidence.Phrase) []hit {
	i, ok := r.byID[p.ID]
	if !ok {
		return nil // a phrase of an older lexicon: it was listened for, but no longer counts
	}
	k := r.entries[i]
	if k.Heard && p.Confidence < heardFloor {
		return nil
	}
	h := hit{Finding: finding(k.category, k.Level, p.Head, k.Surface, k.ID, becausePhrase), heard: p.Confidence}
	h.weak = k.Heard && p.Score < heardScore
	h.sure = p.Confidence >= r.Thresholds.PhraseSure && p.Score >= sureScore && !h.weak && (p.Around == 0 || p.Around >= aroundLeast)
	return []hit{h}
}

// readWords reads one utterance: every entry whose form is in it, best one a category; guards of the same
// utterance put hits aside, and words of a trade that the centre has chosen explain the letters that they are made of.
func (r *Rules) readWords(s *scan, u evidence.Utterance) []hit {
	t, hits := s.text, s.hits[:0]
	var in trade
	for _, i := range r.entriesIn(s) {
		k := &r.entries[i]
		h := hit{Finding: finding(k.category, k.Level, u.Head, u.Text, k.ID, becauseWords), sure: true, needs: k.needs, full: k.full}
		h.Confidence = u.Confidence
		if k.category == GCrisis && k.Level == Warning {
			h.Level, h.Because = Warning, becauseMayNeed
		}
		if !k.trade {
			hits = append(hits, h)
		} else if at := r.placesOf(s, i); len(at) > 0 {
			in.hits, in.spans = append(in.hits, h), append(in.spans, at...)
		}
	}
	if s.hits = hits; len(t.Runes) < 2 {
		return slices.Clone(hits)
	}
	o := r.opine(t.Runes)
	hits = r.readSounds(hits, s, u, o)
	hits = r.weigh(putAside(hits, o.harm), s, u, o)
	if len(in.spans) > 0 {
		hits = r.explain(hits, in, t, u)
	}
	if no := r.denied(s); len(no) > 0 {
		hits = r.deny(hits, no, t, u)
	}
	s.hits = hits
	return slices.Clone(best(hits))
}

// best keeps one hit a category: one that counts before one that was put aside, then one that is more than a sound, then
// the highest level, then the first. It uses the room of what it is given.
func best(hits []hit) []hit {
	out := hits[:0]
	for _, h := range hits {
		i := slices.IndexFunc(out, func(o hit) bool { return o.Category == h.Category })
		switch {
		case i < 0:
			out = append(out, h)
		case (h.why == "") != (out[i].why == ""):
			if h.why == "" {
				out[i] = h
			}
		case h.faint != out[i].faint:
			if out[i].faint {
				out[i] = h
			}
		case h.why != "" && seesNothing(h.why) != seesNothing(out[i].why):
			if seesNothing(out[i].why) {
				out[i] = h // the reason that says more
			}
		case h.Level > out[i].Level:
			out[i] = h
		}
	}
	return out
}

// seesNothing tells that the statistics alone put a hit aside.
func seesNothing(because string) bool {
	return because == becauseUnlikely || because == becauseElsewhere
}

// entriesIn gives the entries found in a text, in the lexicon's order.
func (r *Rules) entriesIn(s *scan) []int32 {
	var out []int32
	for _, sym := range s.touched {
		for _, b := range r.finder.byFirst[sym] {
			if b.needs&^s.letters == 0 && !slices.Contains(out, b.owner) && s.match(&r.finder.all[b.pattern]) {
				out = append(out, b.owner)
			}
		}
	}
	slices.Sort(out)
	var sheet []pattern // whose unless was looked for last: entries of a sheet stand together
	silent := false
	return slices.DeleteFunc(out, func(i int32) bool {
		k := &r.entries[i]
		if len(k.unless) > 0 && (len(sheet) == 0 || &sheet[0] != &k.unless[0]) {
			sheet, silent = k.unless, s.any(k.unless)
		}
		return len(k.unless) > 0 && silent || s.any(k.negations)
	})
}

func (s *scan) any(ps []pattern) bool {
	for i := range ps {
		if s.has(&ps[i]) {
			return true
		}
	}
	return false
}

// putAside marks hits that a guard in the same utterance explains: what was quoted or suffered, and, where the
// statistics do not see harassment all the same, words of a trade.
func putAside(hits []hit, harm float64) []hit {
	reason := ""
	for _, h := range hits {
		switch h.Category {
		case GVictim:
			reason = becauseQuoted
		case GBus:
			if reason == "" && harm < tradeAt {
				reason = becauseBusiness
			}
		}
	}
	if reason == "" {
		return hits
	}
	for i := range hits {
		if !hits[i].Category.IsGuard() {
			hits[i].why = reason
		}
	}
	return hits
}

func finding(c Category, l Level, h evidence.Head, words, entry, because string) Finding {
	if c.IsGuard() {
		l = None
		if c == GCrisis {
			l = Emergency
		}
	}
	return Finding{Category: c, Channel: c.Channel(), Level: l, Words: words, Entry: entry, Because: because,
		FromMS: h.FromMS, ToMS: h.ToMS, Source: h.Source}
}
