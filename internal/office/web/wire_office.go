package web

import (
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/staff"
	"commusafe/internal/policy"
)

// A LogIn is what is typed on the log-in page.
type LogIn struct {
	Login    string `json:"login" minLength:"1" maxLength:"100"`
	Password string `json:"password" minLength:"1" maxLength:"200"`
}

// A Me is who has logged in and what may be done.
type Me struct {
	ID          staff.ID           `json:"id"`
	Login       string             `json:"login"`
	Name        string             `json:"name"`
	Role        staff.Role         `json:"role"`
	Rights      []staff.Right      `json:"rights"`
	Permissions []staff.Permission `json:"permissions"`
	MustChange  bool               `json:"must_change_password"`
	Version     string             `json:"version" doc:"Of the program."`
}

// A NewPassword changes the own password.
type NewPassword struct {
	Old string `json:"old" minLength:"1" maxLength:"200"`
	New string `json:"new" minLength:"12" maxLength:"200"`
}

// A PersonView is somebody who works here.
type PersonView struct {
	ID         staff.ID      `json:"id"`
	Login      string        `json:"login"`
	Name       string        `json:"name"`
	Role       staff.Role    `json:"role"`
	Rights     []staff.Right `json:"rights"`
	Disabled   bool          `json:"disabled"`
	MustChange bool          `json:"must_change_password"`
}

// People are everybody.
type People struct {
	People []PersonView `json:"people"`
}

// A NewPerson is added by an administrator.
type NewPerson struct {
	Login string     `json:"login" minLength:"2" maxLength:"100"`
	Name  string     `json:"name" minLength:"1" maxLength:"100"`
	Role  staff.Role `json:"role"`
}

// A FirstPassword is shown once, to be handed over.
type FirstPassword struct {
	Person   PersonView `json:"person"`
	Password string     `json:"password"`
}

// A PersonPatch changes somebody; absent fields stay.
type PersonPatch struct {
	Name     *string     `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Role     *staff.Role `json:"role,omitempty"`
	Disabled *bool       `json:"disabled,omitempty"`
}

// A LimitView is a restriction on later calls of a number, with its history.
type LimitView struct {
	ID          string      `json:"id"`
	Number      NumberView  `json:"number"`
	Matter      string      `json:"matter,omitempty" doc:"What the limit is about, where it is about one thing only."`
	Take        string      `json:"take" enum:"team,voicebot,message,refuse,candidate"`
	State       string      `json:"state" enum:"suggested,proposed,in_force,ended,lifted"`
	Provisional bool        `json:"provisional"`
	From        time.Time   `json:"from"`
	Until       time.Time   `json:"until"`
	Review      time.Time   `json:"review,omitzero"`
	Reason      string      `json:"reason"`
	Elsewhere   string      `json:"elsewhere,omitempty" doc:"The other way in that stays open."`
	Call        call.ID     `json:"call,omitempty"`
	ProposedBy  string      `json:"proposed_by,omitempty" doc:"Name; empty for the machine."`
	ApprovedBy  string      `json:"approved_by,omitempty"`
	LiftedBy    string      `json:"lifted_by,omitempty"`
	LiftedWhy   string      `json:"lifted_why,omitempty"`
	Dialogue    string      `json:"dialogue,omitempty"`
	Voice       *LimitVoice `json:"voice,omitempty"`
	MayApprove  bool        `json:"may_approve" doc:"Whether who asks may be the second person."`
}

// Limits are those in force, proposed and past, newest first.
type Limits struct {
	Limits []LimitView `json:"limits"`
}

// A LimitProposal waits for a second person. Number, or the call whose caller is meant.
type LimitProposal struct {
	Number    string           `json:"number,omitempty" maxLength:"40"`
	Call      call.ID          `json:"call,omitempty"`
	Withheld  call.Withholding `json:"withheld,omitempty" doc:"In place of a number: everybody who withholds it in this way. Not with take refuse."`
	Matter    string           `json:"matter,omitempty" maxLength:"200" doc:"Of limits to team or voicebot."`
	Take      string           `json:"take" enum:"team,voicebot,message,refuse,candidate" doc:"candidate: the limit is for the voice alone and restricts nothing."`
	Voice     bool             `json:"voice,omitempty" doc:"The voice of the call's caller is registered with the limit; its case must be closed as harassment."`
	Days      int              `json:"days" minimum:"1" maximum:"180"`
	Reason    string           `json:"reason" minLength:"1" maxLength:"1000"`
	Elsewhere string           `json:"elsewhere" minLength:"1" maxLength:"500"`
	Dialogue  string           `json:"dialogue,omitempty" maxLength:"2000" doc:"What was talked over with a caller who has asked for an accommodation; needed then."`
}

// A Reason is given for what one person undoes.
type Reason struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1000"`
}

