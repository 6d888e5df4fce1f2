package staff

import "slices"

// A Role is what somebody is in the centre (contracts §5). The list is closed.
type Role string

// The roles.
const (
	Operator      Role = "operator"      // 応対者
	Supervisor    Role = "supervisor"    // 上席者(SV)
	Manager       Role = "manager"       // 責任者
	Administrator Role = "administrator" // 管理者
	Auditor       Role = "auditor"       // 監査担当
)

// Roles lists them in the order of the screen.
func Roles() []Role { return []Role{Operator, Supervisor, Manager, Administrator, Auditor} }

// A Right is given to single people beside their role.
type Right string

// ConsultationDesk reads what people tell the consultation desk, and nothing else does.
const ConsultationDesk Right = "consultation_desk"

// A Permission is one thing that a route needs.
type Permission string

// The permissions.
const (
	Anybody           Permission = "anybody"            // no log-in: the log-in page itself
	OwnAccount        Permission = "own_account"        // whoever has logged in
	SeeLive           Permission = "see_live"           // calls that run, with words
	Assist            Permission = "assist"             // help, wrong flag, final answer, accommodation
	CommandCalls      Permission = "command_calls"      // warn, announce, voicebot, rejoin, cut, hands off
	SeeCalls          Permission = "see_calls"          // calls that are over, with words
	Listen            Permission = "listen"             // their sound; each listening is in the trail
	SeeLimits         Permission = "see_limits"         //
	ProposeLimit      Permission = "propose_limit"      //
	ApproveLimit      Permission = "approve_limit"      // as the second person
	LiftLimit         Permission = "lift_limit"         //
	SeeNotices        Permission = "see_notices"        //
	AcknowledgeNotice Permission = "acknowledge_notice" //
	SeeIncidents      Permission = "see_incidents"      //
	HandleIncidents   Permission = "handle_incidents"   //
	SeeSettings       Permission = "see_settings"       //
	ChangeSettings    Permission = "change_settings"    //
	ApproveVoices     Permission = "approve_voices"     // as the second person, that voices are registered; and turn it off
	SeeLexicon        Permission = "see_lexicon"        //
	ChangeLexicon     Permission = "change_lexicon"     // the centre's own words
	TryRules          Permission = "try_rules"          // judge past calls with other rules; no words are shown
	SeeHealth         Permission = "see_health"         //
	SeeTrail          Permission = "see_trail"          // who did what
	ManageStaff       Permission = "manage_staff"       //
)

// Permissions gives what a role may. An administrator keeps the machine and the rules and has no access to recordings;
// an auditor reads everything that was written and listens to nothing.
func (r Role) Permissions() []Permission {
	switch r {
	case Operator:
		return []Permission{OwnAccount, SeeLive, Assist}
	case Supervisor:
		return []Permission{OwnAccount, SeeLive, Assist, CommandCalls, SeeCalls, Listen, SeeLimits, ProposeLimit, ApproveLimit,
			LiftLimit, SeeNotices, AcknowledgeNotice, SeeIncidents, HandleIncidents, SeeSettings, SeeLexicon, ChangeLexicon, TryRules, SeeHealth}
	case Manager:
		return []Permission{OwnAccount, SeeLive, SeeCalls, Listen, SeeLimits, ApproveLimit, LiftLimit, SeeNotices,
			AcknowledgeNotice, SeeIncidents, HandleIncidents, SeeSettings, ApproveVoices, SeeLexicon, ChangeLexicon, TryRules, SeeHealth}
	case Administrator:
		return []Permission{OwnAccount, SeeLive, SeeLimits, SeeNotices, SeeSettings, ChangeSettings, ApproveVoices, SeeLexicon, ChangeLexicon, TryRules, SeeHealth, ManageStaff}
	case Auditor:
		return []Permission{OwnAccount, SeeLive, SeeCalls, SeeLimits, SeeNotices, SeeIncidents, SeeSettings, SeeLexicon, SeeHealth, SeeTrail}
	}
	return nil
}

// May tells whether somebody with this role may do it.
func (r Role) May(p Permission) bool { return p == Anybody || slices.Contains(r.Permissions(), p) }

// Valid tells whether r is one of the roles.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }
