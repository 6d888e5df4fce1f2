package judge

import "commusafe/internal/yamlfile"

// DecodeYAML reads a file of the centre. An unknown key is an error with its line; a file on which the parser breaks is an
// error too.
func DecodeYAML(b []byte, v any) error { return yamlfile.Decode(b, v) }
