package media

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"
)

// A Config says where an Engine's ports are and how patient it is. Zero values take the defaults given.
type Config struct {
	Bind             netip.Addr    // address of the sockets; default 127.0.0.1
	Advertise        netip.Addr    // address written into SDP, when NAT stands before Bind; default Bind
	PortMin, PortMax uint16        // RTP on the even ports, RTCP on the odd ones above; default 20000–29999
	Workers          int           // threads; default 1
	Timeout          time.Duration // no RTP from a party expected to send gives a Timeout event; default 60 s
	Rest             time.Duration // ports of ended calls stay bound and are drained so long; default 30 s
	Logger           *slog.Logger  // default slog.Default
}

// Errors on which a caller decides.
var (
	ErrNoPorts  = errors.New("no free RTP ports")
	ErrClosed   = errors.New("media of the call is closed")
	ErrReplaced = errors.New("another prompt took its place")
)

// Check tells the first thing that can't work.
func (c Config) Check() error {
	_, err := c.withDefaults()
	return err
}

func (c Config) withDefaults() (Config, error) {
	if !c.Bind.IsValid() {
		c.Bind = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if !c.Advertise.IsValid() {
		c.Advertise = c.Bind
	}
	if c.PortMin == 0 && c.PortMax == 0 {
		c.PortMin, c.PortMax = 20000, 29999
	}
	c.PortMin += c.PortMin % 2 // RFC 3550 §11: RTP takes the even port
	if c.PortMin == 0 || int(c.PortMin)+3 > int(c.PortMax) {
		return c, fmt.Errorf("RTP ports %d–%d are too few: a call takes four", c.PortMin, c.PortMax)
	}
	if c.Advertise.IsUnspecified() {
		return c, fmt.Errorf("RTP address %s can't be advertised: set the machine's own address", c.Advertise)
	}
	if c.Workers <= 0 {
		c.Workers = 1
	}
	if c.Timeout <= 0 {
		c.Timeout = 60 * time.Second
	}
	if c.Rest <= 0 {
		c.Rest = 30 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c, nil
}
