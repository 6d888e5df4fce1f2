package serve

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"commusafe/internal/config"
)

// An address is one that a role will bind, by the key that names it.
type address struct{ key, network, at string }

// addresses lists what a role binds.
func addresses(cfg config.Config, role string) []address {
	var out []address
	switch role {
	case edgeRole:
		for _, l := range cfg.SIP.Listen {
			if network, at, ok := strings.Cut(l, ":"); ok {
				out = append(out, address{"sip.listen", network, at})
			}
		}
		return append(out, address{"edge.health", "tcp", cfg.Edge.Health})
	case "listener":
		return []address{{"listener.health", "tcp", cfg.Listener.Health}}
	case "office":
		return []address{{"office.listen", "tcp", cfg.Office.Listen}}
	}
	return nil
}

// checkPorts tells the first address that a role can't have, before anything is started or written. A role whose process
// lives holds its addresses already.
func checkPorts(cfg config.Config, roles []Role) error {
	for _, r := range roles {
		if _, lives := alive(cfg.Run(), r.Name); lives {
			continue
		}
		for _, a := range addresses(cfg, r.Name) {
			if err := a.try(); err != nil {
				return err
			}
		}
	}
	return nil
}

// try binds the address for a moment.
func (a address) try() error {
	var err error
	if strings.HasPrefix(a.network, "udp") {
		var c net.PacketConn
		if c, err = net.ListenPacket("udp", a.at); err == nil {
			return c.Close()
		}
	} else {
		var l net.Listener
		if l, err = net.Listen("tcp", a.at); err == nil {
			return l.Close()
		}
	}
	if errors.Is(err, unix.EADDRINUSE) {
		return fmt.Errorf("%s: %s %s is in use by another program; end that, or choose another address", a.key, a.network, a.at)
	}
	return fmt.Errorf("%s: %w", a.key, err)
}

// lastWords gives the last line that a child wrote before it ended; it says why.
func lastWords(run, role string) string {
	f, err := os.Open(filepath.Join(run, role+".log"))
	if err != nil {
		return ""
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return ""
	}
	tail := make([]byte, min(st.Size(), 4096))
	if _, err := f.ReadAt(tail, st.Size()-int64(len(tail))); err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(tail)), "\n")
	return lines[len(lines)-1]
}
