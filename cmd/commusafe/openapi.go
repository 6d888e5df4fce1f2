package main

import (
	"os"

	"commusafe/internal/office/web"
)

// OpenAPICmd prints the description of the office's API.
type OpenAPICmd struct{}

// Run prints OpenAPI 3.1 as JSON; console/openapi.json is its output.
func (c *OpenAPICmd) Run() error {
	b, err := web.OpenAPI()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(b)
	return err
}
