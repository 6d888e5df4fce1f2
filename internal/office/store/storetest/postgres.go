// Package storetest is the one suite that every database has to pass, and the databases to run it on.
//
// Owns: the exercises, a PostgreSQL of the test's own.
// Never: being linked into the product.
// Goroutines: none; PostgreSQL is a child process that ends with the test.
package storetest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Postgres starts a PostgreSQL server of its own and gives the address of an empty database. Without the binaries the
// test is skipped and says so.
func Postgres(t *testing.T) string {
	t.Helper()
	bin := postgresBin(t)
	dir, err := os.MkdirTemp("", "commusafe-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if os.Getuid() == 0 {
		run(t, exec.Command("chown", "postgres", dir))
	}
	data := filepath.Join(dir, "data")
	run(t, as(filepath.Join(bin, "initdb")+" -D "+data+" -U commusafe -A trust --no-sync -E UTF8 --locale=C"))
	port := freePort(t)
	opts := fmt.Sprintf("-c listen_addresses=127.0.0.1 -c port=%d -c unix_socket_directories=%s -c fsync=off", port, dir)
	ctl := filepath.Join(bin, "pg_ctl")
	run(t, as(fmt.Sprintf("%s -D %s -o '%s' -l %s -w -t 60 start", ctl, data, opts, filepath.Join(dir, "log"))))
	t.Cleanup(func() { run(t, as(ctl+" -D "+data+" -m immediate -w stop")) })
	return fmt.Sprintf("postgres://commusafe@127.0.0.1:%d/postgres?sslmode=disable", port)
}

// postgresBin finds the newest server's binaries.
func postgresBin(t *testing.T) string {
	t.Helper()
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		t.Fatal(err)
	}
	if p, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(p))
	}
	slices.Sort(dirs)
	for _, d := range slices.Backward(dirs) {
		if _, err := os.Stat(filepath.Join(d, "initdb")); err == nil {
			return d
		}
	}
	t.Skip("PostgreSQL is not installed (Debian: postgresql); this suite ran on SQLite only")
	return ""
}

// as runs a command line as the user postgres when we are root: the server refuses root.
func as(line string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	if os.Getuid() == 0 {
		cmd = exec.CommandContext(ctx, "su", "postgres", "-s", "/bin/sh", "-c", line)
	}
	cmd.Cancel = func() error { cancel(); return cmd.Process.Kill() }
	cmd.Dir = "/"
	return cmd
}

func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	var out bytes.Buffer // a file would do as well; the server keeps its own log
	if cmd.Args[0] != "chown" && strings.Contains(strings.Join(cmd.Args, " "), " start") {
		// The server inherits the pipes: waiting for their end would be waiting for the server.
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %v", cmd.Args, err)
		}
		return
	}
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out.String())
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := ln.Addr().(*net.TCPAddr).Port
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}
