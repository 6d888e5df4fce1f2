package incident

import "slices"

// A Tally is how often each official type was proposed by the product and stated by people, over closed cases.
type Tally struct {
	Closed     int        `json:"closed" doc:"Cases that were closed, whatever they were found to be."`
	Harassment int        `json:"harassment"`
	Stated     int        `json:"stated" doc:"Of those with harassment, in how many a person has stated types."`
	Rows       []TallyRow `json:"rows" doc:"Every type of every list, and those that have left it and stand in a case."`
}

// A TallyRow is one type. Proposed counts every closed case, also those that people found to be no harassment.
type TallyRow struct {
	List     List   `json:"list" enum:"mhlw2026,mhlw9,tokyo,ccaj"`
	Type     string `json:"type" doc:"Key of the text catalogue below type., or the centre's words."`
	Gone     bool   `json:"gone,omitempty" doc:"No longer in the list."`
	Proposed int    `json:"proposed" doc:"Closed cases for which the product proposed it."`
	Stated   int    `json:"stated" doc:"Cases in which a person has stated it."`
	Both     int    `json:"both" doc:"Cases in which it was proposed and stated."`
}

// Count counts closed cases. all are the types of the lists as they are.
func Count(cases []Incident, all Types) Tally {
	t := Tally{Closed: len(cases), Rows: []TallyRow{}}
	seen := all
	for _, i := range cases {
		if i.Outcome == Harassment {
			t.Harassment++
		}
		if i.Stated != nil {
			t.Stated++
			seen = seen.and(i.Stated.Types)
		}
		if i.Proposed != nil {
			seen = seen.and(*i.Proposed)
		}
	}
	for _, l := range Lists() {
		now := len(*all.Of(l))
		slices.Sort((*seen.Of(l))[now:])
		for _, name := range *seen.Of(l) {
			r := TallyRow{List: l, Type: name, Gone: !all.has(l, name)}
			for _, i := range cases {
				proposed, stated := i.Proposed != nil && i.Proposed.has(l, name), i.Stated != nil && i.Stated.Types.has(l, name)
				r.Proposed += one(proposed)
				r.Stated += one(stated)
				r.Both += one(proposed && stated)
			}
			t.Rows = append(t.Rows, r)
		}
	}
	return t
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
