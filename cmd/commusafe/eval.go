package main

// EvalCmd holds the measures of quality.
type EvalCmd struct {
	Text     EvalTextCmd     `cmd:"" help:"Judging: each line of text as one utterance."`
	Dialogue EvalDialogueCmd `cmd:"" help:"Judging: whole conversations, what is done in each and when."`
	Spot     EvalSpotCmd     `cmd:"" help:"The built-in phrase spotter: every phrase against every clip."`
}
