package edge

import (
	"testing"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/policy"
)

// An agent who hangs up on hearing that the call is taken off him ends his own leg only.
func TestAnAgentWhoHangsUpAtTheNotice(t *testing.T) {
	for do, line := range map[string]string{policy.CommandVoicebot: bus.LineBot, policy.CommandCut: bus.LineCutting} {
		t.Run(do, func(t *testing.T) {
			h := newHouse(t, nil)
			defer h.stop()
			ctx := limited(t)
			caller, agent := h.talk(ctx)
			v := h.until(ctx, "the call", func(v bus.CallView) bool { return v.Line == bus.LineWatching })
			cmd := bus.CommandRequest{V: bus.Version, Call: v.Incoming.ID, ID: "1", Command: policy.Command{Do: do, By: "op7"}}
			if r, err := h.office.Command(ctx, v.Edge, cmd); err != nil || r.Error != "" {
				t.Fatalf("%+v %v", r, err)
			}
			h.until(ctx, "the taking off", func(v bus.CallView) bool { return v.Line == line })
			if err := agent.Hangup(ctx); err != nil {
				t.Fatal(err)
			}
			h.until(ctx, "the agent's leaving", func(v bus.CallView) bool { return len(v.Lines) > 0 && v.Lines[len(v.Lines)-1].Text == "leg_gone" })
			if err := caller.Hangup(ctx); err != nil {
				t.Error(err)
			}
			if v := h.until(ctx, "the end", func(v bus.CallView) bool { return v.Ended != nil }); v.Ended.By != call.ByCaller {
				t.Errorf("the agent has ended the caller's call: %+v", v.Ended)
			}
		})
	}
}
