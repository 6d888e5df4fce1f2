package main

import (
	"fmt"

	"commusafe/internal/folder"
)

// VerifyCmd proves a call folder.
type VerifyCmd struct {
	Folder []string `arg:"" help:"Call folders." type:"path"`
}

// Run prints one line a folder and fails at the first broken one.
func (c *VerifyCmd) Run() error {
	for _, dir := range c.Folder {
		s, err := folder.Verify(dir)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		fmt.Printf("%s: %s, %d journal lines, whole\n", s.Call, s.State, s.Lines)
		for _, l := range s.Lost {
			fmt.Printf("  lost: %s\n", l)
		}
	}
	return nil
}
