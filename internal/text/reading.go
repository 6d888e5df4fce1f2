package text

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// How kanji are read, counted in a dictionary by train/readings: a line a kanji, up to three readings, the commonest
// first.
//
//go:embed readings/readings.gz
var readingsFile []byte

// readings is the table made ready. It never changes.
//
//nolint:gochecknoglobals // made once, of what is embedded
var readings = sync.OnceValues(func() (*Readings, error) { return readReadings(readingsFile) })

// Bounds of the table of readings.
const (
	firstKanji = '一'
	lastKanji  = '\u9fff'
	firstKana  = 'ぁ'
	lastKana   = 'ゖ'
	smallKana  = "ぁぃぅぇぉゃゅょゎ"
)

// Readings tells how letters may sound. It doesn't change and may be used by many goroutines.
type Readings struct {
	letters map[rune][][]Phone                                   // what is neither kana nor kanji
	words   map[rune][]oddWord                                   // by their first letter
	first   [lastKanji - firstKanji + 2]uint16                   // of each kanji, in spans
	spans   []stretch                                            // its readings, in phones
	phones  []Phone                                              // all of them, one after the other
	morae   [lastKana - firstKana + 1][1 + len(smallKana)/3]mora // of a kana, and of it with a small one after it
}

// A stretch of phonemes.
type stretch struct{ from, to uint32 }

// A mora is the sound of a kana with the small one after it.
type mora struct {
	p [4]Phone
	n uint8
}

// An oddWord is a word that is not read as its letters are.
type oddWord struct {
	rest   []rune // after the first letter
	phones []Phone
}

// oddWords are common words that their kanji don't tell.
func oddWords() string {
	return "土下座=どげざ 今日=きょう 明日=あした 昨日=きのう 一昨日=おととい 今年=ことし 一人=ひとり 二人=ふたり 大人=おとな 素人=しろうと 玄人=くろうと 下手=へた 上手=じょうず " +
		"何処=どこ 何時=いつ 土産=みやげ 部屋=へや 時計=とけい 今朝=けさ 一日=ついたち 二十歳=はたち 人数=にんず 可愛=かわい 真面目=まじめ 田舎=いなか 息子=むすこ 眼鏡=めがね " +
		"出席=しゅっせき 失礼=しつれい 一回=いっかい 十回=じゅっかい 一緒=いっしょ 絶対=ぜったい 一生=いっしょう 学校=がっこう 発表=はっぴょう 結婚=けっこん 失敗=しっぱい 日本=にほん"
}

// latin are letters and figures as they are said.
func latin() string {
	return "a=えー b=びー c=しー d=でぃー e=いー f=えふ g=じー h=えいち i=あい j=じぇー k=けー l=える m=えむ n=えぬ o=おー p=ぴー q=きゅー r=あーる s=えす " +
		"t=てぃー u=ゆー v=ぶい w=だぶりゅー x=えっくす y=わい z=ぜっと 0=ぜろ,れい 1=いち,いっ,ひと 2=に,ふた 3=さん 4=よん,し 5=ご 6=ろく,ろっ 7=なな,しち 8=はち,はっ 9=きゅう,く"
}

// ReadingsOfKanji gives the table of readings.
func ReadingsOfKanji() (*Readings, error) { return readings() }

func readReadings(b []byte) (*Readings, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("readings: %w", err)
	}
	all, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("readings: %w", err)
	}
	r := &Readings{letters: map[rune][][]Phone{}, words: map[rune][]oddWord{}}
	r.spell()
	for pair := range strings.FieldsSeq(latin()) {
		c, ways, _ := strings.Cut(pair, "=")
		for way := range strings.SplitSeq(ways, ",") {
			letter := []rune(c)[0]
			r.letters[letter] = append(r.letters[letter], r.sound(way))
		}
	}
	for pair := range strings.FieldsSeq(oddWords()) {
		word, way, _ := strings.Cut(pair, "=")
		w := []rune(word)
		r.words[w[0]] = append(r.words[w[0]], oddWord{w[1:], r.sound(way)})
	}
	next := rune(firstKanji)
	for line := range strings.Lines(string(all)) {
		c, n := utf8.DecodeRuneInString(line)
		if c < next || c > lastKanji {
			return nil, fmt.Errorf("readings: %q is no kanji, or not in order", c)
		}
		for ; next <= c; next++ {
			r.first[next-firstKanji] = uint16(len(r.spans))
		}
		for way := range strings.FieldsSeq(line[n:]) {
			from := uint32(len(r.phones))
			r.phones = append(r.phones, r.sound(way)...)
			r.spans = append(r.spans, stretch{from, uint32(len(r.phones))})
		}
	}
	for ; next <= lastKanji+1; next++ {
		r.first[next-firstKanji] = uint16(len(r.spans))
	}
	return r, nil
}

