package staff

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"
)

// A Store keeps people and the trail. What isn't there is an error that is fs.ErrNotExist.
type Store interface {
	PutStaff(ctx context.Context, p Person, d Deed) error
	// ChangeStaff lets change alter a person as they are, beside everybody else, and writes its deed; one change at a time.
	ChangeStaff(ctx context.Context, id ID, change func(p *Person, others []Person) (Deed, error)) (Person, error)
	Staff(ctx context.Context, id ID) (Person, error)
	StaffByLogin(ctx context.Context, login string) (Person, error)
	ListStaff(ctx context.Context) ([]Person, error)
	AppendTrail(ctx context.Context, d Deed) error
}

// Errors that somebody decides on.
var (
	ErrWrong    = errors.New("the log-in name or the password is wrong")
	ErrTooMany  = errors.New("too many attempts to log in")
	ErrWeak     = errors.New("a password needs 12 characters and must differ from the one before")
	ErrExists   = errors.New("the log-in name is taken")
	ErrLast     = errors.New("the last administrator can't be disabled")
	ErrNoPerson = errors.New("there is no such person")
)

// shortest is how many characters a password needs.
const shortest = 12

// A Book is everybody who works here.
type Book struct {
	Store Store

	hashing sync.Mutex

	mu    sync.Mutex // guards below
	tries map[string]*rate.Limiter
}

// mostTries bounds how many sources of log-ins are remembered.
const mostTries = 10000

// try counts an attempt of a source: burst at once, then one in ten seconds.
func (b *Book) try(source string, burst int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tries == nil || len(b.tries) > mostTries {
		b.tries = map[string]*rate.Limiter{}
	}
	l := b.tries[source]
	if l == nil {
		l = rate.NewLimiter(rate.Every(10*time.Second), burst)
		b.tries[source] = l
	}
	return l.Allow()
}

// forgive takes back the last attempt of a source: a whole shift may come from one address.
func (b *Book) forgive(source string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.tries[source]; l != nil {
		l.AllowN(time.Now(), -1)
	}
}

// LogIn gives the person, or ErrWrong or ErrTooMany. from is the address that asks. An unknown name takes as long as a
// wrong password.
func (b *Book) LogIn(ctx context.Context, login, password, from string) (Person, error) {
	login = tidy(login)
	if !b.try("from "+from, 20) || !b.try("at "+from+" "+login, 5) {
		return Person{}, ErrTooMany
	}
	p, err := b.Store.StaffByLogin(ctx, login)
	if errors.Is(err, fs.ErrNotExist) {
		b.hash(password)
		return Person{}, b.wrong(ctx, "")
	}
	if err != nil {
		return Person{}, err
	}
	ok, err := b.check(p.Password, password)
	if err != nil {
		return Person{}, err
	}
	if !ok || p.Disabled {
		return Person{}, b.wrong(ctx, p.ID)
	}
	b.forgive("from " + from)
	return p, b.Store.AppendTrail(ctx, p.By("trail.log_in", string(p.ID), ""))
}

func (b *Book) wrong(ctx context.Context, id ID) error {
	err := b.Store.AppendTrail(ctx, Deed{What: "trail.log_in_failed", Subject: string(id), At: time.Now()})
	return errors.Join(ErrWrong, err)
}

