package demo

import (
	"fmt"
	"io"
	"log/slog"
	"sync"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/policy"
)

// A timeline prints what happens in all calls, as the live feed tells it.
type timeline struct {
	out  io.Writer
	link *bus.Link

	mu     sync.Mutex // guards below
	next   []string   // names of the calls that are being set up, in order
	names  map[call.ID]string
	seen   map[call.ID]int // the next line to print
	stages map[call.ID]policy.Stage
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func newTimeline(busFile string, out io.Writer) (*timeline, error) {
	link, err := bus.Connect(bus.Options{File: busFile, Site: "demo", Name: "demo", Log: quiet()})
	if err != nil {
		return nil, err
	}
	t := &timeline{out: out, link: link, names: map[call.ID]string{}, seen: map[call.ID]int{}, stages: map[call.ID]policy.Stage{}}
	if _, err := link.SubscribeUpdates(func(u bus.Update) { t.update(u.Call) }); err != nil {
		link.Close()
		return nil, err
	}
	return t, nil
}

func (t *timeline) close() { t.link.Close() }

// expect tells which script the next new call is of.
func (t *timeline) expect(s Script) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next = append(t.next, s.Name)
	fmt.Fprintf(t.out, "        %-12s ☎  %s\n", title(s.Name), describe(s.Name))
}

// titles name the calls, Japanese first.
func title(name string) string {
	return map[string]string{"enquiry": "1 問い合わせ", "complaint": "2 苦情", "abuse": "3 暴言", "limited": "4 再着信", "threat": "5 脅し"}[name]
}

func describe(name string) string {
	return map[string]string{
		"enquiry":   "普通の問い合わせ / ordinary enquiry",
		"complaint": "大声の正当な苦情 / loud but legitimate complaint",
		"abuse":     "警告の後も続く暴言 / abuse that goes on after every notice",
		"limited":   "同じ番号からの再着信 / the limited caller again",
		"threat":    "非通知、丁寧な脅し / withheld number, polite threat",
	}[name]
}

func (t *timeline) update(v bus.CallView) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := v.Incoming.ID
	if t.names[id] == "" {
		if len(t.next) == 0 {
			return
		}
		t.names[id], t.next = t.next[0], t.next[1:]
	}
	for _, l := range v.Lines {
		if l.Seq < t.seen[id] || l.Seq < 0 {
			continue
		}
		t.seen[id] = l.Seq + 1
		if text := lineText(l); text != "" {
			fmt.Fprintf(t.out, "%7s %-12s %s\n", l.AtMS, title(t.names[id]), text)
		}
	}
	if v.State.Stage != t.stages[id] && v.State.Stage != "" {
		if t.stages[id] != "" {
			fmt.Fprintf(t.out, "%7s %-12s 段階 %s → %s\n", v.AtMS, title(t.names[id]), t.stages[id], v.State.Stage)
		}
		t.stages[id] = v.State.Stage
	}
}

func lineText(l bus.ViewLine) string {
	switch l.Kind {
	case "phrase":
		return fmt.Sprintf("簡易検知(語句照合) 「%s」 %s %.2f", l.Text, l.Category, l.Confidence)
	case "utterance":
		return fmt.Sprintf("発話 「%s」", l.Text)
	case "proposal":
		return fmt.Sprintf("提案 %s", doing(l.Do))
	case "action":
		return fmt.Sprintf("%s %s %s", map[string]string{"begun": "▶", "done": "✔", "failed": "✖"}[l.Phase], doing(l.Do), l.Because)
	case "gap":
		return fmt.Sprintf("聞いていない区間: %s (%s)", l.Text, l.Because)
	case "dtmf":
		return "キー " + l.Text
	}
	return ""
}

// doing names an action in both languages.
func doing(d policy.Do) string {
	return map[policy.Do]string{policy.Notify: "上席者への通知 / supervisor notified", policy.Alert: "緊急の知らせ / emergency alert", policy.Warn1: "警告1 / warning 1",
		policy.Warn2: "警告2 / warning 2", policy.Final: "最終通告 / final notice", policy.Closing: "終話の案内 / closing text", policy.Cut: "通話遮断 / cut",
		policy.LimitNow: "着信の一時制限 / provisional limit", policy.Voicebot: "ボイスボット / voicebot", policy.Rejoin: "応対者への接続 / agent joined", policy.Stop: "自動音声の停止 / stopped", policy.End: "通話の終了 / end of the call"}[d]
}

// verdict prints how a call ended against its expectation.
func (t *timeline) verdict(r Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.OK {
		fmt.Fprintf(t.out, "        %-12s ● 期待どおり / as expected\n", title(r.Name))
		return
	}
	fmt.Fprintf(t.out, "        %-12s ✖ 期待と違う / not as expected: %s\n", title(r.Name), r.Why)
}
