package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"text/tabwriter"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"commusafe/internal/config"
	"commusafe/internal/models"
)

// ModelsCmd keeps models and library of the recognition engines.
type ModelsCmd struct {
	List           ModelsListCmd    `cmd:"" help:"What is known, what is installed."`
	Pull           ModelsPullCmd    `cmd:"" help:"Fetch a model and install it; the only command that fetches models."`
	Import         ModelsImportCmd  `cmd:"" help:"Install models from a folder, without network."`
	Verify         ModelsVerifyCmd  `cmd:"" help:"Compare installed files with their checksums."`
	Remove         ModelsRemoveCmd  `cmd:"" help:"Delete an installed model."`
	InstallRuntime ModelsRuntimeCmd `cmd:"" help:"Install the sherpa-onnx library from its npm package."`
}

// modelStore opens the store below data_dir, and says who works.
func modelStore(cli *commands) (*models.Store, config.Config, error) {
	cfg, err := config.Load(cli.Config)
	if err != nil {
		return nil, cfg, err
	}
	m, err := models.Known(filepath.Join(cfg.Models(), "manifest.yaml"))
	if err != nil {
		return nil, cfg, usage(err)
	}
	if cfg.ModelSource.Source != "" {
		m.Source = cfg.ModelSource.Source
	}
	return &models.Store{Dir: cfg.Models(), Manifest: m, By: whoWorks(), Progress: progress()}, cfg, nil
}

// whoWorks names the person at the keyboard, also behind sudo.
func whoWorks() string {
	if s := os.Getenv("SUDO_USER"); s != "" {
		return s
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

// progress draws a bar on a terminal and writes a line each tenth elsewhere.
func progress() func(string, int64, int64) {
	var bar *progressbar.ProgressBar
	tenth := int64(-1)
	terminal := term.IsTerminal(int(os.Stderr.Fd()))
	return func(name string, done, total int64) {
		if terminal {
			if bar == nil {
				bar = progressbar.DefaultBytes(total, name)
			}
			_ = bar.Set64(done) // a bar that can't be drawn stops nothing
			return
		}
		if total > 0 && done*10/total != tenth {
			tenth = done * 10 / total
			fmt.Fprintf(os.Stderr, "%s: %d of %d MB\n", name, done>>20, total>>20)
		}
	}
}

// usage gives errors of input the exit code that is promised for them.
func usage(err error) error {
	if errors.Is(err, models.ErrInput) {
		return inputError{err}
	}
	return err
}

type inputError struct{ error }

// Is makes it an error of usage.
func (inputError) Is(target error) bool { return target == errUsage }

// ModelsListCmd shows the manifest.
type ModelsListCmd struct {
	JSON bool `name:"json" help:"Print one JSON list."`
}

type listed struct {
	models.Model
	Installed bool `json:"installed"`
	Damaged   bool `json:"damaged,omitempty"` // there, with a record that can't be read
}

// Run prints the table or the list.
func (c *ModelsListCmd) Run(cli *commands) error {
	s, _, err := modelStore(cli)
	if err != nil {
		return err
	}
	var all []listed
	for _, m := range s.Manifest.Models {
		_, err := s.Installed(m.ID)
		all = append(all, listed{m, err == nil, err != nil && !errors.Is(err, fs.ErrNotExist)})
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(all)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tUSE\tMB\tLICENCE\tCOMMERCIAL\tINSTALLED\tPUBLISHED FIGURES")
	for _, m := range all {
		here := "-"
		switch {
		case m.Installed:
			here = "yes"
		case m.Damaged:
			here = "damaged"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", m.ID, m.Use, m.SizeMB, m.Licence, m.Commercial, here, m.Figures)
	}
	return w.Flush()
}

// Licences are those that the operator accepts with a command.
type Licences struct {
	AcceptLicence []string `help:"Accept the licence with this name; recorded with who and when." placeholder:"NAME"`
}

func (l Licences) accept(s *models.Store) error {
	for _, name := range l.AcceptLicence {
		if err := s.Accept(name); err != nil {
			return usage(err)
		}
	}
	return nil
}

// ModelsPullCmd fetches a model.
type ModelsPullCmd struct {
	Licences
	ID   string `arg:"" help:"Model of the list."`
	From string `help:"Another address, a folder or a file." placeholder:"FILE|DIR|URL"`
}

// Run fetches, checks and installs.
func (c *ModelsPullCmd) Run(ctx context.Context, cli *commands) error {
	s, _, err := modelStore(cli)
	if err != nil {
		return err
	}
	if err := c.accept(s); err != nil {
		return err
	}
	if err := s.Pull(ctx, c.ID, c.From); err != nil {
		return usage(err)
	}
	fmt.Printf("%s is installed in %s\n", c.ID, s.Path(c.ID))
	return nil
}

// ModelsImportCmd installs from a folder.
type ModelsImportCmd struct {
	Licences
	Dir string `arg:"" help:"Folder with assets by their names, or with a folder for each model." type:"path"`
}

// Run installs everything known that is there.
func (c *ModelsImportCmd) Run(ctx context.Context, cli *commands) error {
	s, _, err := modelStore(cli)
	if err != nil {
		return err
	}
	if err := c.accept(s); err != nil {
		return err
	}
	ids, err := s.Import(ctx, c.Dir)
	for _, id := range ids {
		fmt.Printf("%s is installed in %s\n", id, s.Path(id))
	}
	return usage(err)
}

// ModelsVerifyCmd checks installed files.
type ModelsVerifyCmd struct {
	ID []string `arg:"" optional:"" help:"Models; all installed ones when none is named."`
}

// Run says of each whether it is what was installed.
func (c *ModelsVerifyCmd) Run(cli *commands) error {
	s, _, err := modelStore(cli)
	if err != nil {
		return err
	}
	ids := c.ID
	if len(ids) == 0 {
		for _, m := range append(s.Manifest.Models, models.Model{ID: filepath.Base(s.RuntimePath())}) {
			if _, err := s.Installed(m.ID); !errors.Is(err, fs.ErrNotExist) {
				ids = append(ids, m.ID)
			}
		}
	}
	var errs []error
	for _, id := range ids {
		if err := s.Verify(id); err != nil {
			errs = append(errs, usage(err))
			continue
		}
		fmt.Printf("%s is as it was installed\n", id)
	}
	return errors.Join(errs...)
}

// ModelsRemoveCmd deletes a model.
type ModelsRemoveCmd struct {
	ID string `arg:"" help:"Installed model."`
}

// Run deletes it.
func (c *ModelsRemoveCmd) Run(cli *commands) error {
	s, _, err := modelStore(cli)
	if err != nil {
		return err
	}
	if err := s.Remove(c.ID); err != nil {
		return usage(err)
	}
	fmt.Printf("%s is removed\n", c.ID)
	return nil
}

// ModelsRuntimeCmd installs the library.
type ModelsRuntimeCmd struct {
	From string `help:"The package's file, a folder with it, or an address; default models.runtime of the configuration." placeholder:"FILE|DIR|URL"`
}

// Run installs the pinned version after its checksum was compared.
func (c *ModelsRuntimeCmd) Run(ctx context.Context, cli *commands) error {
	s, cfg, err := modelStore(cli)
	if err != nil {
		return err
	}
	from := c.From
	if from == "" {
		from = cfg.ModelSource.Runtime
	}
	if err := s.InstallRuntime(ctx, from); err != nil {
		return usage(err)
	}
	fmt.Printf("sherpa-onnx %s is installed in %s\n", models.RuntimeVersion, s.RuntimePath())
	return nil
}
