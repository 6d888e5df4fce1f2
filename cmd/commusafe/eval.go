package main

// EvalCmd holds the measures of quality.
type EvalCmd struct {
	Spot EvalSpotCmd `cmd:"" help:"The built-in phrase spotter: every phrase against every clip."`
}
