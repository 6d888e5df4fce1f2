package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/proof/phone"
)

// PhoneCmd is a telephone for demonstrations and tests.
type PhoneCmd struct {
	Call   PhoneCallCmd   `cmd:"" help:"Place a call."`
	Answer PhoneAnswerCmd `cmd:"" help:"Answer calls."`
}

// phoneFlags are those of both commands.
type phoneFlags struct {
	Listen      string        `default:"127.0.0.1:0" help:"SIP address of this phone; RTP uses the same host."`
	Play        string        `placeholder:"FILE.wav" help:"Say this, then silence."`
	Record      string        `placeholder:"OUT.wav" help:"Keep what is heard (G.711 WAV)."`
	DTMF        string        `name:"dtmf" placeholder:"5@3s" help:"Press keys, times from the answer."`
	Hold        string        `placeholder:"4s..6s" help:"Hold the other side, times from the answer."`
	HangupAfter time.Duration `help:"Hang up so long after the answer; 0 leaves it to the other side."`
	Codec       string        `enum:"PCMU,PCMA" default:"PCMU" help:"Codec (PCMU or PCMA)."`
	JSON        bool          `name:"json" help:"Print what happened as one JSON object a call."`
}

// PhoneCallCmd places one call and reports.
type PhoneCallCmd struct {
	To string `arg:"" help:"Whom to call, like sip:0312345678@127.0.0.1:5060."`
	phoneFlags
	From        string        `help:"Calling number."`
	Display     string        `help:"Display name of the caller."`
	Identity    string        `help:"P-Asserted-Identity: number or sip: URI."`
	Privacy     bool          `help:"Withhold the number (Privacy: id)."`
	CancelAfter time.Duration `help:"Cancel the call when it is not answered so long."`
}

// PhoneAnswerCmd answers calls.
type PhoneAnswerCmd struct {
	phoneFlags
	AnswerAfter time.Duration `help:"Answer so long after the INVITE."`
	Ring        bool          `help:"Send 180 Ringing."`
	Count       int           `default:"1" help:"Answer so many calls, then end; 0 goes on."`
	Reject      int           `help:"Refuse with this SIP status, like 486."`
}

// sound reads the file to be said.
func (f *phoneFlags) sound() (phone.Sound, error) {
	codec, err := audio.ParseCodec(f.Codec)
	if err != nil {
		return phone.Sound{}, err
	}
	s := phone.Sound{Codec: codec, SayIn: codec}
	if f.Play == "" {
		return s, nil
	}
	w, err := audio.ReadWAVFile(f.Play)
	if err != nil {
		return s, fmt.Errorf("the sound to play can't be read: %w", err)
	}
	s.Say = codec.Encode(nil, audio.To8k(w.Channels[0], w.Rate))
	return s, nil
}

func (f *phoneFlags) script() (phone.Script, error) {
	keys, err := phone.ParseDTMF(f.DTMF)
	if err != nil {
		return phone.Script{}, err
	}
	holds, err := phone.ParseHold(f.Hold)
	return phone.Script{Steps: slices.Concat(keys, holds), HangupAfter: f.HangupAfter}, err
}

// Run places the call; a call that was not answered is an error.
func (c *PhoneCallCmd) Run(ctx context.Context) error {
	sound, err := c.sound()
	if err != nil {
		return err
	}
	script, err := c.script()
	if err != nil {
		return err
	}
	p, err := phone.New(phone.Config{Listen: c.Listen, User: c.From})
	if err != nil {
		return err
	}
	defer func() { _ = p.Close() }()
	calling, cancel := context.WithCancel(ctx)
	defer cancel()
	k, err := p.Dial(calling, phone.DialOptions{Sound: sound, To: c.To, From: c.From, Display: c.Display, Identity: c.Identity, Privacy: c.Privacy})
	if err != nil {
		return err
	}
	if c.CancelAfter > 0 {
		impatience := time.AfterFunc(c.CancelAfter, cancel)
		defer impatience.Stop()
	}
	k.Follow(ctx, script)
	r, err := c.finish(ctx, k, c.Record)
	if err == nil && r.Result != "answered" && (r.Result != "cancelled" || c.CancelAfter == 0) {
		err = fmt.Errorf("the call was not answered: %s (%d %s)", r.Result, r.Status, r.Phrase)
	}
	return err
}

// Run answers calls one after the other.
func (c *PhoneAnswerCmd) Run(ctx context.Context) error {
	sound, err := c.sound()
	if err != nil {
		return err
	}
	script, err := c.script()
	if err != nil {
		return err
	}
	p, err := phone.New(phone.Config{Listen: c.Listen})
	if err != nil {
		return err
	}
	defer func() { _ = p.Close() }()
	fmt.Fprintf(os.Stderr, "listening on %s\n", p.Addr())
	for n := 1; c.Count == 0 || n <= c.Count; n++ {
		k, err := p.Accept(ctx, phone.AnswerOptions{Sound: sound, Ring: c.Ring, After: c.AnswerAfter, Reject: c.Reject})
		if errors.Is(err, context.Canceled) {
			return nil
		}
		if err != nil {
			return err
		}
		k.Follow(ctx, script)
		record := c.Record
		if record != "" && n > 1 {
			record = fmt.Sprintf("%s.%d.wav", record, n)
		}
		if _, err := c.finish(ctx, k, record); err != nil {
			return err
		}
	}
	return nil
}

// finish waits for the end, writes the recording and prints the report.
func (f *phoneFlags) finish(ctx context.Context, k *phone.Call, record string) (phone.Report, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 40*time.Second) // longer than SIP's own patience
	defer cancel()
	r, err := k.Wait(ctx)
	if err != nil {
		return r, fmt.Errorf("the call did not end: %w", err)
	}
	if record != "" {
		codec, octets := k.Recording()
		if err := audio.WriteG711File(record, codec, octets); err != nil {
			return r, fmt.Errorf("the recording can't be written: %w", err)
		}
	}
	if f.JSON {
		return r, json.NewEncoder(os.Stdout).Encode(r)
	}
	fmt.Printf("%s, status %d, ended by %s (%s) after %.1f s\n", r.Result, r.Status, r.EndedBy, r.Why, float64(r.EndedMS)/1000)
	fmt.Printf("sent %d packets, heard %d, lost %d, longest gap %.1f ms, keys heard %q\n", r.Media.Sent, r.Media.Received, r.Media.Lost, r.Media.MaxGapMS, r.Media.Digits)
	for _, e := range r.Events {
		fmt.Printf("%8.3f s  %s %s\n", float64(e.AtMS)/1000, e.What, e.Detail)
	}
	return r, nil
}
