// Package remote hears with recognisers on the network that the operator configured: AmiVoice while a call runs, and any
// OpenAI-compatible transcription service for sealed recordings.
//
// Owns: the two protocols, their time limits and bounded queues, reconnecting, the rules for addresses and TLS.
// Never: keeping sound; keys, words or addresses with queries in a log or an error; following redirections.
// Goroutines: one session an open ear of AmiVoice with one reader of its connection and one that asks whether it lives,
// ended by the ear's or the recogniser's Close and waited for.
//
// Flow: ear.Hear → queue (bounded; the oldest gives way and becomes a gap) → session → service → events → evidence.
package remote