func tidy(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

// Add takes somebody in with a password that must be changed at the first log-in. by is the zero Person for the machine.
func (b *Book) Add(ctx context.Context, by Person, login, name string, role Role) (Person, string, error) {
	login = tidy(login)
	if !role.Valid() || login == "" || name == "" {
		return Person{}, "", errors.New("login, name and one of the roles are needed")
	}
	if _, err := b.Store.StaffByLogin(ctx, login); err == nil {
		return Person{}, "", ErrExists
	} else if !errors.Is(err, fs.ErrNotExist) {
		return Person{}, "", err
	}
	password := newPassword()
	p := Person{ID: ID(uuid.Must(uuid.NewV7()).String()), Login: login, Name: name, Role: role, Password: b.hash(password),
		MustChange: true, Created: time.Now()}
	return p, password, b.Store.PutStaff(ctx, p, by.By("trail.staff_add", string(p.ID), string(role)))
}

// A Patch changes somebody; what is nil stays.
type Patch struct {
	Name     *string
	Role     *Role
	Disabled *bool
}

// Change applies a patch. The last administrator stays one.
func (b *Book) Change(ctx context.Context, by Person, id ID, c Patch) (Person, error) {
	return b.change(ctx, id, func(p *Person, others []Person) (Deed, error) {
		was := *p
		if c.Name != nil {
			p.Name = *c.Name
		}
		if c.Role != nil && c.Role.Valid() {
			p.Role = *c.Role
		}
		if c.Disabled != nil {
			p.Disabled = *c.Disabled
		}
		if was.administers() && !p.administers() && !slices.ContainsFunc(others, Person.administers) {
			return Deed{}, ErrLast
		}
		detail := string(p.Role)
		if p.Disabled {
			detail += " disabled"
		}
		return by.By("trail.staff_change", string(id), detail), nil
	})
}

func (p Person) administers() bool { return p.Role == Administrator && !p.Disabled }

// change changes somebody as they are: what others have changed meanwhile stays.
func (b *Book) change(ctx context.Context, id ID, f func(p *Person, others []Person) (Deed, error)) (Person, error) {
	p, err := b.Store.ChangeStaff(ctx, id, f)
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNoPerson
	}
	return p, err
}

// ChangePassword sets somebody's own password. Wrong guesses are counted as at the log-in.
func (b *Book) ChangePassword(ctx context.Context, p Person, before, after string) (Person, error) {
	if !b.try("of "+string(p.ID), 5) {
		return p, ErrTooMany
	}
	ok, err := b.check(p.Password, before)
	switch {
	case err != nil:
		return p, err
	case !ok:
		return p, ErrWrong
	case len([]rune(after)) < shortest || after == before:
		return p, ErrWeak
	}
	hash := b.hash(after)
	return b.change(ctx, p.ID, func(now *Person, _ []Person) (Deed, error) {
		if now.Disabled || now.Password != p.Password {
			return Deed{}, ErrWrong // what was checked opens nothing any more
		}
		now.Password, now.MustChange = hash, false
		return p.By("trail.password", string(p.ID), ""), nil
	})
}

// ResetPassword gives somebody a new password to be handed over.
func (b *Book) ResetPassword(ctx context.Context, by Person, id ID) (Person, string, error) {
	password := newPassword()
	hash := b.hash(password)
	p, err := b.change(ctx, id, func(p *Person, _ []Person) (Deed, error) {
		p.Password, p.MustChange = hash, true
		return by.By("trail.password_reset", string(id), ""), nil
	})
	if err != nil {
		return p, "", err
	}
	return p, password, nil
}

// check and hash work on one password at a time: each takes 19 MiB, whoever asks.
func (b *Book) check(phc, password string) (bool, error) {
	b.hashing.Lock()
	defer b.hashing.Unlock()
	return checkPassword(phc, password)
}

func (b *Book) hash(password string) string {
	b.hashing.Lock()
	defer b.hashing.Unlock()
	return hashPassword(password)
}

// FirstStart adds an administrator when nobody is there, and gives the password; empty when somebody is.
func (b *Book) FirstStart(ctx context.Context) (login, password string, err error) {
	all, err := b.Store.ListStaff(ctx)
	if err != nil || len(all) > 0 {
		return "", "", err
	}
	p, password, err := b.Add(ctx, Person{}, "admin", "管理者", Administrator)
	return p.Login, password, err
}

// Names gives the names of everybody, by ID.
func (b *Book) Names(ctx context.Context) (map[ID]string, error) {
	all, err := b.Store.ListStaff(ctx)
	out := map[ID]string{}
	for _, p := range all {
		out[p.ID] = p.Name
	}
	return out, err
}
