// Package arrows holds the table of what each package may import of ours. Its test holds the code to the table.
//
// Owns: the table. Never: anything at run time.
// Goroutines: none.
package arrows

// Allowed gives, for each package below internal, the packages of ours that it may import. A name that ends in /…
// stands for the package and all below it. Changing a line here is changing the architecture.
func Allowed() map[string][]string {
	return map[string][]string{
		"call":              {},
		"audio":             {"call"},
		"evidence":          {"call"},
		"judge":             {"call", "evidence", "text", "yamlfile"},
		"judge/foldlines":   {"text"},
		"policy":            {"call", "judge"},
		"folder":            {"audio", "call", "evidence"},
		"text":              {},
		"yamlfile":          {},
		"dialogue":          {"call"},
		"course":            {"call", "evidence", "judge", "policy", "dialogue"},
		"replay":            {"call", "evidence", "judge", "policy", "folder", "course", "dialogue", "replay/replaytest"},
		"replay/replaytest": {"call", "course", "evidence", "folder", "judge", "policy"},
		"bus":               {"call", "audio", "evidence", "judge", "policy", "dialogue"},
		"config":            {"audio", "outward", "yamlfile"},
		"health":            {},
		"models":            {"outward", "yamlfile"},
		"arrows":            {},

		"serve": {"bus", "config", "health"},

		"edge":                     {"edge/…", "folder", "bus", "config", "health", "call", "audio", "evidence", "judge", "policy", "dialogue"},
		"edge/telephony":           {"call", "audio", "edge/media"},
		"edge/telephony/siprec":    {"edge/telephony", "edge/media", "call"},
		"edge/telephony/phonetest": {"call", "audio", "edge/telephony", "edge/media"},
		"edge/media":               {"audio", "call"},
		"edge/voicebot":            {"audio", "call", "evidence", "dialogue"},
		"edge/guard":               {"call", "evidence", "judge", "policy", "folder", "course", "bus", "dialogue"},

		"listener":               {"listener/…", "voiceprint", "bus", "config", "health", "models", "call", "audio", "evidence", "judge"},
		"voiceprint":             {},
		"outward":                {},
		"listener/hear":          {"audio", "call", "evidence", "text"},
		"listener/hear/heartest": {"listener/hear", "audio", "call", "evidence"},
		"listener/builtin":       {"listener/hear", "audio", "call", "evidence", "text", "voiceprint"},
		"listener/sherpa":        {"listener/hear", "audio", "call", "evidence"},
		"listener/remote":        {"outward", "listener/hear", "audio", "call", "evidence"},

		"office":                 {"office/…", "replay/replaytest", "bus", "config", "health", "call", "evidence", "judge", "policy", "replay", "folder"},
		"office/intake":          {"call", "evidence", "judge", "policy", "text", "replay", "course", "dialogue", "folder", "bus", "office/incident", "office/wellbeing"},
		"office/trial":           {"call", "evidence", "judge", "policy", "replay", "replay/replaytest", "office/staff"},
		"office/after":           {"audio", "call", "evidence", "folder", "office/staff"},
		"office/opinion":         {"audio", "call", "evidence", "folder", "judge", "outward", "office/after", "office/staff"},
		"office/incident":        {"call", "evidence", "judge", "policy", "office/staff"},
		"office/notify":          {"call", "evidence", "judge", "policy", "office/staff"},
		"office/notify/webhook":  {"outward", "office/notify"},
		"office/staff":           {"call"},
		"office/settings":        {"call", "judge", "policy", "bus", "office/staff"},
		"office/lexicon":         {"judge", "text", "office/staff"},
		"office/limits":          {"call", "policy", "office/staff", "office/voices"},
		"office/voices":          {"call", "evidence", "bus", "voiceprint", "office/staff", "office/incident"},
		"office/store":           {"call", "evidence", "judge", "policy", "office/…"},
		"office/store/sqlgen":    {},
		"office/store/storetest": {"call", "evidence", "judge", "policy", "replay", "office/…"},
		"office/web":             {"call", "evidence", "judge", "policy", "text", "bus", "folder", "audio", "dialogue", "replay", "replay/replaytest", "office/…"},

		"proof": {"…"},
	}
}