// spell fills the table of kana.
func (r *Readings) spell() {
	smalls := append([]rune{0}, []rune(smallKana)...)
	for c := rune(firstKana); c <= lastKana; c++ {
		for i, small := range smalls {
			kana := string(c)
			if small != 0 {
				kana += string(small)
			}
			all, err := Phones(kana)
			if c == 'は' && small == 0 {
				all[0] = particle
			}
			if m := &r.morae[c-firstKana][i]; err == nil {
				m.n = uint8(copy(m.p[:], all))
			}
		}
	}
}

// mora gives the sound of the kana at a place, and how many letters it takes. は may be a particle.
func (r *Readings) mora(t []rune, at int) ([]Phone, int) {
	c := t[at]
	n, small := 1, 0
	if at+1 < len(t) {
		if i := strings.IndexRune(smallKana, t[at+1]); i >= 0 {
			n, small = 2, 1+i/len("ぁ")
		}
	}
	m := &r.morae[c-firstKana][small]
	return m.p[:m.n], n
}

// sound gives the phonemes of hiragana as they are written, nothing left out.
func (r *Readings) sound(kana string) []Phone {
	var out []Phone
	t := []rune(kana)
	for i := 0; i < len(t); {
		if t[i] < firstKana || t[i] > lastKana {
			i++
			continue
		}
		p, n := r.mora(t, i)
		out = append(out, p...)
		i += n
	}
	return out
}

// An Edge is one way in which the letters of a text between two places may sound.
type Edge struct {
	From, To int32
	Phones   []Phone // must not be changed
}

// A Lattice is all the ways in which a text may sound. Its nodes are the places between letters.
type Lattice struct {
	Edges []Edge  // in the order of From
	First []int32 // of the edges that leave each node; one more for the end
	none  [1]Phone
}

// Nodes is the number of places, the end included.
func (l *Lattice) Nodes() int { return len(l.First) - 1 }

// Leaving gives the edges that leave a node.
func (l *Lattice) Leaving(node int) []Edge { return l.Edges[l.First[node]:l.First[node+1]] }

// Fill makes the lattice of a folded text. Nothing is allocated when it has been filled with as long a text before.
func (r *Readings) Fill(l *Lattice, t []rune) {
	l.Edges, l.First, l.none[0] = l.Edges[:0], l.First[:0], unknown
	for i := range t {
		l.First = append(l.First, int32(len(l.Edges)))
		r.leave(l, t, i)
	}
	l.First = append(l.First, int32(len(l.Edges)), int32(len(l.Edges)))
}

// leave adds the edges that leave a place.
func (r *Readings) leave(l *Lattice, t []rune, at int) {
	edge := func(n int, p []Phone) { l.Edges = append(l.Edges, Edge{int32(at), int32(at + n), p}) }
	c := t[at]
	if c == '々' && at > 0 && t[at-1] >= firstKanji {
		c = t[at-1]
	}
	switch {
	case c >= firstKana && c <= lastKana:
		p, n := r.mora(t, at)
		edge(n, p)
	case c >= firstKanji && c <= lastKanji:
		for _, w := range r.words[c] {
			if n := len(w.rest); at+n < len(t) && slices.Equal(w.rest, t[at+1:at+1+n]) {
				edge(1+n, w.phones)
			}
		}
		spans := r.spans[r.first[c-firstKanji]:r.first[c-firstKanji+1]]
		for _, s := range spans {
			edge(1, r.phones[s.from:s.to])
		}
		if len(spans) == 0 {
			edge(1, l.none[:])
		}
	default:
		for _, p := range r.letters[c] {
			edge(1, p)
		}
		if len(r.letters[c]) == 0 {
			edge(1, l.none[:])
		}
	}
}

// Of gives the readings of a kanji, the commonest first; nothing for what is none. They must not be changed.
func (r *Readings) Of(c rune) [][]Phone {
	if c < firstKanji || c > lastKanji {
		return nil
	}
	var out [][]Phone
	for _, s := range r.spans[r.first[c-firstKanji]:r.first[c-firstKanji+1]] {
		out = append(out, r.phones[s.from:s.to])
	}
	return out
}
