package staff_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"commusafe/internal/office/staff"
	"commusafe/internal/office/store/storetest"
)

func TestFirstStartAndLogIn(t *testing.T) {
	b := &staff.Book{Store: storetest.SQLite(t)}
	login, password, err := b.FirstStart(t.Context())
	if err != nil || login != "admin" || len(password) < 20 {
		t.Fatalf("%q %q %v", login, password, err)
	}
	if _, again, err := b.FirstStart(t.Context()); again != "" || err != nil {
		t.Errorf("a second first start: %q %v", again, err)
	}
	p, err := b.LogIn(t.Context(), " Admin ", password, "a")
	if err != nil || p.Role != staff.Administrator || !p.MustChange || !strings.HasPrefix(p.Password, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("%+v %v", p, err)
	}
	for name, try := range map[string][2]string{"a wrong password": {"admin", "x"}, "an unknown name": {"nobody", password}} {
		if _, err := b.LogIn(t.Context(), try[0], try[1], "b"); !errors.Is(err, staff.ErrWrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	disabled := true
	other, second, err := b.Add(t.Context(), p, "second", "二", staff.Administrator)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Change(t.Context(), p, other.ID, staff.Patch{Disabled: &disabled}); err != nil {
		t.Error(err)
	}
	if _, err := b.LogIn(t.Context(), "second", second, "c"); !errors.Is(err, staff.ErrWrong) {
		t.Errorf("a disabled person logged in: %v", err)
	}
	if _, err := b.Change(t.Context(), p, p.ID, staff.Patch{Disabled: &disabled}); !errors.Is(err, staff.ErrLast) {
		t.Errorf("the last administrator: %v", err)
	}
	if _, _, err := b.Add(t.Context(), p, "ADMIN", "x", staff.Operator); !errors.Is(err, staff.ErrExists) {
		t.Errorf("a name twice: %v", err)
	}
}

func TestPasswords(t *testing.T) {
	b := &staff.Book{Store: storetest.SQLite(t)}
	p, first, err := b.Add(t.Context(), staff.Person{}, "a", "A", staff.Operator)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.ChangePassword(t.Context(), p, "wrong", "long enough for all"); !errors.Is(err, staff.ErrWrong) {
		t.Error(err)
	}
	if _, err := b.ChangePassword(t.Context(), p, first, "short"); !errors.Is(err, staff.ErrWeak) {
		t.Error(err)
	}
	if p, err = b.ChangePassword(t.Context(), p, first, "長いパスワードにします。十二"); err != nil || p.MustChange {
		t.Error(err)
	}
	if _, err := b.LogIn(t.Context(), "a", first, "x"); !errors.Is(err, staff.ErrWrong) {
		t.Errorf("the old password still works: %v", err)
	}
	p, reset, err := b.ResetPassword(t.Context(), p, p.ID)
	if err != nil || !p.MustChange {
		t.Error(err)
	}
	if _, err := b.LogIn(t.Context(), "a", reset, "x"); err != nil {
		t.Error(err)
	}
}

func TestGuessing(t *testing.T) {
	b := &staff.Book{Store: storetest.SQLite(t)}
	var err error
	for range 6 {
		_, err = b.LogIn(t.Context(), "a", "x", "from here")
	}
	if !errors.Is(err, staff.ErrTooMany) {
		t.Errorf("the sixth guess: %v", err)
	}
	if _, err := b.LogIn(t.Context(), "a", "x", "from elsewhere"); errors.Is(err, staff.ErrTooMany) {
		t.Error("who guesses keeps others out")
	}
}

// A password that is being changed while the account is taken away does not give it back, nor the role that it had.
func TestAPasswordGivesNoAccountBack(t *testing.T) {
	b := &staff.Book{Store: storetest.SQLite(t)}
	admin, _, err := b.Add(t.Context(), staff.Person{}, "admin", "管理者", staff.Administrator)
	if err != nil {
		t.Fatal(err)
	}
	read, first, err := b.Add(t.Context(), admin, "s", "S", staff.Supervisor) // as a request has read them
	if err != nil {
		t.Fatal(err)
	}
	operator, disabled := staff.Operator, true
	if _, err := b.Change(t.Context(), admin, read.ID, staff.Patch{Role: &operator}); err != nil {
		t.Fatal(err)
	}
	if p, err := b.ChangePassword(t.Context(), read, first, "long enough for all"); err != nil || p.Role != staff.Operator {
		t.Errorf("%+v %v", p, err)
	}
	if read, err = b.Store.Staff(t.Context(), read.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Change(t.Context(), admin, read.ID, staff.Patch{Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.ChangePassword(t.Context(), read, "long enough for all", "another that is long"); !errors.Is(err, staff.ErrWrong) {
		t.Errorf("a disabled person has changed the password: %v", err)
	}
	if p, err := b.Store.Staff(t.Context(), read.ID); err != nil || !p.Disabled || p.Role != staff.Operator {
		t.Errorf("%+v %v", p, err)
	}
}

// Whoever has found an open browser can't guess its password there without end.
func TestGuessingAtTheChangeOfAPassword(t *testing.T) {
	b := &staff.Book{Store: storetest.SQLite(t)}
	p, _, err := b.Add(t.Context(), staff.Person{}, "a", "A", staff.Operator)
	if err != nil {
		t.Fatal(err)
	}
	for range 6 {
		_, err = b.ChangePassword(t.Context(), p, "x", "long enough for all")
	}
	if !errors.Is(err, staff.ErrTooMany) {
		t.Errorf("the sixth guess: %v", err)
	}
}

// A shift logs in from the one address of a proxy; only what is wrong counts against all.
func TestAShiftFromOneAddress(t *testing.T) {
	b := &staff.Book{Store: storetest.SQLite(t)}
	for i := range 25 {
		login := fmt.Sprintf("operator %d", i)
		_, first, err := b.Add(t.Context(), staff.Person{}, login, "O", staff.Operator)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.LogIn(t.Context(), login, first, "the proxy"); err != nil {
			t.Fatalf("person %d: %v", i+1, err)
		}
	}
	var err error
	for i := range 21 {
		_, err = b.LogIn(t.Context(), fmt.Sprintf("guess %d", i), "x", "the proxy")
	}
	if !errors.Is(err, staff.ErrTooMany) {
		t.Errorf("21 wrong guesses: %v", err)
	}
}

// The chain notices a change of any field, a gap, and another order.
func TestChain(t *testing.T) {
	first := staff.Deed{By: "p", What: "trail.log_in", Subject: "s", Detail: "d", At: time.Now()}.Follow(staff.Entry{})
	second := staff.Deed{What: "trail.log_out", At: time.Now()}.Follow(first)
	if !first.Follows(staff.Entry{}) || !second.Follows(first) || first.Follows(second) || second.Follows(staff.Entry{}) {
		t.Error("the order")
	}
	for name, change := range map[string]func(*staff.Entry){
		"by": func(e *staff.Entry) { e.By = "q" }, "what": func(e *staff.Entry) { e.What = "x" }, "subject": func(e *staff.Entry) { e.Subject = "x" },
		"detail": func(e *staff.Entry) { e.Detail = "x" }, "at": func(e *staff.Entry) { e.At = e.At.Add(time.Millisecond) }, "moved": func(e *staff.Entry) { e.Subject, e.Detail = e.Subject+e.Detail, "" },
	} {
		e := first
		change(&e)
		if e.Follows(staff.Entry{}) {
			t.Errorf("%s was changed unnoticed", name)
		}
	}
}