// A NoticeView is something that a person must know of.
type NoticeView struct {
	ID             string         `json:"id"`
	Call           call.ID        `json:"call"`
	Level          judge.Level    `json:"level"`
	Category       judge.Category `json:"category,omitempty"`
	State          string         `json:"state" enum:"triggered,escalated,acknowledged,resolved"`
	At             time.Time      `json:"at"`
	Escalated      time.Time      `json:"escalated_at,omitzero"`
	AcknowledgedBy string         `json:"acknowledged_by,omitempty"`
	Acknowledged   time.Time      `json:"acknowledged_at,omitzero"`
	Note           string         `json:"note,omitempty"`
}

// Notices are the newest, newest first.
type Notices struct {
	Notices []NoticeView `json:"notices"`
}

// A Note goes with an acknowledgement.
type Note struct {
	Note string `json:"note,omitempty" maxLength:"500"`
}

// An IncidentView is a case, drafted by the product and handled by people.
type IncidentView struct {
	ID       string         `json:"id"`
	Call     call.ID        `json:"call"`
	Category judge.Category `json:"category,omitempty"`
	Level    judge.Level    `json:"level"`
	Status   string         `json:"status" enum:"new,open,closed"`
	Created  time.Time      `json:"created"`
	Outcome  string         `json:"outcome,omitempty" enum:"harassment,complaint,neither,wrong_flag"`
	Review   *ReviewView    `json:"review,omitempty"`
	// Proposed and Types are official types. Only what a person has stated is a decision.
	Proposed *incident.Types `json:"proposed,omitempty" doc:"Official types that the product proposes, as they were when it was closed; in a list only where that is noted."`
	Types    *TypesStated    `json:"types,omitempty" doc:"Official types that a person has stated; none until then."`
}

// A TypesStated is which official types a person has stated.
type TypesStated struct {
	Version int64          `json:"version" doc:"Counts the statements."`
	Types   incident.Types `json:"types"`
	By      string         `json:"by"`
	At      time.Time      `json:"at"`
}

// A TypesStatement states the official types of a closed case. Version is that of the statement that was read, 0 for none.
type TypesStatement struct {
	Version int64          `json:"version" minimum:"0"`
	Types   incident.Types `json:"types"`
}

// A ReviewView is a person's answer to each of the three elements of the law.
type ReviewView struct {
	Conduct incident.Answer `json:"conduct,omitempty" enum:"yes,no" doc:"Conduct of a customer or the like."`
	Beyond  incident.Answer `json:"beyond,omitempty" enum:"yes,no" doc:"Beyond what is socially acceptable, by content or manner."`
	Harmed  incident.Answer `json:"harmed,omitempty" enum:"yes,no" doc:"The working environment is harmed."`
	Note    string          `json:"note,omitempty" maxLength:"2000"`
}

// A NewIncident is a case that a person opens for a past call.
type NewIncident struct {
	Category judge.Category `json:"category"`
}

// Incidents are the newest, newest first.
type Incidents struct {
	Incidents []IncidentView `json:"incidents"`
}

// An IncidentStatus moves a case on.
type IncidentStatus struct {
	Status  string      `json:"status" enum:"open,closed"`
	Outcome string      `json:"outcome,omitempty" enum:"harassment,complaint,neither,wrong_flag" doc:"Needed for closing."`
	Review  *ReviewView `json:"review,omitempty" doc:"Needed for closing: each element answered."`
	// Types are stated for harassment only.
	Types *incident.Types `json:"types,omitempty" doc:"Official types that the person states; only of harassment. Without them nothing is decided about types."`
}

// An ObjectionView is what a limited caller has against the limit: a task.
type ObjectionView struct {
	ID       string    `json:"id"`
	Limit    string    `json:"limit"`
	Way      string    `json:"way" enum:"letter,web,phone,other"`
	Words    string    `json:"words"`
	At       time.Time `json:"at"`
	TakenBy  string    `json:"taken_by,omitempty"`
	Due      time.Time `json:"due"`
	Late     bool      `json:"late"`
	Decision string    `json:"decision,omitempty" enum:"kept,lifted"`
	Answer   string    `json:"answer,omitempty"`
	DoneBy   string    `json:"done_by,omitempty"`
	Done     time.Time `json:"done,omitzero"`
}

// Objections are the open ones, the most urgent first, and then those that are answered.
type Objections struct {
	Objections []ObjectionView `json:"objections"`
}

