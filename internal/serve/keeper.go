package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A keeper watches one child.
type keeper struct {
	role    Role
	run     string
	program string
	globals []string
	grace   time.Duration // how long a child may take to end
	log     *slog.Logger
	after   <-chan struct{} // the stop waits for this: the edge's calls are heard to their end
}

const (
	firstPause = 200 * time.Millisecond
	longPause  = 10 * time.Second
	settled    = 30 * time.Second // a child that lived so long starts again at once
)

// keep adopts or starts the child, again and again, until ctx ends; then it ends the child.
func (k *keeper) keep(ctx context.Context) error {
	pause := firstPause
	for {
		began := time.Now()
		p, err := k.obtain()
		if err != nil {
			k.log.Error("child can't be started", slog.Any("error", err))
		} else if k.wait(ctx, p) {
			return nil
		}
		if time.Since(began) > settled {
			pause = firstPause
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, longPause)
	}
}

// A process is a child of ours or one that a serve before us started.
type process struct {
	pid  int
	gone <-chan struct{}
}

// obtain adopts the living process of the role, or starts one.
func (k *keeper) obtain() (process, error) {
	if id, ok := alive(k.run, k.role.Name); ok {
		fd, err := unix.PidfdOpen(id.PID, 0)
		if err == nil {
			if _, still := alive(k.run, k.role.Name); still {
				k.log.Info("adopted", slog.Int("pid", id.PID))
				return process{pid: id.PID, gone: pollGone(fd)}, nil
			}
			unix.Close(fd)
		}
	}
	return k.start()
}

// pollGone closes its channel when the process of a pidfd has ended (pidfd_open(2)).
func pollGone(fd int) <-chan struct{} {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		defer unix.Close(fd)
		for {
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
			if n > 0 || err != nil && !errors.Is(err, unix.EINTR) {
				return
			}
		}
	}()
	return gone
}

// start begins a child in its own process group, its log in a file of its own, so that nothing of it ends with us.
func (k *keeper) start() (process, error) {
	logFile, err := os.OpenFile(filepath.Join(k.run, k.role.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return process{}, fmt.Errorf("log of %s: %w", k.role.Name, err)
	}
	defer logFile.Close()
	cmd := exec.Command(k.program, append(append([]string(nil), k.globals...), k.role.Args...)...)
	cmd.Stdout, cmd.Stderr = logFile, logFile
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return process{}, err
	}
	if err := unix.Setpriority(unix.PRIO_PGRP, cmd.Process.Pid, k.role.Nice); err != nil {
		k.log.Info("priority is not ours to give; the child runs at the usual one", slog.Int("nice", k.role.Nice))
	}
	k.log.Info("started", slog.Int("pid", cmd.Process.Pid))
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if err := cmd.Wait(); err != nil {
			k.log.Warn("child ended", slog.Any("error", err), slog.String("said", lastWords(k.run, k.role.Name)))
		}
	}()
	return process{pid: cmd.Process.Pid, gone: gone}, nil
}

// wait watches a child; true when it ended because we are to end.
func (k *keeper) wait(ctx context.Context, p process) bool {
	select {
	case <-p.gone:
		return false
	case <-ctx.Done():
	}
	if k.after != nil {
		select {
		case <-k.after:
		case <-p.gone:
			return true
		}
	}
	k.signal(p, unix.SIGTERM)
	select {
	case <-p.gone:
	case <-time.After(k.grace):
		k.log.Warn("child did not end in time; it is ended now")
		k.signal(p, unix.SIGKILL)
		<-p.gone
	}
	return true
}

func (k *keeper) signal(p process, s unix.Signal) {
	if err := unix.Kill(p.pid, s); err != nil && !errors.Is(err, unix.ESRCH) {
		k.log.Warn("child can't be signalled", slog.Any("error", err))
	}
}
