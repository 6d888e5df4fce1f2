package eval

import (
	"regexp"
	"slices"
	"strings"

	"commusafe/internal/judge"
	"commusafe/internal/text"
)

// distinctive is how many letters make words that hardly two people write alike.
const distinctive = 5

// unseen gives the lexicon as it would be if some lines had never been seen: without the entries that name one of
// them (from), and without every word of a general rule or class, of distinctive letters or more, that stands in one of
// those lines and in no other of the set. So a rule keeps its general words and loses what it may have been given by
// the line that is the test, whether it says so or not. An entry loses its reading likewise, when it is one of those that
// only a line of the test sounds like.
func unseen(l judge.Lexicon, held, others []Line, sounds map[string]bool) judge.Lexicon {
	ids := map[string]bool{}
	for _, h := range held {
		ids[h.ID] = true
	}
	mine, theirs := keys(held), keys(others)
	given := func(w string) bool {
		k := text.Part(strings.TrimSuffix(w, "$"))
		return len([]rune(k)) >= distinctive && strings.Contains(mine, k) && !strings.Contains(theirs, k)
	}
	out := l.Without(ids)
	out.Classes = slices.Clone(out.Classes)
	for i, c := range out.Classes {
		out.Classes[i].Words = slices.DeleteFunc(slices.Clone(c.Words), given)
		out.Classes[i].Verbs = slices.DeleteFunc(slices.Clone(c.Verbs), given)
	}
	for i, s := range out.Sheets {
		entries := slices.Clone(s.Entries)
		for k := range entries {
			if given(entries[k].Surface) {
				entries[k].Surface = ""
			}
			entries[k].Forms = formsWithout(entries[k].Forms, given)
			if sounds[entries[k].ID] {
				entries[k].Reading = ""
			}
		}
		out.Sheets[i].Entries = slices.DeleteFunc(entries, func(e judge.Entry) bool {
			return e.Surface == "" && len(e.Forms) == 0 && e.Reading == ""
		})
	}
	return out
}

// sounding gives the entries by what lines sound like.
func sounding(rules *judge.Rules, lines []Line) map[string]bool {
	out := map[string]bool{}
	for _, l := range lines {
		for _, id := range rules.SoundsLike(l.Text) {
			out[id] = true
		}
	}
	return out
}

func keys(lines []Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(text.Key(l.Text))
		b.WriteByte('\n')
	}
	return b.String()
}

// formsWithout takes given words out of forms: out of (a|b) where there are others, else the form with them.
func formsWithout(forms []string, given func(string) bool) []string {
	groups, marks := regexp.MustCompile(`\(([^()]*)\)`), regexp.MustCompile(`<[^>]*>|\([^()]*\)|[…^$ ]`)
	var out []string
	for _, f := range forms {
		empty := slices.ContainsFunc(marks.Split(f, -1), given)
		f = groups.ReplaceAllStringFunc(f, func(g string) string {
			words := slices.DeleteFunc(strings.Split(g[1:len(g)-1], "|"), given)
			empty = empty || len(words) == 0
			return "(" + strings.Join(words, "|") + ")"
		})
		if !empty {
			out = append(out, f)
		}
	}
	return out
}