// A NewObjection is written down by whoever received it.
type NewObjection struct {
	Way   string `json:"way" enum:"letter,web,phone,other"`
	Words string `json:"words" minLength:"1" maxLength:"2000"`
}

// An ObjectionAnswer is the decision on an objection.
type ObjectionAnswer struct {
	Lift   bool   `json:"lift" doc:"The limit ends."`
	Answer string `json:"answer" minLength:"1" maxLength:"2000"`
}

// A SettingsView is what the centre has decided, as it is in force.
type SettingsView struct {
	Version    int64            `json:"version"`
	Author     string           `json:"author,omitempty" doc:"Name; empty for what is shipped."`
	At         time.Time        `json:"at,omitzero"`
	Reason     string           `json:"reason,omitempty"`
	Rules      policy.Rules     `json:"rules"`
	Thresholds judge.Thresholds `json:"thresholds"`
	Shipped    judge.Thresholds `json:"shipped_thresholds" doc:"What the product comes with."`
	CCAJ       []CCAJType       `json:"ccaj" doc:"Types of the CCAJ guideline, as the centre has entered them."`
	Lexicon    string           `json:"lexicon" doc:"Version of the expressions in force."`
	CutsToday  int              `json:"cuts_today"`
	Exempt     string           `json:"exempt,omitempty" doc:"Why 自動 runs without a shadow report; shown as a banner."`
	// AutoNeedsReason is true while no shadow report of 14 days exists.
	AutoNeedsReason bool          `json:"auto_needs_reason"`
	Voice           VoiceSettings `json:"voice"`
}

// A CCAJType is one type of the CCAJ guideline in the centre's words, with the categories that belong to it.
type CCAJType struct {
	Name       string           `json:"name" maxLength:"200"`
	Categories []judge.Category `json:"categories" maxItems:"18"`
}

// A CCAJChange puts types in the place of those that are there. Version is that of the settings that were read.
type CCAJChange struct {
	Version int64      `json:"version"`
	Types   []CCAJType `json:"types" maxItems:"100"`
}

// A SettingsChange puts rules in force. Version must be the one that was read.
type SettingsChange struct {
	Version    int64             `json:"version"`
	Rules      policy.Rules      `json:"rules"`
	Thresholds *judge.Thresholds `json:"thresholds,omitempty"`
	Reason     string            `json:"reason,omitempty" maxLength:"1000" doc:"Needed for 自動 without a shadow report."`
}

// A Process is one process of the product, by what it says of itself once a second.
type Process struct {
	Role    string         `json:"role"`
	Machine string         `json:"machine"`
	OK      bool           `json:"ok"`
	Away    bool           `json:"away" doc:"Not heard of for five seconds."`
	Why     string         `json:"why,omitempty"`
	Seen    time.Time      `json:"seen"`
	Counts  map[string]int `json:"counts,omitempty"`
}

// A HealthView is how the product is.
type HealthView struct {
	Processes []Process `json:"processes"`
	Bus       bool      `json:"bus"`
	Database  bool      `json:"database"`
}

// A TrailEntry is one thing somebody did.
type TrailEntry struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"`
	By      string    `json:"by,omitempty" doc:"Name; empty for the machine."`
	What    string    `json:"what"`
	Subject string    `json:"subject,omitempty" doc:"ID of what it was done to."`
	Detail  string    `json:"detail,omitempty"`
	Hash    string    `json:"hash"`
}

// A TrailPage is a part of the trail, newest first. Whole tells whether the chain of all entries holds.
type TrailPage struct {
	Entries []TrailEntry `json:"entries"`
	Next    int64        `json:"next,omitempty"`
	Whole   bool         `json:"whole"`
	Broken  int64        `json:"broken,omitempty" doc:"First entry that does not follow the one before."`
}

// A LiveView is the first event of the live feed: everything as it is.
type LiveView struct {
	Calls     []bus.CallView `json:"calls"`
	Notices   []NoticeView   `json:"notices"`
	Limits    []LimitView    `json:"limits"`
	Health    HealthView     `json:"health"`
	Settings  SettingsBrief  `json:"settings"`
	Heartbeat int            `json:"heartbeat_s" doc:"A comment comes at least so often."`
}

// A SettingsBrief is what every screen shows of the settings.
type SettingsBrief struct {
	Version   int64         `json:"version"`
	Preset    policy.Preset `json:"preset"`
	Exempt    string        `json:"exempt,omitempty"`
	CutsToday int           `json:"cuts_today"`
	CutCap    int           `json:"cut_cap"`
	Voices    bool          `json:"voices" doc:"Whether voices can be registered and are compared."`
}

// A CallGone says that a call has left the live table.
type CallGone struct {
	ID call.ID `json:"id"`
}
