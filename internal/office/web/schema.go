package web

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/dialogue"
	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
	"commusafe/internal/policy"
)

// The closed sets of the domain packages, as enumerations of the API description. The domain knows nothing of huma.
type (
	levelSchema     string
	categorySchema  string
	channelSchema   string
	stageSchema     string
	doSchema        string
	modeSchema      string
	presetSchema    string
	partySchema     string
	directionSchema string
	bySchema        string
	withheldSchema  string
	roleSchema      string
	rightSchema     string
	dialogueSchema  string
	stepSchema      string
	exitSchema      string
	topicSchema     string
)

func enum[T ~string](values ...T) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, v := range values {
		s.Enum = append(s.Enum, string(v))
	}
	return s
}

// Schema lists the levels.
func (levelSchema) Schema(huma.Registry) *huma.Schema { return enum("S0", "S1", "S2", "S3", "S4") }

// Schema lists categories and guards.
func (categorySchema) Schema(huma.Registry) *huma.Schema {
	return enum(append(judge.Categories(), judge.Guards()...)...)
}

// Schema lists the channels.
func (channelSchema) Schema(huma.Registry) *huma.Schema {
	return enum(judge.Manner, judge.Content, judge.Persistence, judge.Acoustic)
}

// Schema lists the stages.
func (stageSchema) Schema(huma.Registry) *huma.Schema { return enum(stages()...) }

func stages() []policy.Stage {
	return []policy.Stage{policy.StageNormal, policy.StageWatch, policy.StageWarn1, policy.StageWarn2, policy.StageFinal,
		policy.StageClosing, policy.StageClosed, policy.StageEmergency}
}

// Schema lists the actions.
func (doSchema) Schema(huma.Registry) *huma.Schema { return enum(actions()...) }

func actions() []policy.Do {
	return []policy.Do{policy.Notify, policy.Alert, policy.Warn1, policy.Warn2, policy.Final, policy.Closing, policy.Cut,
		policy.AskKey, policy.Announce, policy.Voicebot, policy.Rejoin, policy.LimitNow, policy.Stop, policy.End}
}

// Schema lists the modes.
func (modeSchema) Schema(huma.Registry) *huma.Schema {
	return enum(policy.Auto, policy.AskFirst, policy.Off)
}

// Schema lists the presets.
func (presetSchema) Schema(huma.Registry) *huma.Schema {
	return enum(policy.PresetWatch, policy.PresetAsk, policy.PresetAuto)
}

// Schema lists the parties; marks of a person have none.
func (partySchema) Schema(huma.Registry) *huma.Schema { return enum(call.Caller, call.Agent) }

// Schema lists the directions.
func (directionSchema) Schema(huma.Registry) *huma.Schema { return enum(call.Inbound, call.Outbound) }

// Schema lists who may end a call.
func (bySchema) Schema(huma.Registry) *huma.Schema {
	return enum(call.ByCaller, call.ByAgent, call.BySupervisor, call.ByPolicy, call.BySystem)
}

// Schema lists why a number is not shown.
func (withheldSchema) Schema(huma.Registry) *huma.Schema {
	return enum(call.Withheld, call.Payphone, call.OutOfArea, call.Unspecified)
}

// Schema lists the roles.
func (roleSchema) Schema(huma.Registry) *huma.Schema { return enum(staff.Roles()...) }

// Schema lists the rights.
func (rightSchema) Schema(huma.Registry) *huma.Schema { return enum(staff.ConsultationDesk) }

// Schema lists the ways of a voicebot's dialogue.
func (dialogueSchema) Schema(huma.Registry) *huma.Schema {
	return enum(dialogue.Full, dialogue.MessageOnly, dialogue.NoAgent, dialogue.Refused)
}

// Schema lists the steps of a voicebot's dialogue.
func (stepSchema) Schema(huma.Registry) *huma.Schema {
	return enum(dialogue.Greet, dialogue.Purpose, dialogue.Mirror, dialogue.Number, dialogue.Leaving, dialogue.Recording, dialogue.Thanking, dialogue.Over)
}

// Schema lists the ways out of a voicebot's dialogue.
func (exitSchema) Schema(huma.Registry) *huma.Schema { return enum(dialogue.Exits()...) }

// Schema lists what a call can be about.
func (topicSchema) Schema(huma.Registry) *huma.Schema { return enum(dialogue.Topics()...) }

func alias[T, A any](r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[T](), reflect.TypeFor[A]())
}

func aliases(r huma.Registry) {
	alias[judge.Level, levelSchema](r)
	alias[judge.Category, categorySchema](r)
	alias[judge.Channel, channelSchema](r)
	alias[policy.Stage, stageSchema](r)
	alias[policy.Do, doSchema](r)
	alias[policy.Mode, modeSchema](r)
	alias[policy.Preset, presetSchema](r)
	alias[call.Party, partySchema](r)
	alias[call.Direction, directionSchema](r)
	alias[call.By, bySchema](r)
	alias[call.Withholding, withheldSchema](r)
	alias[staff.Role, roleSchema](r)
	alias[staff.Right, rightSchema](r)
	alias[dialogue.Way, dialogueSchema](r)
	alias[dialogue.Step, stepSchema](r)
	alias[dialogue.Exit, exitSchema](r)
	alias[dialogue.Topic, topicSchema](r)
	alias[huma.ErrorModel, Problem](r)
}

// events are the events of the live feed with the type of their data.
func events() []event {
	return []event{
		{"snapshot", LiveView{}}, {"call", bus.CallView{}}, {"call_gone", CallGone{}}, {"notice", NoticeView{}},
		{"limits", Limits{}}, {"health", HealthView{}}, {"settings", SettingsBrief{}},
	}
}

type event struct {
	name string
	data any
}

// liveSchema describes the feed: one object an event, by its name.
func liveSchema(r huma.Registry) *huma.Schema {
	var kinds []*huma.Schema
	for _, e := range events() {
		kinds = append(kinds, &huma.Schema{Type: huma.TypeObject, Title: "Event " + e.name, Required: []string{"event", "data"},
			Properties: map[string]*huma.Schema{
				"id":    {Type: huma.TypeString, Description: "Give it back as Last-Event-ID."},
				"event": {Type: huma.TypeString, Enum: []any{e.name}},
				"data":  r.Schema(reflect.TypeOf(e.data), true, e.name),
			}})
	}
	return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{OneOf: kinds}}
}

// plainArrays takes the null out of lists: ours are empty or absent, never null.
func plainArrays(r huma.Registry) {
	for _, s := range r.Map() {
		for _, p := range s.Properties {
			if p.Type == huma.TypeArray {
				p.Nullable = false
			}
		}
	}
}
