package telephony

import (
	"net"
	"net/netip"
	"slices"

	"github.com/emiago/sipgo/sip"
)

// An accessList knows who may speak to us and as whom. It doesn't change after New.
type accessList struct {
	trunks  []Trunk
	pbx     []netip.Prefix   // peers of all PBXs
	targets []netip.AddrPort // where PBXs that are written as addresses listen
}

func newAccessList(cfg Config) *accessList {
	a := &accessList{trunks: cfg.Trunks}
	for _, p := range cfg.PBX {
		a.pbx = append(a.pbx, p.Peers...)
		uri, err := p.target()
		if err != nil {
			continue
		}
		addr, err := netip.ParseAddr(hostOf(uri))
		if err != nil {
			continue
		}
		port := uri.Port
		if port == 0 {
			port = sip.DefaultUdpPort
		}
		a.pbx = append(a.pbx, netip.PrefixFrom(addr, addr.BitLen()))
		a.targets = append(a.targets, netip.AddrPortFrom(addr, uint16(port)))
	}
	return a
}

// known tells whether anything from this address is read at all.
func (a *accessList) known(addr netip.Addr) bool {
	for _, t := range a.trunks {
		if within(t.Peers, addr) {
			return true
		}
	}
	return within(a.pbx, addr)
}

// trunk gives the trunk a new call comes from. Where a PBX and a trunk share an address, the PBX's own port decides.
func (a *accessList) trunk(from netip.AddrPort) (Trunk, bool) {
	if slices.Contains(a.targets, from) {
		return Trunk{}, false
	}
	for _, t := range a.trunks {
		if within(t.Peers, from.Addr()) {
			return t, true
		}
	}
	return Trunk{}, false
}

// filter drops what strangers send before it is parsed. It never gives an error: one would stop the listener.
func (a *accessList) filter(from sip.TransportReadProps, data []byte) ([]byte, error) {
	addr, ok := addrOf(from.RemoteAddr)
	if !ok || !a.known(addr) {
		return nil, nil
	}
	return data, nil
}

func within(prefixes []netip.Prefix, addr netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

func addrOf(a net.Addr) (netip.Addr, bool) {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}, false
	}
	return ap.Addr().Unmap(), true
}

// A knownListener accepts TCP connections of known peers and closes those of strangers unread.
type knownListener struct {
	net.Listener
	list *accessList
}

// Accept waits for the next connection of somebody known.
func (l knownListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if addr, ok := addrOf(conn.RemoteAddr()); ok && l.list.known(addr) {
			return conn, nil
		}
		_ = conn.Close() // nothing was read from it, so nothing is lost
	}
}
