package bus

import (
	"bufio"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"
)

// stalledServer speaks to who connects until it is asked whether it is there, and reads nothing from then on.
func stalledServer(t *testing.T) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer func() { _ = c.Close() }()
			if _, err := c.Write([]byte("INFO {\"server_id\":\"x\",\"version\":\"2.10.0\",\"proto\":1,\"max_payload\":8388608,\"headers\":true}\r\n")); err != nil {
				continue
			}
			for r := bufio.NewReader(c); ; {
				line, err := r.ReadString('\n')
				if err != nil {
					break
				}
				if strings.HasPrefix(line, "PING") {
					_, _ = c.Write([]byte("PONG\r\n")) // who is gone needs none
					break
				}
			}
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return "nats://" + l.Addr().String()
}

// A server that reads nothing any more, because its process stands still, does not hold for long who publishes: a call's guard does.
func TestAStalledServerHoldsNobody(t *testing.T) {
	l, err := Connect(Options{URL: stalledServer(t), Site: "test", Name: "edge", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	lost := make(chan struct{})
	go func() {
		defer close(lost)
		for b := make([]byte, 1<<20); l.conn.Publish("x", b) == nil; {
			continue
		}
	}()
	select {
	case <-lost:
	case <-time.After(20 * time.Second):
		t.Error("who publishes waits for the server")
	}
	l.conn.Close()
	<-lost
}
