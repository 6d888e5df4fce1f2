package main

import (
	"context"
	"fmt"
	"os"

	"commusafe/internal/config"
	"commusafe/internal/office"
	"commusafe/internal/office/staff"
)

// OfficeCmd is the office wing.
type OfficeCmd struct{}

// Run answers the console until a signal comes.
func (c *OfficeCmd) Run(ctx context.Context, cli *commands) error {
	cfg, log, link, unlock, err := role(cli, "office", os.Stderr)
	if err != nil {
		return err
	}
	defer unlock()
	defer link.Close()
	return office.Run(ctx, cfg, link, log, version)
}

// StaffCmd keeps the people who may log in.
type StaffCmd struct {
	Add StaffAddCmd `cmd:"" help:"Take somebody in; prints the first password."`
}

// StaffAddCmd takes somebody in.
type StaffAddCmd struct {
	Login string `arg:"" help:"Log-in name."`
	Name  string `help:"Name on the screen; the log-in name without it."`
	Role  string `enum:"operator,supervisor,manager,administrator,auditor" default:"operator" help:"operator, supervisor, manager, administrator or auditor."`
}

// Run adds the person and prints the password that must be changed.
func (c *StaffAddCmd) Run(ctx context.Context, cli *commands) error {
	cfg, err := config.Load(cli.Config)
	if err != nil {
		return err
	}
	if c.Name == "" {
		c.Name = c.Login
	}
	password, err := office.AddStaff(ctx, cfg, c.Login, c.Name, staff.Role(c.Role))
	if err != nil {
		return err
	}
	fmt.Printf("%s (%s)\npassword: %s\n", c.Login, c.Role, password)
	return nil
}
