package incident

import "errors"

// An Outcome is what people found a case to be.
type Outcome string

// The outcomes. A legitimate complaint is one of its own, and so is a judgement that was wrong (E-10, E-17).
const (
	Harassment Outcome = "harassment" // 該当
	Complaint  Outcome = "complaint"  // 正当な苦情
	Neither    Outcome = "neither"    // 該当しない
	WrongFlag  Outcome = "wrong_flag" // 誤検知
)

// Outcomes lists them in the order of the screen.
func Outcomes() []Outcome { return []Outcome{Harassment, Complaint, Neither, WrongFlag} }

// An Answer is a person's answer to one element.
type Answer string

// The answers; the empty one is none.
const (
	Yes Answer = "yes"
	No  Answer = "no"
)

// A Review is a person's answer to each of the three elements that the law asks for, all of which must hold for
// harassment: conduct of a customer, beyond what is socially acceptable, and a working environment that is harmed.
type Review struct {
	Conduct Answer `json:"conduct,omitempty"`
	Beyond  Answer `json:"beyond,omitempty"`
	Harmed  Answer `json:"harmed,omitempty"`
	Note    string `json:"note,omitempty"`
}

// Errors of a review, each with a sentence in the text catalogue.
var (
	ErrElements = errors.New("each of the three elements needs an answer, yes or no")
	ErrOutcome  = errors.New("the outcome is not known, or does not follow from the answers: harassment needs three times yes, anything else a no")
)

// Fits tells whether the answers are all there and lead to the outcome.
func (r Review) Fits(o Outcome) error {
	all := true
	for _, a := range []Answer{r.Conduct, r.Beyond, r.Harmed} {
		if a != Yes && a != No {
			return ErrElements
		}
		all = all && a == Yes
	}
	switch o {
	case Harassment, Complaint, Neither, WrongFlag:
	default:
		return ErrOutcome
	}
	if all != (o == Harassment) {
		return ErrOutcome
	}
	return nil
}
