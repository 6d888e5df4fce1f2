// Package yamlfile reads YAML that people write: configuration, lexicons, manifests, criteria.
//
// Owns: that a file is UTF-8, that an unknown key is an error with its line, and that a file on which the parser breaks is an error too.
// Never: what the keys mean.
// Goroutines: none.
package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

// mark is what some editors put at the beginning of a UTF-8 file (RFC 3629, section 6).
const mark = "\uFEFF"

// Decode reads a file into v; a file with nothing in it but comments leaves v as it is. The error names line and column where it can.
func Decode(b []byte, v any) (err error) {
	for i, line := range bytes.Split(b, []byte("\n")) {
		if !utf8.Valid(line) {
			return fmt.Errorf("line %d is not UTF-8 (Shift_JIS or UTF-16?): save the file as UTF-8", i+1)
		}
	}
	b = bytes.TrimPrefix(b, []byte(mark))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("not a YAML file that can be read: %v", p)
		}
	}()
	var anything any // the parser would make zeros of what v holds
	if err := yaml.Unmarshal(b, &anything); err == nil && anything == nil {
		return nil
	}
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return errors.New(strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	return nil
}
