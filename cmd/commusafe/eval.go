package main

// EvalCmd holds the measures of quality.
type EvalCmd struct {
	Text     EvalTextCmd     `cmd:"" help:"Judging: each line of text as one utterance."`
	Spot     EvalSpotCmd     `cmd:"" help:"The built-in phrase spotter: every phrase against every clip."`
	VAD      EvalVADCmd      `cmd:"" name:"vad" help:"Voice activity against labelled stretches."`
	Emotion  EvalEmotionCmd  `cmd:"" help:"The anger reader on acted voices."`
	Speaker  EvalSpeakerCmd  `cmd:"" help:"The voice embedding (参考) on speaker trials."`
	Speech   EvalSpeechCmd   `cmd:"" help:"A recogniser against transcripts. The built-in engine gives none."`
	Calls    EvalCallsCmd    `cmd:"" help:"Recorded calls: sound in, actions out; what is missed, late, or done to ordinary callers."`
	Dialogue EvalDialogueCmd `cmd:"" help:"Judging: whole conversations, what is done in each and when."`
}
