package media

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"
)

// ports binds pairs of ports, RTP on the even one and RTCP above it (RFC 3550 §11), going round the whole range from
// a random place so that a port comes back as late as possible. What is still bound is simply passed over.
type ports struct {
	bind     netip.Addr
	min, max uint16

	mu   sync.Mutex // guards next
	next uint16
}

func newPorts(c Config) *ports {
	pairs := (int(c.PortMax) - int(c.PortMin) + 1) / 2
	return &ports{bind: c.Bind, min: c.PortMin, max: c.PortMax, next: c.PortMin + 2*uint16(rand.IntN(pairs))}
}

// take binds the next free pair; ErrNoPorts when there is none.
func (p *ports) take() (rtp, rtcp *socket, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range (int(p.max) - int(p.min) + 1) / 2 {
		port := p.next
		if int(p.next)+3 > int(p.max) {
			p.next = p.min
		} else {
			p.next += 2
		}
		if rtp, err = listen(p.bind, port); err == nil {
			if rtcp, err = listen(p.bind, port+1); err == nil {
				rtcp.rtcp = true
				return rtp, rtcp, nil
			}
			_ = unix.Close(rtp.fd)
		}
		if !errors.Is(err, unix.EADDRINUSE) && !errors.Is(err, unix.EACCES) {
			return nil, nil, err
		}
	}
	return nil, nil, fmt.Errorf("%w between %d and %d", ErrNoPorts, p.min, p.max)
}
