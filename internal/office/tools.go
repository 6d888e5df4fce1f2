package office

import (
	"context"
	"errors"
	"log/slog"

	"commusafe/internal/config"
	"commusafe/internal/judge"
	"commusafe/internal/office/limits"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store"
	"commusafe/internal/office/trial"
	"commusafe/internal/replay"
)

// Reindex rebuilds the index from all call folders. It gives the number of folders, and of those that are broken.
func Reindex(ctx context.Context, cfg config.Config, log *slog.Logger, progress func(done, all int)) (n, broken int, err error) {
	rules, err := judge.ShippedRules()
	if err != nil {
		return 0, 0, err
	}
	s, err := store.Open(ctx, Database(cfg))
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	l := &limits.Ledger{Store: s, Public: func() bool { return false }, Changed: func() {}}
	return newShelf(cfg, s, rules, l, log).Reindex(ctx, progress)
}

// TryExamples tries the moments that people have flagged as wrong. rules have the lexicon at hand.
func TryExamples(ctx context.Context, cfg config.Config, rules *judge.Rules, change replay.Change) (out []trial.Verdict, err error) {
	s, err := store.Open(ctx, Database(cfg))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	d := &trial.Desk{Calls: cfg.Calls(), Store: s}
	return d.TryExamples(ctx, rules, change, func(int) {})
}

// AddStaff takes somebody in and gives the password to be handed over.
func AddStaff(ctx context.Context, cfg config.Config, login, name string, role staff.Role) (password string, err error) {
	s, err := store.Open(ctx, Database(cfg))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	b := &staff.Book{Store: s}
	_, password, err = b.Add(ctx, staff.Person{}, login, name, role)
	return password, err
}
